import type { RequestTarget } from "./request-target.ts";

/** How a body names indices. */
export type BodyLanguage =
	/** Not at all, or only as what is stored. */
	| "none"
	/** Actions and documents in turns. */
	| "bulk"
	/** Headers and searches in turns. */
	| "searches"
	/** Headers and search templates in turns. */
	| "templates"
	| "search"
	/** A search whose names may stand for parameters. */
	| "template"
	/** A script or a search template to keep, whose parameters are not known yet. */
	| "stored script"
	| "reindex"
	| "restore"
	| "index template"
	| "pipeline"
	/** A query in a language of its own: SQL or PPL. */
	| "text"
	| "administration";

/** APIs under an index, or alone, whose body is a search. */
const searching =
	/^_(search|count|validate|explain|field_caps|delete_by_query|update_by_query)$/;

/** What is stored, and names nothing: these bodies are never read. */
const storing = /^_(doc|create|update|source)$/;

/** How the body of a request has to be read. */
export function bodyLanguage({
	segments,
	indexFirst,
}: RequestTarget): BodyLanguage {
	const [api = "", ...rest] = indexFirst ? segments.slice(1) : segments;
	const next = rest[0] ?? "";
	if (indexFirst && storing.test(api)) return "none";
	if (api === "_bulk") return "bulk";
	if (api === "_msearch") return next === "template" ? "templates" : "searches";
	if (api === "_render") return "none";
	if (api === "_search")
		return next === "template"
			? "template"
			: next === "scroll"
				? "none"
				: "search";
	if (searching.test(api)) return "search";
	if (segments[0] === "views" && next === "_search") return "search";
	if (api === "_scripts")
		return next === "painless" ? "administration" : "stored script";
	if (api === "_reindex") return "reindex";
	if (api === "_snapshot")
		return rest.at(-1) === "_restore" ? "restore" : "administration";
	if (api === "_index_template" || api === "_template") return "index template";
	if (api === "_ingest")
		return rest.includes("_simulate") ? "none" : "pipeline";
	if (api === "_plugins" || api === "_opendistro") {
		if (next === "_security" || next === "_ml") return "none";
		if (next === "_sql" || next === "_ppl") return "text";
	}
	return "administration";
}
