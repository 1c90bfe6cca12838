import type { PreparedDocument } from "../../ingest/document.ts";
import type { TextSlot } from "../../ingest/field-map.ts";
import {
	done,
	type EmbeddingStep,
	type GuardedPipeline,
} from "../../ingest/guard.ts";
import { vectorJson } from "../../ingest/vector-json.ts";
import { SidecarError } from "../errors.ts";
import type { PipelineStore, SimulatedDocument } from "../store/pipelines.ts";
import type { EmbeddingService } from "./embedding.ts";

/** A document with the guarded pipelines it has to go through, and where it is going. */
export interface DocumentToEmbed {
	document: PreparedDocument;
	guards: readonly GuardedPipeline[];
	index: string | undefined;
	id: string | undefined;
}

/** A step of a document's pipeline, with its texts. */
interface PendingStep {
	document: PreparedDocument;
	mark: string;
	step: EmbeddingStep;
	slots: readonly TextSlot[];
}

/** Gives documents their vectors and marks each of their steps with its outcome. */
export class DocumentEmbedder {
	readonly #pipelines: PipelineStore;
	readonly #embedding: EmbeddingService;

	constructor(pipelines: PipelineStore, embedding: EmbeddingService) {
		this.#pipelines = pipelines;
		this.#embedding = embedding;
	}

	/** Carries out every step of every document, all texts for one model together. */
	async embed(
		documents: readonly DocumentToEmbed[],
		signal: AbortSignal,
	): Promise<void> {
		const guards = new Set(documents.flatMap(({ guards }) => guards));
		const pending: PendingStep[] = [];
		for (const guard of guards)
			for (const step of guard.steps) {
				const concerned = documents.filter((document) =>
					document.guards.includes(guard),
				);
				pending.push(...(await this.#find(concerned, guard.mark, step)));
			}
		const models = new Set(pending.map(({ step }) => step.processor.modelId));
		await Promise.all(
			[...models].map((modelId) =>
				this.#embedWith(
					modelId,
					pending.filter(({ step }) => step.processor.modelId === modelId),
					signal,
				),
			),
		);
	}

	/** The documents for which a step has texts; the others are marked. */
	async #find(
		documents: readonly DocumentToEmbed[],
		mark: string,
		step: EmbeddingStep,
	): Promise<PendingStep[]> {
		const seen = await this.#seen(documents, step);
		return documents.flatMap(({ document }, index) => {
			const view = seen?.[index];
			if (view instanceof SidecarError) {
				document.mark(mark, step, view.message);
				return [];
			}
			// Dropped, or failed on, by a processor before: OpenSearch does not come to the guard either.
			if (seen && view === undefined) return [];
			const finding = document.find(step, view);
			if ("failure" in finding) {
				document.mark(mark, step, finding.failure);
				return [];
			}
			if (!finding.slots.every((slot) => document.hasPlace(slot))) {
				document.mark(
					mark,
					step,
					"the object that gets the vector is made by a processor before the embedding: embed the original field",
				);
				return [];
			}
			if (finding.slots.length > 0)
				return [{ document, mark, step, slots: finding.slots }];
			document.mark(mark, step, done);
			return [];
		});
	}

	/** The documents as a step's prelude leaves them; undefined where it has none. */
	async #seen(
		documents: readonly DocumentToEmbed[],
		{ prelude }: EmbeddingStep,
	): Promise<unknown[] | undefined> {
		if (prelude.length === 0) return undefined;
		const simulated = documents.map(toSimulated);
		try {
			return await this.#pipelines.simulate(prelude, simulated);
		} catch (error) {
			if (!isRefusal(error)) throw error;
			return Promise.all(
				simulated.map((document) => this.#simulateAlone(prelude, document)),
			);
		}
	}

	/** One document that OpenSearch can't simulate must not take the others with it. */
	async #simulateAlone(
		prelude: readonly unknown[],
		document: SimulatedDocument,
	): Promise<unknown> {
		try {
			const [seen] = await this.#pipelines.simulate(prelude, [document]);
			return seen;
		} catch (error) {
			if (isRefusal(error)) return error;
			throw error;
		}
	}

	async #embedWith(
		modelId: string,
		steps: readonly PendingStep[],
		signal: AbortSignal,
	): Promise<void> {
		const texts = steps.flatMap(({ slots }) =>
			slots.flatMap((slot) => slot.texts),
		);
		try {
			const embeddings = await this.#embedding.embed({
				modelId,
				texts,
				lane: "ingest",
				contentType: "passage",
				signal,
			});
			const vectors = embeddings.map(({ vector }) => vectorJson(vector));
			let next = 0;
			for (const { document, mark, step, slots } of steps) {
				for (const slot of slots) {
					const end = next + slot.texts.length;
					document.place(slot, vectors.slice(next, end));
					next = end;
				}
				document.mark(mark, step, done);
			}
		} catch (error) {
			if (signal.aborted || !(error instanceof SidecarError)) throw error;
			for (const { document, mark, step } of steps)
				document.mark(mark, step, error.message);
		}
	}
}

function isRefusal(error: unknown): error is SidecarError {
	return error instanceof SidecarError && error.code === "bad_request";
}

function toSimulated({
	document,
	index,
	id,
}: DocumentToEmbed): SimulatedDocument {
	const source: unknown = JSON.parse(document.source);
	return {
		...(index !== undefined && { _index: index }),
		...(id !== undefined && { _id: id }),
		_source: source,
	};
}
