import type { IncomingHttpHeaders } from "node:http";
import { SidecarError } from "../errors.ts";
import { type FilterPaths, readFilterPaths } from "./filter-path.ts";
import { compact, JsonWriter, pretty } from "./json-layout.ts";
import { type JsonSink, readJson } from "./json-sink.ts";
import { PathFilter } from "./path-filter.ts";
import { type QueryParameters, readFlag } from "./query-parameters.ts";
import { YamlWriter } from "./yaml-writer.ts";

/** What a client wants changed of a JSON answer. */
export interface AnswerFormat {
	yaml: boolean;
	pretty: boolean;
	errorTrace: boolean;
	filter: FilterPaths | undefined;
}

const formats = ["json", "yaml", "cbor", "smile"];

/**
 * What a request says about the form of its answer, by parameters and headers; undefined if the answer is to go as
 * it is. `human` is read and has nothing to change: the API answers no sizes or durations in words.
 *
 * @throws SidecarError bad_request for a value that OpenSearch refuses too, not_acceptable for a format that
 * OpenSearch has and the sidecar has not
 */
export function readAnswerFormat(
	parameters: QueryParameters,
	headers: IncomingHttpHeaders,
): AnswerFormat | undefined {
	const format = {
		yaml: readFormat(parameters, headers) === "yaml",
		pretty: readFlag(parameters.get("pretty")),
		errorTrace: readFlag(parameters.get("error_trace")),
		filter: readFilter(parameters.get("filter_path")),
	};
	readFlag(parameters.get("human"));
	return Object.values(format).some(Boolean) ? format : undefined;
}

/** The parameter counts, then `accept`, then the type of the body; what is no known format counts for nothing. */
function readFormat(
	parameters: QueryParameters,
	{ accept, "content-type": contentType }: IncomingHttpHeaders,
): string {
	const named = parameters.get("format")?.toLowerCase() ?? "";
	const asked = formats.includes(named) ? named : formatOf(accept);
	if (asked === "cbor" || asked === "smile")
		throw new SidecarError(
			"not_acceptable",
			`The format [${asked}] is not supported by the sidecar: [json] and [yaml] are`,
		);
	return asked ?? (formatOf(contentType) === "yaml" ? "yaml" : "json");
}

/** The format of a media type; a list of them is none to OpenSearch. */
function formatOf(mediaType: string | undefined): string | undefined {
	const [type = ""] = mediaType?.split(";", 1) ?? [];
	const format = /^\s*application\/(\w+)\s*$/i.exec(type)?.[1]?.toLowerCase();
	return format !== undefined && formats.includes(format) ? format : undefined;
}

function readFilter(text: string | undefined): FilterPaths | undefined {
	if (text === undefined) return undefined;
	const paths = readFilterPaths(text);
	return paths.included.length + paths.excluded.length > 0 ? paths : undefined;
}

/** Whether a JSON answer is an error; OpenSearch does not filter those. */
export function isErrorAnswer(status: number, json: string): boolean {
	return status >= 400 && json.startsWith('{"error":');
}

/**
 * A JSON answer in the form that was asked for. Answer and result are in memory together, both bounded by what the
 * route lets an answer be.
 */
export function formatAnswer(json: string, format: AnswerFormat): string {
	const writer = format.yaml
		? new YamlWriter()
		: new JsonWriter(format.pretty ? pretty : compact);
	readJson(json, filtered(writer, format.filter));
	return writer.text;
}

/** What is included is looked at first, and what is excluded of it afterwards. */
function filtered(writer: JsonSink, filter: FilterPaths | undefined): JsonSink {
	const { included = [], excluded = [] } = filter ?? {};
	const rest =
		excluded.length === 0
			? writer
			: new PathFilter(writer, excluded, { excludes: true });
	return included.length === 0
		? rest
		: new PathFilter(rest, included, { excludes: false });
}
