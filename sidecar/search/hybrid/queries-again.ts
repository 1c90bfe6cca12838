import { DocumentQueries } from "./documents-query.ts";
import type { HybridSearch } from "./hybrid-search.ts";
import type { SubAnswer } from "./sub-answer.ts";
import { neighboursOf } from "./sub-query-forms.ts";

/**
 * The sub-queries as OpenSearch is to run them again. Of nearest neighbours that are all known it is told their ids: it
 * need not look for them twice.
 *
 * @param found by shard, then by sub-query
 * @param severalIndices whether a document's id alone does not say which one it is
 */
export function queriesToRunAgain(
	search: HybridSearch,
	found: readonly (readonly SubAnswer[])[],
	severalIndices: boolean,
): string[] {
	const all = found.flatMap((ofShard) => ofShard.flatMap(({ hits }) => hits));
	const documents = new DocumentQueries(all, { severalIndices });
	return search.subQueries.map((query, index) => {
		const answers = found.flatMap((ofShard) => ofShard[index] ?? []);
		const neighbours = neighboursOf(search, index);
		if (!neighbours || answers.some(({ isWhole }) => !isWhole)) return query;
		return documents.of(
			answers.flatMap(({ hits }) => hits),
			neighbours.name,
		);
	});
}
