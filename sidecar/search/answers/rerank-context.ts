import type { Node } from "jsonc-parser";
import { isObject, type JsonObject } from "../../../ingest/json.ts";
import { members, type Renderer } from "../../../ingest/json-tree.ts";
import { SidecarError } from "../../errors.ts";
import type { SearchBody } from "../search-body.ts";

const extension = "rerank";

/** As long as a path may be, characters. */
const longestPath = 1_000;

/** Parts of short forms, as in `{"match": {"title": "cats"}}`: a path may name what OpenSearch makes of them. */
const longForms = new Set(["query", "value"]);

/** What is taken out of a body that only a cluster with neural-search would understand. */
export interface WithoutRerank {
	readonly renderers: ReadonlyMap<Node, Renderer>;
	/** Members of the top level that are left out. */
	readonly without: ReadonlySet<string>;
}

/**
 * How a body is rendered without its `ext.rerank`, which a cluster without neural-search refuses; undefined for one that
 * has none.
 */
export function withoutRerank(body: SearchBody): WithoutRerank | undefined {
	const ext = body.member("ext");
	const all = members(ext);
	const others = all.filter(({ name }) => name !== extension);
	if (!ext || others.length === all.length) return undefined;
	if (others.length === 0)
		return { renderers: new Map(), without: new Set(["ext"]) };
	const renderer: Renderer = (render) =>
		`{${others.map(({ node }) => render(node)).join(",")}}`;
	return { renderers: new Map([[ext, renderer]]), without: new Set() };
}

/**
 * The text that hits are compared with, as `ext.rerank.query_context` says it.
 *
 * @throws SidecarError where it does not say it
 */
export function rerankText(body: SearchBody): string {
	const ext = body.value("ext");
	const rerank = isObject(ext) ? ext[extension] : undefined;
	if (!isObject(rerank) || !("query_context" in rerank))
		throw invalid("must specify query_context");
	const context = rerank.query_context;
	if (!isObject(context)) throw invalid("query_context must be a map");
	if (!("query_text" in context)) return textAtPath(body, context);
	if ("query_text_path" in context)
		throw invalid('Cannot specify both "query_text" and "query_text_path"');
	const { query_text: text } = context;
	if (typeof text === "string") return text;
	throw invalid("query_text must be a string");
}

function textAtPath(body: SearchBody, context: JsonObject): string {
	if (!("query_text_path" in context))
		throw invalid('Must specify either "query_text" or "query_text_path"');
	const { query_text_path: path } = context;
	if (typeof path !== "string")
		throw invalid("query_text_path must be a string");
	if (path.length > longestPath)
		throw invalid(
			`query_text_path exceeded the maximum path length of ${longestPath} characters`,
		);
	const [first = "", ...rest] = path.split(".");
	const text = valueIn(body.value(first), rest);
	if (typeof text === "string") return text;
	throw invalid("query_text_path must point to a string field");
}

/** What stands at a path, whether the query has its long form or a short one: OpenSearch looks at the long one. */
function valueIn(value: unknown, path: readonly string[]): unknown {
	const [step, ...rest] = path;
	if (step === undefined) return value;
	if (Array.isArray(value)) return valueIn(value[Number(step)], rest);
	if (isObject(value))
		// One query stands for a list of one.
		return step === "0" && !(step in value)
			? valueIn(value, rest)
			: valueIn(value[step], rest);
	return rest.length === 0 && longForms.has(step) ? value : undefined;
}

function invalid(reason: string): SidecarError {
	return new SidecarError("bad_request", reason);
}
