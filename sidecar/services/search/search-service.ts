import { performance } from "node:perf_hooks";
import pLimit from "p-limit";
import { isObject } from "../../../ingest/json.ts";
import { RefusedCall, SidecarError } from "../../errors.ts";
import { explainHits } from "../../search/answers/hybrid-explanation.ts";
import type { AnswerStep } from "../../search/answers/search-answer.ts";
import {
	checkPlace,
	disjunctionRenderers,
	readHybrid,
} from "../../search/hybrid/hybrid-query.ts";
import { indicesOfPointInTime } from "../../search/pipelines/point-in-time.ts";
import type {
	ResponseProcessor,
	SearchPipeline,
} from "../../search/pipelines/search-pipeline.ts";
import type {
	RenderedQuery,
	ResolvedQuery,
} from "../../search/queries/text-query.ts";
import { changesOf, mayConcern, SearchBody } from "../../search/search-body.ts";
import { Deadline } from "../deadline.ts";
import { readTimeout } from "../time-value.ts";
import type { TruncatedTexts } from "../truncated-texts.ts";
import type { ClientCall } from "../writes/client-call.ts";
import type { AnswerPlan, AnswerSteps } from "./answer-steps/answer-steps.ts";
import type { HybridPlan, HybridService } from "./hybrid-service.ts";
import { queryContext } from "./query-context.ts";
import type { QueryResolver } from "./query-resolver.ts";
import { type QueryModels, QueryResults } from "./query-results.ts";
import { type ReportedQuery, reportQuery } from "./rewrite-report.ts";
import type { SearchPipelineService } from "./search-pipelines.ts";
import type { SlowLog } from "./slow-log.ts";

/** Searches of one request whose plan is finished at a time: a hybrid one has answers of OpenSearch in memory meanwhile. */
const finishedAtOnce = 8;

export interface SearchOptions {
	models: QueryModels;
	pipelines: SearchPipelineService;
	resolver: QueryResolver;
	hybrid: HybridService;
	answerSteps: AnswerSteps;
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
	/** Why it can't be run; of what OpenSearch itself refused, its answer. */
	error?: SidecarError | RefusedCall;
}

export interface SearchPlan {
	/** What is sent instead of its body. */
	body: string;
	/** Parameters of its URL that the body has taken account of: they must not be sent. */
	spentParameters: ReadonlySet<string>;
	/** What is done with the answer, in order. */
	answerSteps: readonly AnswerStep[];
	/** What whoever searches should know. */
	warnings: readonly string[];
	/** What became of each query. */
	queries: readonly ReportedQuery[];
	/** How long the texts of the whole request took, milliseconds; 0 for a search without any. */
	embedMs: number;
	/** From the request's arrival to the plan, milliseconds. */
	tookMs: number;
}

/** A search of which all is known but for what models make of its texts. */
interface PreparedSearch {
	request: SearchRequest;
	body: SearchBody;
	pipeline: SearchPipeline | undefined;
	queries: readonly ResolvedQuery[];
	/** What is done because of its answer. */
	answer: AnswerPlan | undefined;
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

	/** Whether there may be anything to do for a search, or for its answer. @throws SidecarError */
	async isConcernedBy(request: SearchRequest): Promise<boolean> {
		if (mayConcern(request.body)) return true;
		const pipeline = await this.#pipelineOf(request, undefined);
		return pipeline !== undefined && pipeline.response.length > 0;
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
		const queue = pLimit(finishedAtOnce);
		return Promise.all(
			prepared.map(async ({ value, error }) => {
				if (error) return { error };
				if (!value) return {};
				const finished = await settled(
					queue(() => this.#finish(value, results, { start, terms })),
				);
				return finished.value
					? { plan: finished.value }
					: { ...(finished.error && { error: finished.error }) };
			}),
		);
	}

	/** Undefined for a search that goes on as it is. */
	async #prepare(request: SearchRequest): Promise<PreparedSearch | undefined> {
		const concerned = mayConcern(request.body);
		const read = concerned ? SearchBody.parse(request.body) : undefined;
		const pipeline = await this.#pipelineOf(request, read);
		const answers = pipeline !== undefined && pipeline.response.length > 0;
		const body = read ?? (answers ? SearchBody.parse(request.body) : undefined);
		if (!body) return undefined;
		const answer = request.answersHits
			? this.#options.answerSteps.plan({ ...request, body, pipeline })
			: undefined;
		if (!answers && !answer?.changesBody && !hasOurs(body)) return undefined;
		this.#checkHybrids(body, request);
		const { target, parameters } = request;
		const timeout = readTimeout(parameters.get("timeout") ?? body.timeout);
		const context = queryContext({
			target,
			pipeline,
			size: sizeOf(request, body),
			member: (name) => body.member(name),
		});
		const queries = await Promise.all(
			body.textQueries.map((query) =>
				this.#options.resolver.resolve(query, context),
			),
		);
		return {
			request,
			body,
			pipeline,
			queries,
			answer,
			timeoutMs: timeout ?? this.#options.timeoutMs,
		};
	}

	/** Only what answers with hits runs through a search pipeline. */
	async #pipelineOf(
		{ target, parameters, answersHits }: SearchRequest,
		body: SearchBody | undefined,
	): Promise<SearchPipeline | undefined> {
		if (!answersHits) return undefined;
		const indices = target ?? pointInTimeOf(body);
		return this.#options.pipelines.forSearch({
			...(indices !== undefined && { target: indices }),
			parameter: parameters.get("search_pipeline"),
			inBody: body?.value("search_pipeline"),
			expandWildcards: parameters.get("expand_wildcards"),
			ignoreUnavailable: parameters.get("ignore_unavailable"),
		});
	}

	#checkHybrids(
		{ hybrids, topHybrid }: SearchBody,
		{ parameters, answersHits }: SearchRequest,
	): void {
		if (topHybrid && parameters.has("scroll"))
			throw new SidecarError(
				"bad_request",
				"Scroll operation is not supported in hybrid query",
			);
		for (const hybrid of hybrids) {
			readHybrid(hybrid.clause);
			if (answersHits) checkPlace(hybrid);
		}
	}

	/** @param start when the request came */
	async #finish(
		prepared: PreparedSearch,
		results: QueryResults,
		{ start, terms }: { start: number; terms: SearchTerms },
	): Promise<SearchPlan> {
		const { request, body, pipeline, queries, answer } = prepared;
		const rendered = queries.map(({ wanted, render }) =>
			render(wanted && results.of(wanted)),
		);
		const sent = this.#render(request, body, { rendered, answer });
		const combined: HybridPlan =
			request.answersHits && body.topHybrid
				? await this.#options.hybrid.finalBody({
						body: sent,
						target: request.target,
						parameters: request.parameters,
						combination: pipeline?.combination,
						explained: pipeline?.response.some(isExplanation) ?? false,
						call: terms.call,
					})
				: { body: sent, spentParameters: nothing };
		const plan = {
			body: combined.body,
			spentParameters: combined.spentParameters,
			answerSteps: this.#stepsOf(prepared, combined, terms),
			warnings: [...new Set(queries.flatMap(({ warnings = [] }) => warnings))],
			queries: queries.map((query) => reportQuery(query, results)),
			embedMs: queries.some(({ wanted }) => wanted) ? results.tookMs : 0,
			tookMs: performance.now() - start,
		};
		this.#options.slowLog.note({
			...plan,
			body: request.body,
			target: request.target,
		});
		return plan;
	}

	/** What is done with the answer; each model has as long as the whole search, counted from when it is its turn. */
	#stepsOf(
		{ answer, pipeline, timeoutMs }: PreparedSearch,
		{ explanations }: HybridPlan,
		{ signal, truncated }: SearchTerms,
	): AnswerStep[] {
		const explained = pipeline?.response.some(isExplanation) ?? false;
		const explain: AnswerStep[] =
			explanations && !explained
				? [async (found) => explainHits(found, explanations)]
				: [];
		const make = () =>
			answer?.steps({
				run: { signal, truncated, deadline: Deadline.after(timeoutMs) },
				...(explanations && { explanations }),
			}) ?? [];
		if (make().length === 0) return explain;
		return [
			...explain,
			async (found) => {
				for (const step of make()) await step(found);
			},
		];
	}

	/** The body in which everything of the sidecar's has become OpenSearch's, but a hybrid query of which hits are wanted. */
	#render(
		{ answersHits }: SearchRequest,
		body: SearchBody,
		{
			rendered,
			answer,
		}: {
			rendered: readonly RenderedQuery[];
			answer: AnswerPlan | undefined;
		},
	): string {
		const { renderers, rescores } = changesOf(rendered);
		const all = new Map([...renderers, ...(answer?.renderers ?? [])]);
		for (const hybrid of body.hybrids)
			if (!answersHits || !hybrid.place.isTop)
				for (const [node, renderer] of disjunctionRenderers(hybrid))
					all.set(node, renderer);
		const inline = body.member("search_pipeline");
		const stored =
			inline?.type === "object"
				? this.#options.pipelines.clusterForm(body.textOf(inline))
				: undefined;
		if (inline && stored !== undefined) all.set(inline, () => stored);
		return body.render({
			renderers: all,
			rescores,
			without: answer?.without ?? nothing,
		});
	}
}

const nothing: ReadonlySet<string> = new Set();

function isExplanation({ kind }: ResponseProcessor): boolean {
	return kind === "explanation";
}

/** Whether there is anything in it that OpenSearch does not know. */
function hasOurs(body: SearchBody): boolean {
	return (
		body.textQueries.length > 0 ||
		body.hybrids.length > 0 ||
		body.member("search_pipeline")?.type === "object"
	);
}

/** The indices of the point in time in which a search looks. */
function pointInTimeOf(body: SearchBody | undefined): string | undefined {
	const pit = body?.value("pit");
	const id = isObject(pit) ? pit.id : undefined;
	return typeof id === "string" ? indicesOfPointInTime(id) : undefined;
}

/** How many hits are asked for, where the search says it. */
function sizeOf(
	{ parameters }: SearchRequest,
	body: SearchBody,
): number | undefined {
	const size = Number(parameters.get("size") ?? body.value("size"));
	return Number.isInteger(size) ? size : undefined;
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
