import { performance } from "node:perf_hooks";
import pLimit from "p-limit";
import { RefusedCall, SidecarError } from "../../errors.ts";
import { mayConcern } from "../../search/search-body.ts";
import { Deadline } from "../deadline.ts";
import { type QueryModels, QueryResults } from "./query-results.ts";
import {
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
	SearchPreparation,
	type SearchPreparationOptions,
} from "./search-preparation.ts";

/** Searches of one request whose plan is completed at a time: a hybrid one has answers of OpenSearch in memory meanwhile. */
const completedAtOnce = 8;

export interface SearchOptions
	extends SearchPreparationOptions,
		SearchCompletionOptions {
	models: QueryModels;
	/** Queries for models in one request at most. */
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

	/** Whether the body of a search, or the beginning of one, may hold something that is the sidecar's to do. */
	concerns(body: Buffer): boolean {
		return mayConcern(body);
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
		const prepared = await Promise.all(
			requests.map((request) => settled(this.#preparation.prepare(request))),
		);
		const searches = prepared.flatMap(({ value }) => value ?? []);
		const wanted = searches
			.flatMap(({ queries }) => queries)
			.flatMap((query) => query.wanted ?? []);
		const { textsLimit, models } = this.#options;
		if (wanted.length > textsLimit)
			throw new SidecarError(
				"bad_request",
				`the request holds ${wanted.length} queries for models, SIDECAR_PREDICT_TEXTS_LIMIT allows ${textsLimit}`,
			);
		const { signal, truncated } = terms;
		const results = await QueryResults.make(wanted, models, {
			signal,
			truncated,
			// Their texts are embedded together: the search that may take longest says for how long.
			deadline: Deadline.after(
				Math.max(0, ...searches.map(({ timeoutMs }) => timeoutMs)),
			),
		});
		const queue = pLimit(completedAtOnce);
		return Promise.all(
			prepared.map(async ({ value, error }) => {
				if (error) return { error };
				if (!value) return {};
				const finished = await settled(
					queue(() =>
						this.#completion.complete(value, results, { start, terms }),
					),
				);
				return finished.value
					? { plan: finished.value }
					: { ...(finished.error && { error: finished.error }) };
			}),
		);
	}
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
