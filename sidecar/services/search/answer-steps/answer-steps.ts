import type { Node } from "jsonc-parser";
import type { Logger } from "pino";
import type { Renderer } from "../../../../ingest/json-tree.ts";
import { SidecarError } from "../../../errors.ts";
import {
	renameField,
	sortValues,
	splitField,
} from "../../../search/answers/field-processors.ts";
import {
	collapseHits,
	truncateHits,
} from "../../../search/answers/hit-processors.ts";
import {
	explainHits,
	type HybridExplanations,
} from "../../../search/answers/hybrid-explanation.ts";
import {
	rerankText,
	withoutRerank,
} from "../../../search/answers/rerank-context.ts";
import type {
	AnswerStep,
	SearchAnswer,
} from "../../../search/answers/search-answer.ts";
import { SemanticHighlight } from "../../../search/answers/semantic-highlight.ts";
import { defaultSize } from "../../../search/default-size.ts";
import type {
	Rerank,
	ResponseProcessor,
	SearchPipeline,
} from "../../../search/pipelines/search-pipeline.ts";
import type { SearchBody } from "../../../search/search-body.ts";
import type { RunTerms } from "../../run-terms.ts";
import { rerankByField } from "./rerank-by-field.ts";
import type { ModelReranker } from "./rerank-by-model.ts";
import type { SemanticHighlighter } from "./semantic-highlighter.ts";

export interface AnswerStepsOptions {
	reranker: ModelReranker;
	highlighter: SemanticHighlighter;
	logger: Logger;
}

/** A search whose answer may be the sidecar's to change. */
export interface AnsweredSearch {
	/** As the client sent it. */
	readonly body: SearchBody;
	/** What runs it; undefined where nothing in it is the sidecar's. */
	readonly pipeline: SearchPipeline | undefined;
	/** Of how many hits the client asks for; undefined where it does not say it. */
	readonly size: number | undefined;
}

/** What is done to a search because of its answer. */
export interface AnswerPlan {
	/** Whether OpenSearch would not understand the body as it is. */
	readonly changesBody: boolean;
	/** How nodes of its body are written; what is not named stays to the byte. */
	readonly renderers: ReadonlyMap<Node, Renderer>;
	/** Members of the body's top level that are left out. */
	readonly without: ReadonlySet<string>;
	/** Whether there are steps: without any, the answer goes through as it comes. */
	readonly changesAnswer: boolean;
	/** What is done to the answer, in this order. */
	steps(terms: StepTerms): readonly AnswerStep[];
}

export interface StepTerms {
	/** For the models. */
	readonly run: RunTerms;
	/** Of the hits of a hybrid query, where the search asks for explanations. */
	readonly explanations?: HybridExplanations;
}

/** Makes of what a search asks for, and of its pipeline, what is done to its answer. */
export class AnswerSteps {
	readonly #options: AnswerStepsOptions;

	constructor(options: AnswerStepsOptions) {
		this.#options = options;
	}

	plan(search: AnsweredSearch): AnswerPlan {
		const { body, pipeline } = search;
		const highlight = SemanticHighlight.read(body);
		const rerank = withoutRerank(body);
		const processors = pipeline?.response ?? [];
		return {
			changesBody: highlight !== undefined || rerank !== undefined,
			changesAnswer: highlight !== undefined || processors.length > 0,
			renderers: new Map([
				...(highlight?.renderers ?? []),
				...(rerank?.renderers ?? []),
			]),
			without: rerank?.without ?? new Set(),
			steps: (terms) => {
				const { highlighter } = this.#options;
				const marking: AnswerStep[] = highlight
					? [(answer) => highlighter.highlight(answer, highlight, terms.run)]
					: [];
				// Shards highlight what they find: what a pipeline does comes behind it.
				return [
					...marking,
					...processors.map((processor) =>
						this.#step(processor, search, terms),
					),
				];
			},
		};
	}

	/** One that is told to ignore failures leaves the answer as it is then. */
	#step(
		processor: ResponseProcessor,
		search: AnsweredSearch,
		terms: StepTerms,
	): AnswerStep {
		return async (answer) => {
			try {
				await this.#run(processor, answer, { search, terms });
			} catch (error) {
				if (!processor.ignoreFailure || !(error instanceof SidecarError))
					throw error;
				const { kind, tag } = processor;
				this.#options.logger.warn(
					{ err: error, processor: kind, ...(tag !== undefined && { tag }) },
					"A search goes on without a response processor that failed.",
				);
			}
		};
	}

	async #run(
		processor: ResponseProcessor,
		answer: SearchAnswer,
		context: { search: AnsweredSearch; terms: StepTerms },
	): Promise<void> {
		const { search, terms } = context;
		switch (processor.kind) {
			case "rerank":
				return this.#rerank(processor, answer, context);
			case "explanation":
				return explainHits(answer, terms.explanations ?? new Map());
			case "truncate_hits":
				return truncateHits(
					answer,
					processor,
					search.pipeline?.oversampled.has(processor.contextPrefix)
						? (search.size ?? defaultSize)
						: undefined,
				);
			case "rename_field":
				return renameField(answer, processor);
			case "sort":
				return sortValues(answer, processor);
			case "split":
				return splitField(answer, processor);
			case "collapse":
				return collapseHits(answer, processor);
		}
	}

	async #rerank(
		{ by }: Rerank,
		answer: SearchAnswer,
		{ search, terms }: { search: AnsweredSearch; terms: StepTerms },
	): Promise<void> {
		if (by.type === "by_field") return rerankByField(answer, by);
		// Whatever the search finds: a client learns of the mistake at once.
		const text = rerankText(search.body);
		await this.#options.reranker.rerank(answer, by, { text, terms: terms.run });
	}
}
