import type { Candidate } from "./candidates.ts";
import { DocumentQueries } from "./documents-query.ts";
import { bool } from "./hybrid-query.ts";
import type { HybridSearch } from "./hybrid-search.ts";
import type { Page } from "./page.ts";
import { leastNumber, pageWeights } from "./page-weights.ts";

/**
 * The body that makes OpenSearch answer a page of candidates, in their order and with their scores, among all the documents
 * that the sub-queries find: so totals, aggregations, highlighting and all else are OpenSearch's own.
 *
 * @param queries the sub-queries as JSON, each in the form in which OpenSearch is to run it again
 * @param severalIndices whether a document's id alone does not say which one it is
 */
export function rankedBody(
	search: HybridSearch,
	{ candidates, answered, hits: page }: Page,
	{
		queries,
		severalIndices,
	}: { queries: readonly string[]; severalIndices: boolean },
): { body: string; hits: number } {
	const { from, minScore } = search;
	const [best] = answered;
	// `max_score` is the best score of all pages: the best document leads, and is passed over.
	const leading = best && from > 0 && page.length > 0 ? [best] : [];
	const placed = [...leading, ...page];
	const documents = new DocumentQueries(candidates, { severalIndices });
	// What is on the page is found, also where another copy of a shard has other nearest neighbours.
	const found = search.disjunction(
		placed.length > 0 ? [...queries, documents.of(placed)] : queries,
	);
	const weights = pageWeights(placed, {
		least: search.ordersGroups ? leastBeforeFaint : leastNumber,
	});
	const ranked = placed.length > 0 ? [scored(placed, weights, documents)] : [];
	const query = search.ordersGroups
		? bool({ must: [faint(found)], should: ranked })
		: bool({ filter: [found], should: ranked });
	const body = search.with({
		query: `{"bool":${query}}`,
		from: String(leading.length),
		size: String(page.length),
		min_score: undefined,
		rescore: undefined,
		...(minScore !== undefined && {
			post_filter: narrowedFilter(search, documents.of(answered)),
		}),
	});
	return { body, hits: page.length };
}

/** How much less than a score of the page the scores of what is not on it are. */
const faintness = 1e-20;
/** More than any sum of scores is that faintly. */
const leastBeforeFaint = 1e-12;

/**
 * Inner hits of a group are found by the same query: those that are not on the page come behind, by the sum of the
 * sub-queries' scores, which must not change what is on the page.
 */
function faint(query: string): string {
	return `{"function_score":{"query":${query},"functions":[{"weight":${faintness}}]}}`;
}

/** The body for a search of which the answer has no scores. */
export function unrankedBody(search: HybridSearch): string {
	const found = search.disjunction(search.subQueries);
	return search.with({
		query: `{"bool":${bool({ filter: [found] })}}`,
		min_score: undefined,
		...(search.sortedBy === "score" && { rescore: undefined }),
	});
}

/** Gives each document its own score; a `should` of a few hundred clauses would meet OpenSearch's limit. */
function scored(
	placed: readonly Candidate[],
	weights: readonly number[],
	documents: DocumentQueries,
): string {
	const functions = placed.map(
		(candidate, index) =>
			`{"filter":${documents.of([candidate])},"weight":${weights[index]}}`,
	);
	// What is found besides is not on the page.
	functions.push(`{"weight":0}`);
	return (
		`{"function_score":{"query":${documents.of(placed)},"functions":[${functions.join(",")}],` +
		`"score_mode":"first","boost_mode":"replace"}}`
	);
}

/** The total is then the number of candidates that score enough; aggregations are over all that is found. */
function narrowedFilter(search: HybridSearch, documents: string): string {
	const own = search.raw("post_filter");
	return own ? `{"bool":${bool({ filter: [own, documents] })}}` : documents;
}
