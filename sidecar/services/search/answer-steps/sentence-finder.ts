import { setImmediate } from "node:timers/promises";
import { SidecarError } from "../../../errors.ts";
import {
	findAnswer,
	type Span,
	sentencesOf,
} from "../../../search/answers/sentences.ts";
import type { Admission } from "../../admission.ts";
import type { EmbeddingService } from "../../embedding.ts";
import type { InferenceService } from "../../inference.ts";
import type { ReadyModel } from "../../model-loader.ts";
import type { RunTerms } from "../../run-terms.ts";
import type { HighlightOptions } from "./highlight-options.ts";

export interface SentenceFinderOptions {
	inference: InferenceService;
	embedding: EmbeddingService;
	admission: Admission;
	/** Texts, or sentences of them, of one search at most. */
	textsLimit: number;
}

export interface SentenceRequest extends HighlightOptions {
	/** What was looked for. */
	readonly query: string;
	readonly terms: RunTerms;
}

interface Sentence {
	readonly span: Span;
	readonly sentence: string;
}

/** As far as a text is read for an answer, characters: a model's window ends long before. */
const longestAnswered = 100_000;

/** Finds the sentences of texts that fit a query. */
export class SentenceFinder {
	readonly #options: SentenceFinderOptions;

	constructor(options: SentenceFinderOptions) {
		this.#options = options;
	}

	/** Of each text, in their order. @throws SidecarError */
	async find(
		texts: readonly string[],
		request: SentenceRequest,
	): Promise<Span[][]> {
		const { modelId, terms } = request;
		const { inference, admission } = this.#options;
		await admission.check(modelId, undefined);
		const ready = await inference.require(modelId, terms.deadline);
		const { functionName } = ready.loaded.spec;
		switch (functionName) {
			case "TEXT_EMBEDDING":
				return this.#mostSimilar(texts, request);
			case "QUESTION_ANSWERING":
				return this.#answering(texts, ready, request);
			default:
				throw new SidecarError(
					"bad_request",
					`model ${modelId} is for ${functionName}; semantic highlighting takes one for QUESTION_ANSWERING or TEXT_EMBEDDING`,
				);
		}
	}

	/** Those whose vectors are nearest to the query's: all of all texts are embedded together, each distinct one once. */
	async #mostSimilar(
		texts: readonly string[],
		{ modelId, query, terms, minSimilarity, maxSentences }: SentenceRequest,
	): Promise<Span[][]> {
		const found = await this.#sentences(texts);
		const sentences = [
			...new Set(found.flat().map(({ sentence }) => sentence)),
		];
		const embed = (
			texts: readonly string[],
			contentType: "query" | "passage",
		) =>
			this.#options.embedding.embed({
				modelId,
				texts,
				contentType,
				lane: "search",
				admitted: true,
				terms,
			});
		const [[asked], embeddings] = await Promise.all([
			embed([query], "query"),
			sentences.length > 0 ? embed(sentences, "passage") : [],
		]);
		const similarity = new Map(
			sentences.map((sentence, index) => [
				sentence,
				cosine(asked?.vector, embeddings[index]?.vector),
			]),
		);
		return found.map((ofText) =>
			ofText
				.map(({ span, sentence }) => ({
					span,
					value: similarity.get(sentence) ?? -1,
				}))
				.filter(({ value }) => value >= minSimilarity)
				.toSorted((a, b) => b.value - a.value)
				.slice(0, maxSentences)
				.map(({ span }) => span)
				.toSorted((a, b) => a.start - b.start),
		);
	}

	/** Those in which the words stand that answer the query, as far as the model's window reaches. */
	async #answering(
		texts: readonly string[],
		ready: ReadyModel,
		{ modelId, query, terms }: SentenceRequest,
	): Promise<Span[][]> {
		this.#checkCount(texts.length, "texts");
		const read = texts.map((text) => text.slice(0, longestAnswered));
		const results = await this.#options.inference.run(ready, {
			modelId,
			inputs: read.map((text) => [query, text] as const),
			lane: "search",
			terms,
		});
		const found: Span[][] = [];
		for (const [index, text] of read.entries()) {
			const result = results[index];
			if (result?.kind !== "answer")
				throw new SidecarError("internal", "a question came back unanswered");
			found.push(sentencesWith(findAnswer(text, result.answer), text));
			// A long text takes a while: everybody else waits meanwhile.
			await setImmediate();
		}
		return found;
	}

	/** The limit bounds them: beyond it no text is read on. */
	async #sentences(texts: readonly string[]): Promise<Sentence[][]> {
		let count = 0;
		const found: Sentence[][] = [];
		for (const text of texts) {
			const sentences: Sentence[] = [];
			for (const span of sentencesOf(text)) {
				this.#checkCount(++count, "sentences or more");
				const sentence = text.slice(span.start, span.end);
				sentences.push({ span, sentence });
			}
			found.push(sentences);
			await setImmediate();
		}
		return found;
	}

	#checkCount(count: number, what: string): void {
		const { textsLimit } = this.#options;
		if (count > textsLimit)
			throw new SidecarError(
				"bad_request",
				`the hits hold ${count} ${what} to be highlighted, SIDECAR_PREDICT_TEXTS_LIMIT allows ${textsLimit}`,
			);
	}
}

/** The sentences of a text in which some part of it stands; it is read as far as that. */
function sentencesWith(part: Span | undefined, text: string): Span[] {
	const found: Span[] = [];
	if (!part) return found;
	for (const sentence of sentencesOf(text)) {
		if (sentence.start >= part.end) break;
		if (sentence.end > part.start) found.push(sentence);
	}
	return found;
}

/** -1 where one of the two is missing or 0. */
function cosine(
	a: Float32Array | undefined,
	b: Float32Array | undefined,
): number {
	if (!a || !b) return -1;
	let [product, left, right] = [0, 0, 0];
	for (let i = 0; i < a.length; i++) {
		const [x, y] = [a[i] ?? 0, b[i] ?? 0];
		product += x * y;
		left += x * x;
		right += y * y;
	}
	return left > 0 && right > 0 ? product / Math.sqrt(left * right) : -1;
}
