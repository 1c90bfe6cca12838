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
import type { SubQueryForms } from "../../search/hybrid/sub-query-forms.ts";
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

export interface SubQueryResults {
	found: Found;
	/** The answer to the search that counts several sub-queries together; undefined where there was none, or it failed. */
	together: SubAnswer | undefined;
}

/** How the searches for the sub-queries' hits read. */
export interface SubSearchTerms {
	forms: SubQueryForms;
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
): Promise<SubQueryResults> {
	const { parameters, call, begun } = terms;
	const searches = subSearches(search, shards, terms);
	const counting = countingSearches(search, shards, terms);
	const all = [...searches, ...counting];
	const answers = await (begun
		? begun.complete(all, call)
		: runSubSearches(all, call));
	const width = search.subQueries.length;
	const byShard = shards.map((_, shard) =>
		answers.slice(shard * width, (shard + 1) * width),
	);
	const [failure] = byShard.flat().filter(isFailure);
	const isPartial =
		parameters.get("allow_partial_search_results") !== "false" &&
		byShard.some((ofShard) => !ofShard.some(isFailure));
	if (failure && !isPartial) throw refusalOfSearch(search, failure);
	const found = byShard.map((ofShard) => {
		const found = ofShard.flatMap((answer) =>
			isFailure(answer) ? [] : answer,
		);
		return found.length === width ? found : ofShard.map(() => failedShard);
	});
	const together = answers[searches.length];
	return {
		found,
		together: together && !isFailure(together) ? together : undefined,
	};
}

/** The searches for the sub-queries' hits: by shard, then by sub-query. */
export function subSearches(
	search: HybridSearch,
	shards: readonly SearchedShard[],
	{
		forms,
		places = [...search.subQueries.keys()],
		...where
	}: SubSearchTerms & {
		/** Of the sub-queries; without it: all. */
		places?: readonly number[];
	},
): SubSearch[] {
	return shards.flatMap((shard) =>
		places.map((place) =>
			subSearch(search, shard, { ...where, form: forms.of(place) }),
		),
	);
}

function countingSearches(
	search: HybridSearch,
	shards: readonly SearchedShard[],
	{ forms: { together }, target, parameters }: SubSearchTerms,
): SubSearch[] {
	if (!together) return [];
	return shards.map((shard) =>
		subSearch(search, shard, { form: together, target, parameters }),
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
