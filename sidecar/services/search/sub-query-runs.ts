import { RefusedCall } from "../../errors.ts";
import type {
	HybridSearch,
	Parameters,
} from "../../search/hybrid/hybrid-search.ts";
import {
	failedShard,
	type SubAnswer,
	type SubFailure,
} from "../../search/hybrid/sub-answer.ts";
import {
	type SearchedShard,
	type SubSearch,
	subSearch,
} from "../../search/hybrid/sub-search.ts";
import { refusedQuery } from "../../search/search-failures.ts";
import type { ClientCall } from "../writes/client-call.ts";
import type { BegunSearches } from "./begun-searches.ts";
import { refusalOf, runSubSearches } from "./sub-searches.ts";

/** What the sub-queries found: by shard, then by sub-query. */
export type Found = readonly (readonly SubAnswer[])[];

/** How the searches for the sub-queries' hits read. */
export interface SubSearchTerms {
	/** Whether all that a sub-query finds are counted. */
	counted: (subQuery: number) => boolean;
	/** Undefined: a point in time says where, or all is searched. */
	target: string | undefined;
	parameters: Parameters;
}

export interface SubQueryTerms extends SubSearchTerms {
	call: ClientCall;
	/** What runs already. */
	begun?: BegunSearches | undefined;
}

/** What OpenSearch allows unless an index says otherwise. */
const usualWindow = 10_000;

/**
 * Runs the sub-queries of a search on each shard. A shard on which one of them fails is a failed one, as in any other search:
 * nothing is found on it, and the final search says why.
 *
 * @throws RefusedCall, SidecarError where all shards fail, or none may
 */
export async function runSubQueries(
	search: HybridSearch,
	shards: readonly SearchedShard[],
	terms: SubQueryTerms,
): Promise<Found> {
	const { parameters, call, begun } = terms;
	const searches = subSearches(search, shards, terms);
	const answers = await (begun
		? begun.complete(searches, call)
		: runSubSearches(searches, call));
	const width = search.subQueries.length;
	const byShard = shards.map((_, shard) =>
		answers.slice(shard * width, (shard + 1) * width),
	);
	const [failure] = answers.filter(isFailure);
	const isPartial =
		parameters.get("allow_partial_search_results") !== "false" &&
		byShard.some((ofShard) => !ofShard.some(isFailure));
	if (failure && !isPartial) throw refusalOfSearch(search, failure);
	return byShard.map((ofShard) => {
		const found = ofShard.flatMap((answer) =>
			isFailure(answer) ? [] : answer,
		);
		return found.length === width ? found : ofShard.map(() => failedShard);
	});
}

/** The searches for the sub-queries' hits: by shard, then by sub-query. */
export function subSearches(
	search: HybridSearch,
	shards: readonly SearchedShard[],
	{
		counted,
		target,
		parameters,
		subQueries = search.subQueries.map((_, index) => index),
	}: SubSearchTerms & {
		/** Their places; without it: all. */
		subQueries?: readonly number[];
	},
): SubSearch[] {
	return shards.flatMap((shard) =>
		subQueries.map((index) =>
			subSearch(search, shard, {
				subQuery: search.subQueries[index] ?? "",
				counted: counted(index),
				target,
				parameters,
			}),
		),
	);
}

function isFailure(answer: SubAnswer | SubFailure): answer is SubFailure {
	return "status" in answer;
}

function refusalOfSearch({ query }: HybridSearch, failure: SubFailure) {
	const refusal = refusalOf(failure);
	const isTooDeep =
		refusal instanceof RefusedCall &&
		failure.status === 400 &&
		(query.paginationDepth ?? 0) > usualWindow;
	return isTooDeep
		? refusedQuery(
				"pagination_depth should be less than or equal to index.max_result_window setting",
			)
		: refusal;
}
