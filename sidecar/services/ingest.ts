import type { BulkItem } from "../../ingest/bulk-lines.ts";
import { PreparedDocument } from "../../ingest/document.ts";
import type { TextSlot } from "../../ingest/field-map.ts";
import {
	done,
	type EmbeddingStep,
	type GuardedPipeline,
} from "../../ingest/guard.ts";
import { vectorJson } from "../../ingest/vector-json.ts";
import { SidecarError } from "../errors.ts";
import type { EmbeddingService } from "./embedding.ts";
import type { PipelineService } from "./pipelines.ts";

export interface IngestOptions {
	pipelines: PipelineService;
	embedding: EmbeddingService;
	/** A group of bulk items ends at this many bytes or documents to embed. */
	groupBytes: number;
	groupTexts: number;
}

/** What a write request says about all of its documents. */
export interface WriteTarget {
	index: string | undefined;
	pipeline: string | undefined;
	signal: AbortSignal;
}

/** Groups of a bulk request that are worked on at the same time: one embeds while the next is read. */
const groupsAtOnce = 2;

/** Gives documents their vectors, and the mark that lets them through their pipeline's guards. */
export class IngestService {
	readonly #options: IngestOptions;

	constructor(options: IngestOptions) {
		this.#options = options;
	}

	/**
	 * The body to send for a bulk body, in its order. Items that need nothing are handed on byte for byte. What
	 * goes wrong with a document stands in its mark, and is raised by its pipeline, within OpenSearch.
	 */
	async *bulk(
		items: AsyncIterable<BulkItem>,
		target: WriteTarget,
	): AsyncGenerator<Buffer> {
		const underWay: Promise<Buffer[]>[] = [];
		for await (const group of this.#groups(items, target)) {
			const rendered = this.#render(group, target.signal);
			rendered.catch(() => undefined);
			underWay.push(rendered);
			if (underWay.length >= groupsAtOnce)
				yield* (await underWay.shift()) ?? [];
		}
		for (const rendered of underWay) yield* await rendered;
	}

	/** Whether a write's pipelines hold a processor of the sidecar's. */
	async concerns({ index, pipeline }: WriteTarget): Promise<boolean> {
		const guards = await this.#options.pipelines.forWrite(index, pipeline);
		return guards.length > 0;
	}

	/** The document to send for one document; undefined where it needs nothing. */
	async document(
		source: Buffer,
		{ index, pipeline, signal }: WriteTarget,
	): Promise<Buffer | undefined> {
		const guards = await this.#options.pipelines.forWrite(index, pipeline);
		const prepared = prepare(source, guards);
		if (!prepared) return undefined;
		await this.#embed(prepared.pending, signal);
		return prepared.document.render();
	}

	async *#groups(
		items: AsyncIterable<BulkItem>,
		target: WriteTarget,
	): AsyncGenerator<Entry[]> {
		const { groupBytes, groupTexts } = this.#options;
		let group: Entry[] = [];
		let bytes = 0;
		let texts = 0;
		for await (const item of items) {
			const prepared = await this.#prepareItem(item, target);
			group.push({ item, prepared });
			bytes += item.actionLine.length + (item.source?.length ?? 0);
			texts += prepared?.pending.length ?? 0;
			if (bytes < groupBytes && texts < groupTexts) continue;
			yield group;
			group = [];
			bytes = 0;
			texts = 0;
		}
		if (group.length > 0) yield group;
	}

	async #prepareItem(
		{ action, source }: BulkItem,
		{ index, pipeline }: WriteTarget,
	): Promise<Prepared | undefined> {
		if (!source || !action) return undefined;
		if (action.operation !== "index" && action.operation !== "create")
			return undefined;
		const guards = await this.#options.pipelines.forWrite(
			action.index ?? index,
			action.pipeline ?? pipeline,
		);
		return prepare(source, guards);
	}

	async #render(group: readonly Entry[], signal: AbortSignal) {
		await this.#embed(
			group.flatMap(({ prepared }) => prepared?.pending ?? []),
			signal,
		);
		return group.flatMap(({ item, prepared }) => {
			const source = prepared ? prepared.document.render() : item.source;
			return source ? [item.actionLine, source] : [item.actionLine];
		});
	}

	/** Embeds what is pending, all texts for one model together, and marks each step with its outcome. */
	async #embed(
		pending: readonly PendingStep[],
		signal: AbortSignal,
	): Promise<void> {
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

	async #embedWith(
		modelId: string,
		steps: readonly PendingStep[],
		signal: AbortSignal,
	): Promise<void> {
		const texts = steps.flatMap(({ slots }) =>
			slots.flatMap((slot) => slot.texts),
		);
		try {
			const embeddings = await this.#options.embedding.embed({
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

/** A bulk item with what has to be done for its document, if anything. */
interface Entry {
	item: BulkItem;
	prepared: Prepared | undefined;
}

interface Prepared {
	document: PreparedDocument;
	pending: PendingStep[];
}

/** A step of a document's pipeline whose texts wait for their vectors. */
interface PendingStep {
	document: PreparedDocument;
	mark: string;
	step: EmbeddingStep;
	slots: TextSlot[];
}

/** Marks the steps that need no model, or can't be carried out, and collects the others. */
function prepare(
	source: Buffer,
	guards: readonly GuardedPipeline[],
): Prepared | undefined {
	if (guards.length === 0) return undefined;
	const document = PreparedDocument.parse(source);
	if (!document) return undefined;
	const pending: PendingStep[] = [];
	for (const { mark, steps } of guards)
		for (const step of steps) {
			const finding = document.find(step);
			if ("failure" in finding) document.mark(mark, step, finding.failure);
			else if (finding.slots.length === 0) document.mark(mark, step, done);
			else pending.push({ document, mark, step, slots: finding.slots });
		}
	return { document, pending };
}
