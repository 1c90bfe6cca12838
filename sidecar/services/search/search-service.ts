import { performance } from "node:perf_hooks";
import { SidecarError } from "../../errors.ts";
import type { ResolvedQuery } from "../../search/queries/text-query.ts";
import { changesOf, mayConcern, SearchBody } from "../../search/search-body.ts";
import { Deadline } from "../deadline.ts";
import { readTimeout } from "../time-value.ts";
import type { TruncatedTexts } from "../truncated-texts.ts";
import type { ClientCall } from "../writes/client-call.ts";
import type { QueryResolver } from "./query-resolver.ts";
import { type QueryModels, QueryResults } from "./query-results.ts";
import { type ReportedQuery, reportQuery } from "./rewrite-report.ts";
import type { SlowLog } from "./slow-log.ts";

export interface SearchOptions {
	models: QueryModels;
	resolver: QueryResolver;
	slowLog: SlowLog;
	/** Queries for models in one request at most. */
	textsLimit: number;
	/** Time for the vectors where a search does not say how long it may take, milliseconds. */
	timeoutMs: number;
}

/** A search as a client sent it, or one of those in a request with several. */
export interface SearchRequest {
	body: Buffer;
	/** The indices that it names; undefined where it names none. */
	target: string | undefined;
	/** Of its URL; of a search among several, of its own line. */
	parameters: ReadonlyMap<string, string>;
	/** Whether the answer has hits; a query may be asked for other things, as by `_count`. */
	answersHits: boolean;
}

/** What holds for all the searches of one request. */
export interface SearchTerms {
	signal: AbortSignal;
	/** Is told of every text that was cut. */
	truncated: TruncatedTexts;
	/** For what has to be asked before. */
	call: ClientCall;
}

/** What becomes of a search; neither where it goes on as it was sent. */
export interface PlannedSearch {
	plan?: SearchPlan;
	/** Why it can't be run. */
	error?: SidecarError;
}

export interface SearchPlan {
	/** What is sent instead of its body. */
	body: string;
	/** What became of each query. */
	queries: readonly ReportedQuery[];
	/** How long the texts of the whole request took, milliseconds. */
	embedMs: number;
	/** From the request's arrival to the plan, milliseconds. */
	tookMs: number;
}

/** A search of which all is known but for what models make of its texts. */
interface PreparedSearch {
	request: SearchRequest;
	body: SearchBody;
	queries: readonly ResolvedQuery[];
	/** How long its models may take. */
	timeoutMs: number;
}

/** Makes searches of text into searches that an OpenSearch with k-NN alone can run. */
export class SearchService {
	readonly #options: SearchOptions;

	constructor(options: SearchOptions) {
		this.#options = options;
	}

	/** Whether the body of a search, or the beginning of one, may hold something that is the sidecar's to do. */
	concerns(body: Buffer): boolean {
		return mayConcern(body);
	}

	/** {@link planAll} for one search. @throws SidecarError */
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
			requests.map((request) => settled(this.#prepare(request))),
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
		return Promise.all(
			prepared.map(async ({ value, error }) => {
				if (error) return { error };
				if (!value) return {};
				const finished = await settled(this.#finish(value, results, start));
				return finished.value
					? { plan: finished.value }
					: { ...(finished.error && { error: finished.error }) };
			}),
		);
	}

	/** Undefined for a search that goes on as it is. */
	async #prepare(request: SearchRequest): Promise<PreparedSearch | undefined> {
		if (!mayConcern(request.body)) return undefined;
		const body = SearchBody.parse(request.body);
		if (!body || body.textQueries.length === 0) return undefined;
		const { target, parameters } = request;
		const timeout = readTimeout(parameters.get("timeout") ?? body.timeout);
		const queries = await Promise.all(
			body.textQueries.map((query) =>
				this.#options.resolver.resolve(query, { target }),
			),
		);
		return {
			request,
			body,
			queries,
			timeoutMs: timeout ?? this.#options.timeoutMs,
		};
	}

	/** @param start when the request came */
	async #finish(
		{ request, body, queries }: PreparedSearch,
		results: QueryResults,
		start: number,
	): Promise<SearchPlan> {
		const rendered = queries.map(({ wanted, render }) =>
			render(wanted && results.of(wanted)),
		);
		const plan = {
			body: body.render(changesOf(rendered)),
			queries: queries.map((query) => reportQuery(query, results)),
			embedMs: results.tookMs,
			tookMs: performance.now() - start,
		};
		this.#options.slowLog.note({
			...plan,
			body: request.body,
			target: request.target,
		});
		return plan;
	}
}

interface Settled<T> {
	value?: T;
	error?: SidecarError;
}

/** How something ended that may fail for reasons of the client's; other errors are thrown. */
async function settled<T>(promise: Promise<T>): Promise<Settled<T>> {
	try {
		return { value: await promise };
	} catch (error) {
		if (error instanceof SidecarError) return { error };
		throw error;
	}
}
