import { SidecarError } from "../../errors.ts";
import type { HybridExplanations } from "../../search/answers/hybrid-explanation.ts";
import { rankCandidates } from "../../search/hybrid/candidates.ts";
import {
	checkSubQueries,
	defaultCombination,
} from "../../search/hybrid/combination.ts";
import {
	explainCandidates,
	explainParts,
} from "../../search/hybrid/explanations.ts";
import { rankedBody, unrankedBody } from "../../search/hybrid/final-body.ts";
import type { HeldVectors } from "../../search/hybrid/held-vectors.ts";
import {
	HybridSearch,
	type Parameters,
} from "../../search/hybrid/hybrid-search.ts";
import { pageAnswer, pageOf } from "../../search/hybrid/page.ts";
import { queriesToRunAgain } from "../../search/hybrid/queries-again.ts";
import { readShownPage } from "../../search/hybrid/shown-page.ts";
import { SubQueryForms } from "../../search/hybrid/sub-query-forms.ts";
import { slicesOf, whole } from "../../search/hybrid/sub-search.ts";
import { indicesOfPointInTime } from "../../search/pipelines/point-in-time.ts";
import type { HybridCombination } from "../../search/pipelines/search-pipeline.ts";
import type { ClientCall } from "../writes/client-call.ts";
import { BegunSearches } from "./begun-searches.ts";
import { HeardCalls } from "./heard-calls.ts";
import type { KnownAnswer } from "./search-plan.ts";
import {
	checkTarget,
	type Reach,
	type SearchedShards,
	unknownReach,
} from "./searched-shards.ts";
import {
	runSubQueries,
	type SubSearchTerms,
	subSearches,
} from "./sub-query-runs.ts";

export interface HybridRequest {
	/** A search of which the query is a `hybrid`; every other query of the sidecar's in it is rewritten already. */
	body: string;
	/** Those of its vectors that are not in its body yet. */
	vectors?: HeldVectors;
	/** The indices that the search names; undefined where it names none. */
	target: string | undefined;
	/** Of its URL. */
	parameters: Parameters;
	/** Undefined: no pipeline says how scores are combined. */
	combination: HybridCombination | undefined;
	/** Of how many times the size that a search asks for its pipeline has OpenSearch find hits. */
	sampleFactor: number;
	/** Whether a processor of the pipeline explains how scores were combined. */
	explained: boolean;
	/** Whether an answer will do that is made of what the sub-queries find. */
	takesAnswer: boolean;
	call: ClientCall;
	/** Its sub-queries that run already. */
	begun?: BegunSearches | undefined;
}

/** A search of which some sub-queries can be run before models have read the texts of the others. */
export interface EarlyRequest extends Omit<HybridRequest, "body"> {
	/** Says how it reads, with the texts that models have yet to read in it. */
	body: () => string;
	/** The places of the sub-queries that can be run. */
	ready: readonly number[];
}

export interface HybridPlan {
	/** What is sent instead of the search's body; nothing where the answer is known. */
	body: string;
	/** Parameters of its URL that the body has taken account of: they must not be sent. */
	spentParameters: ReadonlySet<string>;
	/** Hits of the answer that are candidates: what OpenSearch finds besides comes behind them. Undefined: all are. */
	hits?: number;
	/** Whether a sub-query has found less than there is for want of time: then the whole search has timed out. */
	timedOut?: boolean;
	/** How the hits got their scores; undefined where the search does not ask for it. */
	explanations?: HybridExplanations;
	/** OpenSearch's answer, where all that it would say is known: then nothing is sent any more. */
	answer?: KnownAnswer;
}

/** Parameters of a URL that would change what the final body says. */
const spent: ReadonlySet<string> = new Set(["from", "size"]);
const none: ReadonlySet<string> = new Set();

/** Combines what the sub-queries of a `hybrid` query find. */
export class HybridService {
	readonly #shards: SearchedShards;

	constructor({ shards }: { shards: SearchedShards }) {
		this.#shards = shards;
	}

	/** Begins sub-queries for {@link finalBody}. */
	begin(request: EarlyRequest): BegunSearches {
		return new BegunSearches(async (call) => {
			const own = { ...request, body: request.body(), call };
			const search = openSearch(own);
			if (!search.isRanked) return [];
			const reach = await this.#reach(search, own);
			const terms = termsOf(search, own, reach);
			const places = terms.forms.among(request.ready);
			return subSearches(search, reach.shards, { ...terms, places });
		}, request.call);
	}

	/**
	 * Runs the sub-queries on each shard, in the client's name, and combines their scores: OpenSearch then only has to answer
	 * the page that comes of it. What is held is bounded by what is read of OpenSearch's answer at most.
	 *
	 * @throws SidecarError for what can't be asked of a hybrid search
	 * @throws RefusedCall with OpenSearch's answer where it refuses a sub-query on every shard
	 */
	async finalBody(request: HybridRequest): Promise<HybridPlan> {
		try {
			return await this.#plan(request);
		} catch (error) {
			const { takesAnswer, ...others } = request;
			const mayBeDocuments =
				takesAnswer &&
				error instanceof SidecarError &&
				error.code === "upstream_broken";
			if (!mayBeDocuments) throw error;
			// Documents may be too large to be read by the sidecar: OpenSearch's own answer is not read.
			return this.#plan({ ...others, takesAnswer: false, begun: undefined });
		}
	}

	async #plan(request: HybridRequest): Promise<HybridPlan> {
		const { combination = defaultCombination } = request;
		const search = openSearch(request);
		if (!search.isRanked)
			return { body: unrankedBody(search), spentParameters: none };
		const start = performance.now();
		const reach = await this.#reach(search, request);
		const { shards, severalIndices } = reach;
		const terms = termsOf(search, request, reach);
		const heard = new HeardCalls(request.call);
		const results = await runSubQueries(search, shards, {
			...terms,
			call: heard.call,
			begun: request.begun,
		});
		const { found } = results;
		const candidates = rankCandidates(
			found.map((ofShard) => ofShard.map(({ hits }) => hits)),
			combination,
			search.subQueries.length,
		);
		const page = pageOf(search, candidates);
		const json =
			terms.forms.isShown &&
			pageAnswer(page, {
				...results,
				forms: terms.forms,
				tookMs: performance.now() - start,
			});
		if (json)
			return {
				body: "",
				spentParameters: none,
				answer: { json, headers: heard.lastHeaders },
			};
		const placing = {
			queries: queriesToRunAgain(search, found, severalIndices),
			severalIndices,
		};
		const { body: ranked, hits } = rankedBody(search, page, placing);
		return {
			body: ranked,
			spentParameters: spent,
			...(request.sampleFactor !== 1 && { hits }),
			timedOut: found.flat().some(({ timedOut }) => timedOut),
			...(search.explains && {
				explanations: request.explained
					? explainCandidates(candidates, combination, search.minScore)
					: explainParts(candidates),
			}),
		};
	}

	async #reach(
		search: HybridSearch,
		{ target, parameters, call }: HybridRequest,
	): Promise<Reach> {
		if (isPointInTime(search)) return this.#reachInTime(search, call);
		const reach = await this.#shards.find({ target, parameters, call });
		// Words are counted over the shards of one search: all of them have to be in it.
		return parameters.get("search_type") === "dfs_query_then_fetch"
			? { ...reach, shards: [whole] }
			: reach;
	}

	async #reachInTime(search: HybridSearch, call: ClientCall): Promise<Reach> {
		const id = search.value("pit", "id");
		const indices =
			typeof id === "string" ? indicesOfPointInTime(id) : undefined;
		if (indices === undefined) return unknownReach;
		const { shards, severalIndices } = await this.#shards.find({
			target: indices,
			parameters: new Map(),
			call,
		});
		// What is searched in slices by the client is not cut again.
		return search.raw("slice") === undefined
			? { shards: slicesOf(shards), severalIndices }
			: { shards: [whole], severalIndices };
	}
}

/** @throws SidecarError for what can't be asked of a hybrid search */
function openSearch(request: HybridRequest): HybridSearch {
	const { body, parameters, combination = defaultCombination } = request;
	const search = new HybridSearch(body, parameters, request);
	checkSubQueries(combination, search.subQueries.length);
	checkTarget(request.target);
	return search;
}

/** On what terms the sub-queries are run. */
function termsOf(
	search: HybridSearch,
	{ target, parameters, takesAnswer }: HybridRequest,
	{ shards, severalIndices }: Reach,
): SubSearchTerms {
	// Of several shards, most documents would be fetched in vain.
	const isOne = shards.length === 1 && !severalIndices;
	const shown =
		takesAnswer && isOne ? readShownPage(search, parameters) : undefined;
	return {
		forms: new SubQueryForms(search, shown),
		target: isPointInTime(search) ? undefined : target,
		parameters,
	};
}

function isPointInTime(search: HybridSearch): boolean {
	return search.raw("pit") !== undefined;
}
