import { isObject } from "../../../ingest/json.ts";
import type { HybridSearch, Parameters } from "./hybrid-search.ts";
import { ofTarget } from "./sub-search.ts";

/** What a search wants to see of its hits, where that is nothing but their documents. */
export interface ShownPage {
	/** `_source`, JSON; undefined where the search does not say it. */
	readonly source: string | undefined;
	/** `track_total_hits`, JSON. */
	readonly totals: string;
}

/** Members of a body that say no more than which documents are found, and what is shown of them. */
const knownMembers: ReadonlySet<string> = new Set([
	"_source",
	"from",
	"query",
	"search_pipeline",
	"size",
	"timeout",
	"track_total_hits",
]);

/** Likewise of a URL, or about the form of any answer. */
const knownParameters: ReadonlySet<string> = new Set([
	...ofTarget,
	"allow_partial_search_results",
	"error_trace",
	"filter_path",
	"format",
	"from",
	"human",
	"preference",
	"pretty",
	"routing",
	"search_pipeline",
	"size",
	"timeout",
]);

/** Members of a query for which hits show more than their documents. */
const telling: ReadonlySet<string> = new Set(["_name", "inner_hits"]);

/** Hits of a sub-query that are fetched at most: as many as a page has, twice, and this many. */
const mostFetched = 100;

/** What OpenSearch counts unless it is told otherwise. */
const usualTotals = "10000";

/**
 * What is to be shown of a page that the sub-queries' own hits can make; undefined where OpenSearch has to make it: because
 * the search asks for more than documents, or for so few that most would be fetched in vain.
 */
export function readShownPage(
	search: HybridSearch,
	parameters: Parameters,
): ShownPage | undefined {
	const { names, depth, size } = search;
	const totals = search.raw("track_total_hits") ?? usualTotals;
	const pipelines = [
		search.raw("search_pipeline"),
		parameters.get("search_pipeline"),
	];
	const isKnown =
		search.isAlone &&
		new Set(names).size === names.length &&
		names.every((name) => knownMembers.has(name)) &&
		[...parameters.keys()].every((name) => knownParameters.has(name)) &&
		pipelines.includes(undefined) &&
		depth <= Math.min(2 * size, mostFetched) &&
		/^(?:true|false|[1-9]\d{0,8})$/.test(totals) &&
		isSource(search.value("_source")) &&
		!search.queryHas(telling);
	return isKnown ? { source: search.raw("_source"), totals } : undefined;
}

/** Whether it is in a form that OpenSearch takes, so that it refuses none of the searches for it. */
function isSource(value: unknown): boolean {
	if (value === undefined || typeof value === "boolean") return true;
	if (!isObject(value)) return arePatterns(value);
	return Object.entries(value).every(
		([name, patterns]) =>
			(name === "includes" || name === "excludes") && arePatterns(patterns),
	);
}

function arePatterns(value: unknown): boolean {
	return [value].flat().every((pattern) => typeof pattern === "string");
}
