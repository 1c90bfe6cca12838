import { hasTarget } from "../../ingest/document.ts";
import type { Slot } from "../../ingest/slot.ts";
import type { Step } from "../../ingest/step.ts";
import { vectorJson } from "../../ingest/vector-json.ts";
import { type ErrorCode, SidecarError } from "../errors.ts";
import { Deadline } from "./deadline.ts";
import type { DocumentToEmbed } from "./document-to-embed.ts";
import type { EmbeddingService } from "./embedding.ts";
import type { Preview } from "./preview.ts";
import type { TruncatedTexts } from "./truncated-texts.ts";

export interface EmbedDocumentsOptions {
	signal: AbortSignal;
	/** Time for each call to a model, milliseconds; no bound without it. */
	timeoutMs?: number;
	truncated: TruncatedTexts;
	/** What the next call to a model does where its queue is full. */
	whenFull(modelId: string): "refuse" | "wait";
}

/** A step of a document's pipeline, with its texts. */
interface PendingStep {
	target: DocumentToEmbed;
	step: Step;
	slots: readonly Slot[];
}

/** Texts that a model is given at once. */
interface ModelCall {
	modelId: string;
	texts: readonly string[];
	whenFull: "refuse" | "wait";
}

/** Texts of one call to a model, so that the largest document does not fill its queue alone. */
const textsAtOnce = 256;

/**
 * Vectors of one model for documents that are embedded together, bytes of their JSON: a small list of small texts has large
 * vectors. OpenSearch takes 100 MB in one request unless it is told to take more.
 */
const mostVectorBytes = 256 * 1024 * 1024;

/** Errors that are neither the document's nor its pipeline's fault: the write fails as a whole, to be tried again. */
const passing: readonly ErrorCode[] = [
	"timeout",
	"too_many_requests",
	"circuit_open",
	"upstream_broken",
	"upstream_unavailable",
	"upstream_timeout",
];

/** Gives documents their vectors and marks each of their steps with its outcome. */
export class DocumentEmbedder {
	readonly #preview: Preview;
	readonly #embedding: EmbeddingService;

	constructor(preview: Preview, embedding: EmbeddingService) {
		this.#preview = preview;
		this.#embedding = embedding;
	}

	/**
	 * Carries out every step of every document, as many as possible together: a step with processors before it
	 * waits for the vectors of the steps before, which those processors may look at.
	 *
	 * @throws SidecarError that is no document's fault
	 */
	async embed(
		documents: readonly DocumentToEmbed[],
		options: EmbedDocumentsOptions,
	): Promise<void> {
		let pending: PendingStep[] = [];
		for (const steps of new Set(documents.map((document) => document.steps)))
			for (const step of steps) {
				const concerned = documents.filter(
					(document) => document.steps === steps,
				);
				if (step.stages.length > 0) {
					await this.#carryOut(pending, options);
					pending = [];
				}
				pending.push(...(await this.#find(concerned, step)));
			}
		await this.#carryOut(pending, options);
	}

	/** The documents for which a step has texts; the others are marked. */
	async #find(
		documents: readonly DocumentToEmbed[],
		step: Step,
	): Promise<PendingStep[]> {
		const seen = await this.#preview.of(documents, step);
		return documents.flatMap((target, index): PendingStep[] => {
			const { document } = target;
			const { source, failure, passedBy } = seen?.[index] ?? {};
			if (failure !== undefined) {
				document.markFailed(step, failure);
				return [];
			}
			if (passedBy) {
				document.markDone(step);
				return [];
			}
			// Dropped by a processor before, or not sent that way: OpenSearch does not come to the guard either.
			if (seen && source === undefined) return [];
			const finding = document.find(step, source);
			if ("failure" in finding) {
				document.markFailed(step, finding.failure);
				return [];
			}
			const { slots } = finding;
			if (!slots.every((slot) => document.hasPlace(slot, source))) {
				document.markFailed(
					step,
					"the object that gets the vector is made or moved by a processor before the embedding: embed the original field",
				);
				return [];
			}
			if (slots.length > 0) return [{ target, step, slots }];
			document.markDone(step);
			return [];
		});
	}

	async #carryOut(
		pending: readonly PendingStep[],
		options: EmbedDocumentsOptions,
	): Promise<void> {
		const models = new Set(pending.map(({ step }) => step.processor.modelId));
		await Promise.all(
			[...models].map((modelId) =>
				this.#embedWith(
					modelId,
					pending.filter(({ step }) => step.processor.modelId === modelId),
					options,
				),
			),
		);
		for (const step of new Set(pending.map((one) => one.step)))
			if (step.stages.length > 0)
				await this.#verify(pending.filter((one) => one.step === step));
	}

	/** The vectors are in the document before its pipeline runs: what stands before the guard must leave them there. */
	async #verify(pending: readonly PendingStep[]): Promise<void> {
		const [first] = pending;
		if (!first) return;
		const targets = pending.map(({ target }) => target);
		const seen = await this.#preview.of(targets, first.step);
		pending.forEach(({ target, step, slots }, index) => {
			const source = seen?.[index]?.source;
			const kept = slots.every((slot) => hasTarget(source, slot));
			if (source !== undefined && !kept)
				target.document.markFailed(
					step,
					"a processor before the embedding removes the field that gets the vector: put it behind the embedding, or take it out",
				);
		});
	}

	async #embedWith(
		modelId: string,
		steps: readonly PendingStep[],
		options: EmbedDocumentsOptions,
	): Promise<void> {
		// Those with the most texts last: what is too large is too large by itself.
		const inOrder = [...steps].sort((a, b) => countOf(a) - countOf(b));
		const texts = inOrder.flatMap(({ slots }) =>
			slots.flatMap((slot) => slot.texts),
		);
		try {
			const vectors = await this.#vectorsOf(modelId, texts, options);
			const starts = new Map<PendingStep, number>();
			let end = 0;
			for (const pending of inOrder) {
				starts.set(pending, end);
				end += countOf(pending);
			}
			for (const pending of steps)
				place(pending, vectors, starts.get(pending) ?? 0);
		} catch (error) {
			if (options.signal.aborted || !(error instanceof SidecarError))
				throw error;
			if (passing.includes(error.code)) throw error;
			for (const { target, step } of steps)
				target.document.markFailed(step, error.message);
		}
	}

	/** Vectors as JSON texts, fewer than texts where they would take more memory than they may. */
	async #vectorsOf(
		modelId: string,
		texts: readonly string[],
		options: EmbedDocumentsOptions,
	): Promise<string[]> {
		const vectors: string[] = [];
		let bytes = 0;
		for (let start = 0; start < texts.length; start += textsAtOnce) {
			if (bytes > mostVectorBytes) break;
			const call = {
				modelId,
				texts: texts.slice(start, start + textsAtOnce),
				whenFull: options.whenFull(modelId),
			};
			for (const vector of await this.#vectors(call, options)) {
				vectors.push(vector);
				bytes += vector.length;
			}
		}
		return vectors;
	}

	/** Vectors as JSON texts. What never fits into the model's queue is given to it in halves. */
	async #vectors(
		{ modelId, texts, whenFull }: ModelCall,
		options: EmbedDocumentsOptions,
	): Promise<string[]> {
		const { signal, timeoutMs, truncated } = options;
		try {
			const embeddings = await this.#embedding.embed({
				modelId,
				texts,
				lane: "ingest",
				contentType: "passage",
				terms: {
					signal,
					truncated,
					whenFull,
					...(timeoutMs !== undefined && {
						deadline: Deadline.after(timeoutMs),
					}),
				},
			});
			// Equal texts share a vector.
			const written = new Map<Float32Array, string>();
			return embeddings.map(({ vector }) => {
				const json = written.get(vector) ?? vectorJson(vector);
				written.set(vector, json);
				return json;
			});
		} catch (error) {
			if (!isTooLarge(error) || texts.length === 1) throw error;
		}
		const half = Math.ceil(texts.length / 2);
		const first = { modelId, texts: texts.slice(0, half), whenFull };
		const vectors = await this.#vectors(first, options);
		const second = {
			modelId,
			texts: texts.slice(half),
			whenFull: options.whenFull(modelId),
		};
		return [...vectors, ...(await this.#vectors(second, options))];
	}
}

function countOf({ slots }: PendingStep): number {
	return slots.reduce((count, { texts }) => count + texts.length, 0);
}

/** Puts the vectors of a step into its document, if they are all there. @param start the first of them */
function place(
	pending: PendingStep,
	vectors: readonly string[],
	start: number,
): void {
	const { target, step, slots } = pending;
	if (start + countOf(pending) > vectors.length) {
		target.document.markFailed(
			step,
			`the vectors of documents that are embedded together take more than ${mostVectorBytes} bytes as JSON: give the document fewer texts`,
		);
		return;
	}
	let next = start;
	for (const slot of slots) {
		const end = next + slot.texts.length;
		target.document.place(slot, vectors.slice(next, end), step);
		next = end;
	}
	target.document.markDone(step);
}

function isTooLarge(error: unknown): boolean {
	return error instanceof SidecarError && error.code === "too_large";
}
