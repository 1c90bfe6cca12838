import { performance } from "node:perf_hooks";
import { explainHits } from "../../search/answers/hybrid-explanation.ts";
import type { AnswerStep } from "../../search/answers/search-answer.ts";
import { disjunctionRenderers } from "../../search/hybrid/hybrid-query.ts";
import type { ResponseProcessor } from "../../search/pipelines/search-pipeline.ts";
import type { RenderedQuery } from "../../search/queries/text-query.ts";
import { changesOf, type SearchBody } from "../../search/search-body.ts";
import { Deadline } from "../deadline.ts";
import type { AnswerPlan } from "./answer-steps/answer-steps.ts";
import type { HybridPlan, HybridService } from "./hybrid-service.ts";
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
}

/** Makes of searches, and of what models made of their texts, what OpenSearch is sent. */
export class SearchCompletion {
	readonly #options: SearchCompletionOptions;

	constructor(options: SearchCompletionOptions) {
		this.#options = options;
	}

	/**
	 * What to send for a search.
	 *
	 * @throws SidecarError, RefusedCall
	 */
	async complete(
		prepared: PreparedSearch,
		results: QueryResults,
		{ start, terms }: Completing,
	): Promise<SearchPlan> {
		const { request, body, pipeline, queries, answer } = prepared;
		const rendered = queries.map(({ wanted, render }) =>
			render(wanted && results.of(wanted)),
		);
		const explained = pipeline?.response.some(isExplanation) ?? false;
		const sent = this.#render(request, body, { rendered, answer });
		const combined: HybridPlan =
			combinesScores(request) && body.topHybrid
				? await this.#options.hybrid.finalBody({
						body: sent,
						target: request.target,
						parameters: request.parameters,
						combination: pipeline?.combination,
						sampleFactor: pipeline?.sampleFactor ?? 1,
						explained,
						call: terms.call,
					})
				: { body: sent, spentParameters: nothing };
		const plan = {
			body: combined.body,
			spentParameters: combined.spentParameters,
			answerSteps: stepsOf(prepared, combined, { explained, terms }),
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
	{ answer, timeoutMs }: PreparedSearch,
	{ explanations, hits, timedOut }: HybridPlan,
	{
		explained,
		terms: { signal, truncated },
	}: {
		/** Whether a processor of the pipeline explains the scores. */
		explained: boolean;
		terms: SearchTerms;
	},
): AnswerStep[] {
	const steps: AnswerStep[] = [];
	if (hits !== undefined)
		steps.push(async (found) => {
			found.hits = found.hits.slice(0, hits);
		});
	if (timedOut)
		steps.push(async (found) => {
			found.setTimedOut();
		});
	if (explanations && !explained)
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

function isExplanation({ kind }: ResponseProcessor): boolean {
	return kind === "explanation";
}
