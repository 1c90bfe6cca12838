import { hasTarget } from "../../../ingest/document.ts";
import { invalidDocument } from "../../../ingest/failure.ts";
import type { Step } from "../../../ingest/step.ts";
import type { DocumentToEmbed } from "./document-to-embed.ts";
import {
	existingResult,
	type StoredDocuments,
	storedDocuments,
} from "./existing-results.ts";
import type { Preview } from "./preview.ts";
import { type Refused, unlessPassing } from "./refused-documents.ts";
import type { StepTerms } from "./step-results.ts";
import type { PendingStep, StepWork } from "./step-work.ts";

/** Gives documents what their steps make, and marks each step with its outcome. */
export class DocumentEmbedder {
	readonly #preview: Preview;
	readonly #work: StepWork;

	constructor(preview: Preview, work: StepWork) {
		this.#preview = preview;
		this.#work = work;
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
			const { source, failure, passedBy, unraised } = seen?.[index] ?? {};
			if (failure !== undefined) {
				// OpenSearch evaluates no condition of a guarded processor.
				if (unraised || step.conditional) document.markFailed(step, failure);
				else document.noteFailure(failure);
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
		await this.#work.carryOut(open, terms, refused);
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
}

/** Whether what a step puts into a document may be the text of a later one. */
function makesTexts({ processor }: Step): boolean {
	return (
		processor.kind === "text_chunking" || processor.kind === "ml_inference"
	);
}
