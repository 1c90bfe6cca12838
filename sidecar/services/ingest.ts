import { type BulkItem, withPipeline } from "../../ingest/bulk-lines.ts";
import { PreparedDocument } from "../../ingest/document.ts";
import { BulkAdmission } from "./bulk-admission.ts";
import type {
	DocumentEmbedder,
	EmbedDocumentsOptions,
} from "./document-embedder.ts";
import type { DocumentToEmbed } from "./document-to-embed.ts";
import type { PipelineService, WritePlan } from "./pipelines.ts";
import type { TruncatedTexts } from "./truncated-texts.ts";

export interface IngestOptions {
	pipelines: PipelineService;
	embedder: DocumentEmbedder;
	/** A group of bulk items ends at this many bytes, or documents to embed. */
	groupBytes: number;
	groupDocuments: number;
}

/** Where a write request wants its documents to go, unless they say so themselves. */
export interface WriteTarget {
	index: string | undefined;
	pipeline: string | undefined;
}

/** What a write request says about all of its documents. */
export interface WriteRequest extends WriteTarget {
	signal: AbortSignal;
	/** Time for each call to a model, milliseconds, where the client gave one. */
	timeoutMs: number | undefined;
	/** Is told of every text that was cut; complete when the last byte to send is there. */
	truncated: TruncatedTexts;
}

/** A bulk item, with its document where it has to be embedded. */
interface Entry {
	item: BulkItem;
	toEmbed?: DocumentToEmbed;
}

/** Bulk items of a group at most, however small: each costs an object. */
const groupItems = 1_024;

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
	 *
	 * @throws SidecarError too_many_requests before the first byte where a model has no room for the bulk
	 */
	async *bulk(
		items: AsyncIterable<BulkItem>,
		request: WriteRequest,
	): AsyncGenerator<Buffer> {
		const admission = new BulkAdmission();
		const ended = new AbortController();
		const options: EmbedDocumentsOptions = {
			...modelTerms(request),
			signal: AbortSignal.any([request.signal, ended.signal]),
			whenFull: (modelId) => admission.whenFull(modelId),
		};
		const underWay: Promise<Buffer>[] = [];
		try {
			for await (const group of this.#groups(items, request)) {
				const rendered = this.#render(group, options);
				// It is awaited below; until then a failure must not count as one that nobody handles.
				rendered.catch(() => undefined);
				underWay.push(rendered);
				const oldest = underWay.length >= groupsAtOnce && underWay.shift();
				if (!oldest) continue;
				const bytes = await oldest;
				admission.begin();
				yield bytes;
			}
			for (const rendered of underWay) yield await rendered;
		} finally {
			// What is under way for a bulk that has failed is not wanted any more.
			ended.abort();
		}
	}

	/** Whether a write's pipelines hold a processor of the sidecar's. */
	async concerns(target: WriteTarget): Promise<boolean> {
		return (await this.#plan(target)).steps.length > 0;
	}

	/** The document to send for one document; undefined where it can only go on as it is. */
	async document(
		source: Buffer,
		id: string | undefined,
		request: WriteRequest,
	): Promise<Buffer | undefined> {
		const { steps } = await this.#plan(request);
		const document = PreparedDocument.parse(source);
		if (!document) return undefined;
		const { index } = request;
		await this.#options.embedder.embed([{ document, steps, index, id }], {
			...modelTerms(request),
			whenFull: () => "refuse",
		});
		return document.render();
	}

	async *#groups(
		items: AsyncIterable<BulkItem>,
		target: WriteTarget,
	): AsyncGenerator<Entry[]> {
		const { groupBytes, groupDocuments } = this.#options;
		let group: Entry[] = [];
		let bytes = 0;
		let documents = 0;
		for await (const item of items) {
			const entry = await this.#entry(item, target);
			group.push(entry);
			bytes += item.actionLine.length + (item.source?.length ?? 0);
			documents += entry.toEmbed ? 1 : 0;
			const full =
				bytes >= groupBytes ||
				documents >= groupDocuments ||
				group.length >= groupItems;
			if (!full) continue;
			yield group;
			group = [];
			bytes = 0;
			documents = 0;
		}
		if (group.length > 0) yield group;
	}

	/**
	 * A document that is embedded for its index's default pipeline names that pipeline from then on: should the index
	 * get another one meanwhile, the document still goes through the one it was prepared for.
	 */
	async #entry(item: BulkItem, target: WriteTarget): Promise<Entry> {
		const { action, actionLine, source } = item;
		if (!source || !action) return { item };
		if (action.operation !== "index" && action.operation !== "create")
			return { item };
		const index = action.index ?? target.index;
		const { steps, implied } = await this.#plan({
			...target,
			index,
			pipeline: action.pipeline ?? target.pipeline,
		});
		if (steps.length === 0) return { item };
		const document = PreparedDocument.parse(source);
		if (!document) return { item };
		return {
			item:
				implied === undefined
					? item
					: { ...item, actionLine: withPipeline(actionLine, implied) },
			toEmbed: { document, steps, index, id: action.id },
		};
	}

	async #render(
		group: readonly Entry[],
		options: EmbedDocumentsOptions,
	): Promise<Buffer> {
		await this.#options.embedder.embed(
			group.flatMap(({ toEmbed }) => toEmbed ?? []),
			options,
		);
		return Buffer.concat(
			group.flatMap(({ item, toEmbed }) => {
				const source = toEmbed?.document.render() ?? item.source;
				return source ? [item.actionLine, source] : [item.actionLine];
			}),
		);
	}

	#plan({ index, pipeline }: WriteTarget): Promise<WritePlan> {
		return this.#options.pipelines.forWrite(index, pipeline);
	}
}

function modelTerms({
	signal,
	timeoutMs,
	truncated,
}: WriteRequest): Omit<EmbedDocumentsOptions, "whenFull"> {
	return { signal, truncated, ...(timeoutMs !== undefined && { timeoutMs }) };
}
