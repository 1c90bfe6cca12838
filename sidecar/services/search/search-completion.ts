import { performance } from "node:perf_hooks";
import type { Node } from "jsonc-parser";
import { explainHits } from "../../search/answers/hybrid-explanation.ts";
import type { AnswerStep } from "../../search/answers/search-answer.ts";
import { HeldVectors } from "../../search/hybrid/held-vectors.ts";
import {
	disjunctionRenderers,
	readHybrid,
} from "../../search/hybrid/hybrid-query.ts";
import type { RenderedQuery } from "../../search/queries/text-query.ts";
import { changesOf, type SearchBody } from "../../search/search-body.ts";
import { Deadline } from "../deadline.ts";
import type { AnswerPlan } from "./answer-steps/answer-steps.ts";
import type { BegunSearches } from "./begun-searches.ts";
import type {
	HybridPlan,
	HybridRequest,
	HybridService,
} from "./hybrid-service.ts";
import type { QueryResults } from "./query-results.ts";
import { reportQuery } from "./rewrite-report.ts";
import type { SearchPipelineService } from "./search-pipelines.ts";
import type { SearchPlan, SearchRequest, SearchTerms } from "./search-plan.ts";
import type { PreparedSearch } from "./search-preparation.ts";
import type { SlowLog } from "./slow-log.ts";

export interface SearchCompletionOptions {
	pipelines: SearchPipelineService;
	hybrid: HybridService;
	slowLog: SlowLog;
}

export interface Completing {
	/** When the request came, on `performance.now()`'s clock. */
	start: number;
	terms: SearchTerms;
	/** What of the search runs already. */
	begun: BegunSearches | undefined;
}

/** Makes of searches, and of what models made of their texts, what OpenSearch is sent. */
export class SearchCompletion {
	readonly #options: SearchCompletionOptions;

	constructor(options: SearchCompletionOptions) {
		this.#options = options;
	}

	/** Begins what of a search needs nothing of what models make of its texts; undefined where that is nothing. */
	begin(
		prepared: PreparedSearch,
		terms: SearchTerms,
	): BegunSearches | undefined {
		const { request, body, queries } = prepared;
		const ready = combinesScores(request) ? readySubQueries(prepared) : [];
		if (ready.length === 0) return undefined;
		return this.#options.hybrid.begin({
			...hybridRequest(prepared, terms),
			ready,
			body: () => {
				const known = queries.filter(({ wanted }) => !wanted);
				const rendered = known.map(({ render }) => render(undefined));
				return this.#render(request, body, { ...prepared, rendered });
			},
		});
	}

	/**
	 * What to send for a search.
	 *
	 * @throws SidecarError, RefusedCall
	 */
	async complete(
		prepared: PreparedSearch,
		results: QueryResults,
		{ start, terms, begun }: Completing,
	): Promise<SearchPlan> {
		const { request, body, queries, answer } = prepared;
		const combines = combinesScores(request) && body.topHybrid !== undefined;
		const vectors = new HeldVectors();
		const rendered = queries.map(({ wanted, render }) => {
			const result = wanted && results.of(wanted);
			return render(result && combines ? vectors.hold(result) : result);
		});
		const sent = this.#render(request, body, { rendered, answer });
		const combined: HybridPlan = combines
			? await this.#options.hybrid.finalBody({
					...hybridRequest(prepared, terms),
					body: sent,
					vectors,
					begun,
				})
			: { body: sent, spentParameters: nothing };
		const plan = {
			body: combined.body,
			spentParameters: combined.spentParameters,
			...(combined.answer && { answer: combined.answer }),
			answerSteps: stepsOf(prepared, combined, terms),
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

	/** The body in which everything of the sidecar's has become OpenSearch's, but a hybrid query of which hits are wanted. */
	#render(
		request: SearchRequest,
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
			if (!combinesScores(request) || !hybrid.place.isTop)
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

/** What is done with the answer; each model has as long as the whole search, counted from when it is its turn. */
function stepsOf(
	prepared: PreparedSearch,
	{ explanations, hits, timedOut }: HybridPlan,
	{ signal, truncated }: SearchTerms,
): AnswerStep[] {
	const { answer, timeoutMs } = prepared;
	const steps: AnswerStep[] = [];
	if (hits !== undefined)
		steps.push(async (found) => {
			found.hits = found.hits.slice(0, hits);
		});
	if (timedOut)
		steps.push(async (found) => {
			found.setTimedOut();
		});
	if (explanations && !isExplained(prepared))
		steps.push(async (found) => explainHits(found, explanations));
	if (answer?.changesAnswer)
		steps.push(async (found) => {
			const run = {
				signal,
				truncated,
				deadline: Deadline.after(timeoutMs),
			};
			const own = answer.steps({ run, ...(explanations && { explanations }) });
			for (const step of own) await step(found);
		});
	return steps;
}

/** Whether a hybrid query's scores show: a query in the URL takes its place. */
function combinesScores({ answersHits, parameters }: SearchRequest): boolean {
	return answersHits && !parameters.has("q");
}

/** What there is to say of a search whose query is a `hybrid`, but how it reads. */
function hybridRequest(
	prepared: PreparedSearch,
	{ call, takesAnswers }: SearchTerms,
): Omit<HybridRequest, "body"> {
	const { request, pipeline, body } = prepared;
	const { target, parameters } = request;
	return {
		target,
		parameters,
		combination: pipeline?.combination,
		sampleFactor: pipeline?.sampleFactor ?? 1,
		explained: isExplained(prepared),
		// A pipeline in the body is OpenSearch's to check.
		takesAnswer:
			pipeline?.isOwn === true &&
			body.member("search_pipeline")?.type !== "object" &&
			(takesAnswers?.() ?? false),
		call,
	};
}

/**
 * The places of the sub-queries that need no model, where others do. None where a model is needed for more than
 * sub-queries: every sub-query is narrowed by the filter, and scored by what a two-phase search looks at again.
 */
function readySubQueries({
	body: { topHybrid },
	pipeline,
	queries,
}: PreparedSearch): number[] {
	const waiting = queries.flatMap(({ wanted, query }) =>
		wanted ? query.clause.node : [],
	);
	const isTwoPhase = pipeline?.request.some(({ kind }) => kind === "twoPhase");
	if (!topHybrid || waiting.length === 0 || isTwoPhase) return [];
	const { subQueries } = readHybrid(topHybrid.clause);
	const places = waiting.map((node) =>
		subQueries.findIndex((subQuery) => isWithin(node, subQuery)),
	);
	if (places.includes(-1)) return [];
	return [...subQueries.keys()].filter((place) => !places.includes(place));
}

function isWithin(node: Node, outer: Node): boolean {
	return (
		node.offset >= outer.offset &&
		node.offset + node.length <= outer.offset + outer.length
	);
}

/** Whether a processor of the pipeline explains the scores. */
function isExplained({ pipeline }: PreparedSearch): boolean {
	return pipeline?.response.some(({ kind }) => kind === "explanation") ?? false;
}
