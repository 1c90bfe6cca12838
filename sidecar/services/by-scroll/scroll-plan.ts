import { parseObject } from "../../../ingest/json-tree.ts";
import type { StoredScrollTask } from "../../../schemas/scroll-task.ts";
import {
	membersJson,
	parsedValue,
	type RawMembers,
	rawMembers,
} from "../../search/raw-json.ts";

/** The parameters of a URL by their names. */
export type Parameters = ReadonlyMap<string, string>;

/** Where a reindex writes. */
export interface Destination {
	index: string;
	pipeline: string | undefined;
	operation: "index" | "create";
	/** Undefined for OpenSearch's own counting. */
	versionType: string | undefined;
	/** `keep`, `discard`, or `=` with a routing for all. */
	routing: string;
}

/** What a reindex or an update by query is to do. It is read after OpenSearch has accepted it in a {@link rehearsal}. */
export interface ScrollPlan {
	action: StoredScrollTask["action"];
	description: string;
	/** The index expression that is searched. */
	source: string;
	/** The search's own parameters. */
	searchParameters: Parameters;
	/** The search, without what a scroll says for itself. */
	search: RawMembers;
	/** Documents of a page. */
	pageSize: number;
	/** How long OpenSearch keeps the scroll from one page to the next, as a time value. */
	keepAlive: string;
	/** Undefined where documents are written back where they were found. */
	destination: Destination | undefined;
	/** Of an update by query; see {@link Destination} otherwise. */
	pipeline: string | undefined;
	/** A script, as JSON. */
	script: string | undefined;
	maxDocs: number | undefined;
	/** Whether version conflicts are counted and no more. */
	proceeds: boolean;
	/** Documents a second; infinite for as many as can be. */
	requestsPerSecond: number;
	refreshes: boolean;
	/** Parameters of each bulk. */
	writeParameters: Parameters;
}

const defaultPageSize = 1_000;

/** OpenSearch's own is 5 minutes; a page whose documents are embedded may take longer. Scrolls are closed at the end. */
const keepAlive = "30m";
const noDocuments = '{"match_none":{}}';

/** The members of a client's body; none for an empty one, undefined for what is no JSON object. */
export function readBody(body: string): RawMembers | undefined {
	if (body.trim() === "") return new Map();
	return parseObject(body, { allowComments: false })
		? rawMembers(body)
		: undefined;
}

/** Parameters by which a query is given in the URL: OpenSearch lets them stand before the body's. */
export const queryParameters = [
	"q",
	"df",
	"analyzer",
	"analyze_wildcard",
	"default_operator",
	"lenient",
];

/**
 * The same request with a query that nothing matches: what OpenSearch has to say about a request, it says about this one,
 * and its answer has a status for each slice.
 */
export function rehearsal(
	action: "reindex" | "update",
	body: RawMembers,
	parameters: Parameters,
): { body: string; parameters: Parameters } {
	const kept = new Map(parameters);
	for (const name of ["wait_for_completion", ...queryParameters])
		kept.delete(name);
	const members = new Map(body);
	if (action === "update") members.set("query", noDocuments);
	else {
		const source = new Map(objectIn(body.get("source")));
		source.set("query", noDocuments);
		members.set("source", membersJson(source));
	}
	return { body: membersJson(members), parameters: kept };
}

/** The members of an object; none where there is none. */
export function objectIn(text: string | undefined): RawMembers {
	return text?.startsWith("{") ? rawMembers(text) : new Map();
}

/** A string or a number; undefined for anything else. */
export function textIn(text: string | undefined): string | undefined {
	const value = parsedValue(text);
	if (typeof value === "string") return value;
	return typeof value === "number" ? String(value) : undefined;
}

export function numberIn(text: string | undefined): number | undefined {
	return text === undefined || text === "" ? undefined : Number(text);
}

/** The size of a page: no more than are wanted in all. */
export function pageSizeOf(
	size: number | undefined,
	maxDocs: number | undefined,
): number {
	return Math.min(size ?? defaultPageSize, maxDocs ?? Number.POSITIVE_INFINITY);
}

/** What both requests say in their URLs. */
export function readCommon(parameters: Parameters) {
	const rate = numberIn(parameters.get("requests_per_second"));
	const refresh = parameters.get("refresh");
	const writing = ["timeout", "wait_for_active_shards", "require_alias"];
	return {
		keepAlive: parameters.get("scroll") ?? keepAlive,
		requestsPerSecond:
			rate === undefined || rate <= 0 ? Number.POSITIVE_INFINITY : rate,
		refreshes: refresh === "" || refresh === "true",
		writeParameters: new Map(
			[...parameters].filter(([name]) => writing.includes(name)),
		),
	};
}
