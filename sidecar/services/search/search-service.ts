import { performance } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import pLimit from "p-limit";
import { RefusedCall, SidecarError } from "../../errors.ts";
import { mayConcern } from "../../search/search-signs.ts";
import { Deadline } from "../deadline.ts";
import { type QueryModels, QueryResults } from "./query-results.ts";
import { SearchAccess } from "./search-access.ts";
import {
	type Completing,
	SearchCompletion,
	type SearchCompletionOptions,
} from "./search-completion.ts";
import type {
	PlannedSearch,
	SearchPlan,
	SearchRequest,
	SearchTerms,
} from "./search-plan.ts";
import {
	type PreparedSearch,
	SearchPreparation,
	type SearchPreparationOptions,
} from "./search-preparation.ts";

/** Searches of one request whose plan is completed at a time: a hybrid one has answers of OpenSearch in memory meanwhile. */
const completedAtOnce = 8;

/** Searches of one request that are worked on without a pause. */
const sliceLength = 64;

export interface SearchOptions
	extends SearchPreparationOptions,
		SearchCompletionOptions {
	models: QueryModels;
	/** Queries of the sidecar's in one request at most, and searches with such. */
	textsLimit: number;
}

/** Makes searches of text into searches that an OpenSearch with k-NN alone can run. */
export class SearchService {
	readonly #options: SearchOptions;
	readonly #preparation: SearchPreparation;
	readonly #completion: SearchCompletion;

	constructor(options: SearchOptions) {
		this.#options = options;
		this.#preparation = new SearchPreparation(options);
		this.#completion = new SearchCompletion(options);
	}

	/** Whether the body of a search, or of several, may hold something that is the sidecar's to do. */
	concerns(body: Buffer): boolean {
		return mayConcern(body);
	}

	/** Whether any search may run through a pipeline that is the sidecar's in part. @throws SidecarError */
	anyPipelines(): Promise<boolean> {
		return this.#options.pipelines.anyStored();
	}

	/** Whether there may be anything to do for a search, or for its answer. @throws SidecarError */
	isConcernedBy(request: SearchRequest): Promise<boolean> {
		return this.#preparation.concerns(request);
	}

	/** {@link planAll} for one search. @throws SidecarError, RefusedCall */
	async plan(
		request: SearchRequest,
		terms: SearchTerms,
	): Promise<SearchPlan | undefined> {
		const [planned] = await this.planAll([request], terms);
		if (planned?.error) throw planned.error;
		return planned?.plan;
	}

	/**
	 * What to send for each of the searches of one request, in their order. The texts for one model are embedded together,
	 * each distinct one once. A search that can't be run has its error and leaves the others alone.
	 *
	 * @throws SidecarError for a request that holds too many queries
	 */
	async planAll(
		requests: readonly SearchRequest[],
		terms: SearchTerms,
	): Promise<PlannedSearch[]> {
		const start = performance.now();
		const { signal, truncated } = terms;
		const prepared = await this.#prepareAll(requests, signal);
		const searches = prepared.flatMap(({ value }) => value ?? []);
		const wanted = searches
			.flatMap(({ queries }) => queries)
			.flatMap((query) => query.wanted ?? []);
		const making = QueryResults.make(wanted, this.#options.models, {
			signal,
			truncated,
			// Their texts are embedded together: the search that may take longest says for how long.
			deadline: Deadline.after(
				searches.reduce((most, { timeoutMs }) => Math.max(most, timeoutMs), 0),
			),
		});
		// Of several searches, what was found for each would be in memory until all texts are read.
		const [first] = requests.length === 1 ? searches : [];
		const begun = first && this.#completion.begin(first, terms);
		try {
			return await this.#completeAll(requests, prepared, {
				results: await making,
				start,
				terms,
				begun,
			});
		} finally {
			begun?.end();
		}
	}

	#completeAll(
		requests: readonly SearchRequest[],
		prepared: readonly Settled<PreparedSearch | undefined>[],
		{ results, ...completing }: Completing & { results: QueryResults },
	): Promise<PlannedSearch[]> {
		const { signal, call } = completing.terms;
		const queue = pLimit(completedAtOnce);
		const access = new SearchAccess(call);
		return Promise.all(
			prepared.map(async ({ value, error }, place) => {
				const target = requests[place]?.target;
				if (error) return { error: await access.shown(error, target) };
				if (!value) return {};
				const finished = await settled(
					queue(async () => {
						if (place % sliceLength === sliceLength - 1) await setImmediate();
						signal.throwIfAborted();
						return this.#completion.complete(value, results, completing);
					}),
				);
				return finished.error
					? { error: await access.shown(finished.error, target) }
					: { ...(finished.value && { plan: finished.value }) };
			}),
		);
	}

	/**
	 * Finds out slice by slice what there is to do, so that other clients are served between: what is kept of a search is many
	 * times as large as the search, and bounded by how many there may be.
	 *
	 * @throws SidecarError for a request that holds too many queries
	 */
	async #prepareAll(
		requests: readonly SearchRequest[],
		signal: AbortSignal,
	): Promise<Settled<PreparedSearch | undefined>[]> {
		const { textsLimit } = this.#options;
		const prepared: Settled<PreparedSearch | undefined>[] = [];
		let queries = 0;
		for (let first = 0; first < requests.length; first += sliceLength) {
			if (first > 0) await setImmediate();
			signal.throwIfAborted();
			const slice = await Promise.all(
				requests
					.slice(first, first + sliceLength)
					.map((request) => settled(this.#preparation.prepare(request))),
			);
			prepared.push(...slice);
			queries += slice.reduce((sum, search) => sum + queriesIn(search), 0);
			if (queries > textsLimit)
				throw new SidecarError(
					"bad_request",
					`the request holds more queries for the sidecar than the ${textsLimit} that SIDECAR_PREDICT_TEXTS_LIMIT allows`,
				);
		}
		return prepared;
	}
}

/** How much of what the sidecar may have to do a search is: its queries; one where there are none, or it is refused. */
function queriesIn({
	value,
	error,
}: Settled<PreparedSearch | undefined>): number {
	if (error) return 1;
	return value ? Math.max(1, value.queries.length) : 0;
}

interface Settled<T> {
	value?: T;
	error?: SidecarError | RefusedCall;
}

/** How something ended that may fail for one search alone; other errors are thrown. */
async function settled<T>(promise: Promise<T>): Promise<Settled<T>> {
	try {
		return { value: await promise };
	} catch (error) {
		if (error instanceof SidecarError || error instanceof RefusedCall)
			return { error };
		throw error;
	}
}
