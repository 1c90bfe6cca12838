import { hasTarget } from "../../ingest/document.ts";
import { type Failure, invalidDocument } from "../../ingest/failure.ts";
import { InvalidDocument } from "../../ingest/invalid-definition.ts";
import type { Slot } from "../../ingest/slot.ts";
import type { Step } from "../../ingest/step.ts";
import { type ErrorCode, SidecarError } from "../errors.ts";
import type { DocumentToEmbed } from "./document-to-embed.ts";
import {
	existingResult,
	type StoredDocuments,
	storedDocuments,
} from "./existing-results.ts";
import type { Preview } from "./preview.ts";
import {
	mostResultBytes,
	type StepResults,
	type StepTerms,
} from "./step-results.ts";
import type { TextChunkingService } from "./text-chunking.ts";

/** A step of a document's pipeline, with its texts. */
interface PendingStep {
	target: DocumentToEmbed;
	step: Step;
	slots: readonly Slot[];
}

/** Documents that can't be worked on at present, and why: whoever writes them is to try again. */
export type Refused = Map<DocumentToEmbed, SidecarError>;

/** Errors that are neither the document's nor its pipeline's fault. */
const passing: readonly ErrorCode[] = [
	"timeout",
	"too_many_requests",
	"throttled",
	"circuit_open",
	"upstream_broken",
	"upstream_unavailable",
	"upstream_timeout",
];

export interface DocumentEmbedderOptions {
	preview: Preview;
	results: StepResults;
	chunking: TextChunkingService;
}

/** Gives documents what their steps make, and marks each step with its outcome. */
export class DocumentEmbedder {
	readonly #preview: Preview;
	readonly #results: StepResults;
	readonly #chunking: TextChunkingService;

	constructor({ preview, results, chunking }: DocumentEmbedderOptions) {
		this.#preview = preview;
		this.#results = results;
		this.#chunking = chunking;
	}

	/**
	 * Carries out every step of every document, as many as possible together: a step with processors before it
	 * waits for the results of the steps before, which those processors may look at.
	 *
	 * @throws the signal's reason, and what is a fault of the sidecar's own
	 */
	async embed(
		documents: readonly DocumentToEmbed[],
		terms: StepTerms,
	): Promise<Refused> {
		const refused: Refused = new Map();
		const [stored] = await unlessPassing(documents, refused, async () => [
			await storedDocuments(documents, terms.call),
		]);
		let pending: PendingStep[] = [];
		for (const steps of new Set(documents.map((document) => document.steps))) {
			/** Whether something was put into the documents that the next step may find. */
			let fed = false;
			for (const step of steps) {
				const open = () =>
					documents.filter(
						(document) => document.steps === steps && !refused.has(document),
					);
				if (fed || step.stages.length > 0) {
					await this.#carryOut(pending, terms, refused);
					pending = [];
				}
				if (fed) for (const { document } of open()) document.settle();
				const concerned = open();
				pending.push(
					...(await unlessPassing(concerned, refused, () =>
						this.#find(concerned, step, stored),
					)),
				);
				fed = makesTexts(step);
			}
		}
		await this.#carryOut(pending, terms, refused);
		return refused;
	}

	/** The documents for which a step has texts; the others are marked. */
	async #find(
		documents: readonly DocumentToEmbed[],
		step: Step,
		stored: StoredDocuments | undefined,
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
			if (!finding.slots.every((slot) => document.hasPlace(slot, source))) {
				document.markFailed(
					step,
					invalidDocument(
						"the object that gets the vector is made or moved by a processor before the embedding: embed the original field",
					),
				);
				return [];
			}
			const slots = finding.slots.filter((slot) => {
				const json = existingResult(step, slot, stored?.get(target));
				if (json !== undefined) document.put(slot, json);
				return json === undefined;
			});
			if (slots.length > 0) return [{ target, step, slots }];
			document.markDone(step);
			return [];
		});
	}

	async #carryOut(
		pending: readonly PendingStep[],
		terms: StepTerms,
		refused: Refused,
	): Promise<void> {
		const open = pending.filter(({ target }) => !refused.has(target));
		const work = new Map<unknown, PendingStep[]>();
		for (const one of open) {
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
		for (const step of new Set(open.map((one) => one.step))) {
			if (step.stages.length === 0) continue;
			const done = open.filter(
				(one) => one.step === step && !refused.has(one.target),
			);
			const targets = done.map(({ target }) => target);
			await unlessPassing(targets, refused, async () => {
				await this.#verify(done);
				return [];
			});
		}
	}

	/** The results are in the document before its pipeline runs: what stands before the guard must leave them there. */
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
					invalidDocument(
						"a processor before the embedding removes the field that gets the vector: put it behind the embedding, or take it out",
					),
				);
		});
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
			terms.signal.throwIfAborted();
			if (error instanceof InvalidDocument) {
				for (const { target, step } of pending)
					target.document.markFailed(step, invalidDocument(error.message));
				return;
			}
			if (!(error instanceof SidecarError)) throw error;
			for (const { target, step } of pending)
				if (passing.includes(error.code)) refused.set(target, error);
				else target.document.markFailed(step, modelFailure(error, step));
		}
	}

	#resultsOf(
		{ target, step: { processor } }: PendingStep,
		texts: readonly string[],
		terms: StepTerms,
	): Promise<string[]> {
		if (processor.kind !== "text_chunking")
			return this.#results.of(processor, texts, terms);
		const { index } = target;
		return this.#chunking.chunk(processor, texts, {
			signal: terms.signal,
			...(index !== undefined && { index }),
		});
	}
}

/** What is done for documents together; where it can't be done at present they are refused, and there is nothing. */
async function unlessPassing<T>(
	documents: readonly DocumentToEmbed[],
	refused: Refused,
	work: () => Promise<T[]>,
): Promise<T[]> {
	try {
		return await work();
	} catch (error) {
		if (!(error instanceof SidecarError) || !passing.includes(error.code))
			throw error;
		for (const document of documents) refused.set(document, error);
		return [];
	}
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

/** Whether what a step puts into a document may be the text of a later one. */
function makesTexts({ processor }: Step): boolean {
	return processor.kind !== "text_embedding";
}

/** Equal for steps whose texts can be given to a model together; the chunks of a document have a limit in common. */
function workOf({ step }: PendingStep): unknown {
	const { processor } = step;
	switch (processor.kind) {
		case "text_chunking":
			return Symbol(processor.kind);
		case "sparse_encoding":
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
