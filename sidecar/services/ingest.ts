import type { BulkItem } from "../../ingest/bulk-lines.ts";
import { PreparedDocument } from "../../ingest/document.ts";
import type { GuardedPipeline } from "../../ingest/guard.ts";
import type { DocumentEmbedder, DocumentToEmbed } from "./document-embedder.ts";
import type { PipelineService } from "./pipelines.ts";

export interface IngestOptions {
	pipelines: PipelineService;
	embedder: DocumentEmbedder;
	/** A group of bulk items ends at this many bytes, or documents to embed. */
	groupBytes: number;
	groupTexts: number;
}

/** What a write request says about all of its documents. */
export interface WriteTarget {
	index: string | undefined;
	pipeline: string | undefined;
	signal: AbortSignal;
}

/** A bulk item, with its document where it has to be embedded. */
interface Entry {
	item: BulkItem;
	toEmbed: DocumentToEmbed | undefined;
}

/** Groups of a bulk request that are worked on at the same time: one embeds while the next is read. */
const groupsAtOnce = 2;

/** Embeds what is written, where the pipelines that it goes through ask for it. */
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
			// It is awaited below; until then a failure must not count as one that nobody handles.
			rendered.catch(() => undefined);
			underWay.push(rendered);
			if (underWay.length >= groupsAtOnce)
				yield* (await underWay.shift()) ?? [];
		}
		for (const rendered of underWay) yield* await rendered;
	}

	/** Whether a write's pipelines hold a processor of the sidecar's. */
	async concerns(target: WriteTarget): Promise<boolean> {
		return (await this.#guards(target)).length > 0;
	}

	/** The document to send for one document; undefined where it can only go on as it is. */
	async document(
		source: Buffer,
		id: string | undefined,
		target: WriteTarget,
	): Promise<Buffer | undefined> {
		const guards = await this.#guards(target);
		const document = PreparedDocument.parse(source);
		if (!document) return undefined;
		const { index, signal } = target;
		await this.#options.embedder.embed(
			[{ document, guards, index, id }],
			signal,
		);
		return document.render();
	}

	async *#groups(
		items: AsyncIterable<BulkItem>,
		target: WriteTarget,
	): AsyncGenerator<Entry[]> {
		const { groupBytes, groupTexts } = this.#options;
		let group: Entry[] = [];
		let bytes = 0;
		let documents = 0;
		for await (const item of items) {
			const toEmbed = await this.#toEmbed(item, target);
			group.push({ item, toEmbed });
			bytes += item.actionLine.length + (item.source?.length ?? 0);
			documents += toEmbed ? 1 : 0;
			if (bytes < groupBytes && documents < groupTexts) continue;
			yield group;
			group = [];
			bytes = 0;
			documents = 0;
		}
		if (group.length > 0) yield group;
	}

	async #toEmbed(
		{ action, source }: BulkItem,
		{ index, pipeline, signal }: WriteTarget,
	): Promise<DocumentToEmbed | undefined> {
		if (!source || !action) return undefined;
		if (action.operation !== "index" && action.operation !== "create")
			return undefined;
		const own = {
			index: action.index ?? index,
			pipeline: action.pipeline ?? pipeline,
			signal,
		};
		const guards = await this.#guards(own);
		if (guards.length === 0) return undefined;
		const document = PreparedDocument.parse(source);
		return document && { document, guards, index: own.index, id: action.id };
	}

	async #render(group: readonly Entry[], signal: AbortSignal) {
		await this.#options.embedder.embed(
			group.flatMap(({ toEmbed }) => toEmbed ?? []),
			signal,
		);
		return group.flatMap(({ item, toEmbed }) => {
			const source = toEmbed?.document.render() ?? item.source;
			return source ? [item.actionLine, source] : [item.actionLine];
		});
	}

	#guards({ index, pipeline }: WriteTarget): Promise<GuardedPipeline[]> {
		return this.#options.pipelines.forWrite(index, pipeline);
	}
}
