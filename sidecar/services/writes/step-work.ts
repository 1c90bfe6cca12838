import { type Failure, invalidDocument } from "../../../ingest/failure.ts";
import { InvalidDocument } from "../../../ingest/invalid-definition.ts";
import type { ChunkingOptions } from "../../../ingest/processors/chunking/algorithm-options.ts";
import type { Slot } from "../../../ingest/slot.ts";
import type { Step } from "../../../ingest/step.ts";
import { SidecarError } from "../../errors.ts";
import type { DocumentToEmbed } from "./document-to-embed.ts";
import { isPassing, type Refused } from "./refused-documents.ts";
import {
	mostResultBytes,
	type StepResults,
	type StepTerms,
} from "./step-results.ts";
import type { ChunkTerms, TextChunkingService } from "./text-chunking.ts";

/** A step of a document's pipeline, with its texts. */
export interface PendingStep {
	target: DocumentToEmbed;
	step: Step;
	slots: readonly Slot[];
}

/** Makes what is pending of documents, as much as possible together. */
export class StepWork {
	readonly #results: StepResults;
	readonly #chunking: TextChunkingService;

	constructor(results: StepResults, chunking: TextChunkingService) {
		this.#results = results;
		this.#chunking = chunking;
	}

	/**
	 * Puts the results into the documents and marks their steps; those that can't be worked on at present are refused.
	 *
	 * @throws the signal's reason, and what is a fault of the sidecar's own
	 */
	async carryOut(
		pending: readonly PendingStep[],
		terms: StepTerms,
		refused: Refused,
	): Promise<void> {
		const work = new Map<unknown, PendingStep[]>();
		for (const one of await this.#inChunks(pending, terms, refused)) {
			const key = workOf(one);
			const together = work.get(key) ?? [];
			work.set(key, together);
			together.push(one);
		}
		await Promise.all(
			[...work.values()].map((together) =>
				this.#workOn(together, terms, refused),
			),
		);
	}

	/** What is pending, with the chunks of texts that are embedded in chunks in the place of these texts. */
	async #inChunks(
		pending: readonly PendingStep[],
		terms: StepTerms,
		refused: Refused,
	): Promise<readonly PendingStep[]> {
		if (!pending.some(({ step }) => cutsOf(step))) return pending;
		const cut = await Promise.all(
			pending.map(async (one) => {
				const chunking = cutsOf(one.step);
				if (!chunking) return one;
				try {
					const slots = one.slots.map(async (slot) => ({
						...slot,
						texts: await this.#cut(slot.texts, chunking, {
							signal: terms.signal,
							...indexOf(one),
						}),
					}));
					return { ...one, slots: await Promise.all(slots) };
				} catch (error) {
					noteFailure([one], error, { terms, refused });
					return [];
				}
			}),
		);
		return cut.flat();
	}

	/** Each cut is made in what the one before it has left. */
	async #cut(
		texts: readonly string[],
		cuts: readonly ChunkingOptions[],
		terms: ChunkTerms,
	): Promise<readonly string[]> {
		let chunks = texts;
		for (const cut of cuts) {
			chunks = (await this.#chunking.chunk(cut, chunks, terms)).flat();
		}
		return chunks;
	}

	/** @param pending of processors that do the same with their texts */
	async #workOn(
		pending: readonly PendingStep[],
		terms: StepTerms,
		refused: Refused,
	): Promise<void> {
		const [first] = pending;
		if (!first) return;
		// Those with the most texts last: what is too large is too large by itself.
		const inOrder = [...pending].sort((a, b) => countOf(a) - countOf(b));
		const texts = inOrder.flatMap(({ slots }) =>
			slots.flatMap((slot) => slot.texts),
		);
		try {
			const results = await this.#resultsOf(first, texts, terms);
			const starts = new Map<PendingStep, number>();
			let end = 0;
			for (const one of inOrder) {
				starts.set(one, end);
				end += countOf(one);
			}
			for (const one of pending) place(one, results, starts.get(one) ?? 0);
		} catch (error) {
			noteFailure(pending, error, { terms, refused });
		}
	}

	async #resultsOf(
		{ target, step: { processor } }: PendingStep,
		texts: readonly string[],
		terms: StepTerms,
	): Promise<string[]> {
		if (processor.kind !== "text_chunking")
			return this.#results.of(processor, texts, terms);
		const lists = await this.#chunking.chunk(processor, texts, {
			signal: terms.signal,
			...indexOf({ target }),
		});
		return lists.map((chunks) => JSON.stringify(chunks));
	}
}

/** How the texts of a step are cut before they are embedded. */
function cutsOf({ processor }: Step): readonly ChunkingOptions[] | undefined {
	return processor.kind === "semantic_field" ? processor.chunking : undefined;
}

function indexOf({ target: { index } }: Pick<PendingStep, "target">) {
	return index === undefined ? {} : { index };
}

/** @throws what is no failure of the documents' */
function noteFailure(
	pending: readonly PendingStep[],
	error: unknown,
	{ terms, refused }: { terms: StepTerms; refused: Refused },
): void {
	terms.signal.throwIfAborted();
	if (error instanceof InvalidDocument) {
		for (const { target, step } of pending)
			target.document.markFailed(step, invalidDocument(error.message));
		return;
	}
	if (!(error instanceof SidecarError)) throw error;
	for (const { target, step } of pending)
		if (isPassing(error)) refused.set(target, error);
		else target.document.markFailed(step, modelFailure(error, step));
}

/** In the words of neural-search, where the model is not there. */
function modelFailure(error: SidecarError, { processor }: Step): Failure {
	const { status, type, message } = error;
	const reason =
		error.code === "not_found" && "modelId" in processor
			? `Failed to find model with the provided model id: ${processor.modelId}`
			: message;
	return { reason, status, type };
}

/** Equal for steps whose texts can be given to a model together; the chunks of a document have a limit in common. */
function workOf({ step }: PendingStep): unknown {
	const { processor } = step;
	switch (processor.kind) {
		case "text_chunking":
			return Symbol(processor.kind);
		case "sparse_encoding":
		case "semantic_field":
			return JSON.stringify([processor.modelId, processor.prune]);
		default:
			return processor.modelId;
	}
}

function countOf({ slots }: PendingStep): number {
	return slots.reduce((count, { texts }) => count + texts.length, 0);
}

/** Puts the results of a step into its document, if they are all there. @param start the first of them */
function place(
	pending: PendingStep,
	results: readonly string[],
	start: number,
): void {
	const { target, step, slots } = pending;
	if (start + countOf(pending) > results.length) {
		target.document.markFailed(
			step,
			invalidDocument(
				`the vectors of documents that are embedded together take more than ${mostResultBytes} bytes as JSON: give the document fewer texts`,
			),
		);
		return;
	}
	let next = start;
	for (const slot of slots) {
		const end = next + slot.texts.length;
		target.document.place(slot, results.slice(next, end), step);
		next = end;
	}
	target.document.markDone(step);
}
