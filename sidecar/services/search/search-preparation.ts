import { isObject } from "../../../ingest/json.ts";
import {
	checkPlace,
	checkScroll,
	readHybrid,
} from "../../search/hybrid/hybrid-query.ts";
import { indicesOfPointInTime } from "../../search/pipelines/point-in-time.ts";
import type { SearchPipeline } from "../../search/pipelines/search-pipeline.ts";
import type { ResolvedQuery } from "../../search/queries/text-query.ts";
import { SearchBody } from "../../search/search-body.ts";
import { mayConcern } from "../../search/search-signs.ts";
import { readTimeout } from "../time-value.ts";
import type { AnswerPlan, AnswerSteps } from "./answer-steps/answer-steps.ts";
import { queryContext } from "./query-context.ts";
import type { QueryResolver } from "./query-resolver.ts";
import type { SearchPipelineService } from "./search-pipelines.ts";
import type { SearchRequest } from "./search-plan.ts";

export interface SearchPreparationOptions {
	pipelines: SearchPipelineService;
	resolver: QueryResolver;
	answerSteps: AnswerSteps;
	/** Time for the models where a search does not say how long it may take, milliseconds. */
	timeoutMs: number;
}

/** A search of which all is known but for what models make of its texts. */
export interface PreparedSearch {
	request: SearchRequest;
	body: SearchBody;
	pipeline: SearchPipeline | undefined;
	queries: readonly ResolvedQuery[];
	/** What is done because of its answer. */
	answer: AnswerPlan | undefined;
	/** How long its models may take. */
	timeoutMs: number;
}

/** Finds out what there is to do for searches. */
export class SearchPreparation {
	readonly #options: SearchPreparationOptions;

	constructor(options: SearchPreparationOptions) {
		this.#options = options;
	}

	/** Whether there may be anything to do for a search, or for its answer. @throws SidecarError */
	async concerns(request: SearchRequest): Promise<boolean> {
		if (mayConcern(request.body)) return true;
		const pipeline = await this.#pipelineOf(request, undefined);
		return pipeline !== undefined && pipeline.response.length > 0;
	}

	/** Undefined for a search that goes on as it is. @throws SidecarError */
	async prepare(request: SearchRequest): Promise<PreparedSearch | undefined> {
		const concerned = mayConcern(request.body);
		const read = concerned ? SearchBody.parse(request.body) : undefined;
		const pipeline = await this.#pipelineOf(request, read);
		const answers = pipeline !== undefined && pipeline.response.length > 0;
		const body = read ?? (answers ? SearchBody.parse(request.body) : undefined);
		if (!body) return undefined;
		const size = sizeOf(request, body);
		const answer = request.answersHits
			? this.#options.answerSteps.plan({ body, pipeline, size })
			: undefined;
		if (!answers && !answer?.changesBody && !hasOurs(body)) return undefined;
		checkHybrids(body, request);
		const { target, parameters } = request;
		const timeout = readTimeout(parameters.get("timeout") ?? body.timeout);
		const context = queryContext({
			target,
			pipeline,
			size,
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
			target: indices,
			parameter: parameters.get("search_pipeline"),
			inBody: body?.value("search_pipeline"),
			expandWildcards: parameters.get("expand_wildcards"),
			ignoreUnavailable: parameters.get("ignore_unavailable"),
		});
	}
}

function checkHybrids(
	{ hybrids, topHybrid }: SearchBody,
	{ parameters, answersHits }: SearchRequest,
): void {
	if (topHybrid) checkScroll(parameters);
	for (const hybrid of hybrids) {
		readHybrid(hybrid.clause);
		if (answersHits) checkPlace(hybrid);
	}
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
	const size = parameters.get("size") ?? body.value("size");
	const number = size === null ? Number.NaN : Number(size);
	return Number.isInteger(number) && number >= 0 ? number : undefined;
}
