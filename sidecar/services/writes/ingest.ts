import {
	type BulkItem,
	withPipeline,
} from "../../../ingest/bulk/bulk-lines.ts";
import { PreparedDocument } from "../../../ingest/document.ts";
import type { Failure } from "../../../ingest/failure.ts";
import { SidecarError } from "../../errors.ts";
import { BulkAdmission } from "./bulk-admission.ts";
import type { BulkUpdates } from "./bulk-updates.ts";
import type { DocumentEmbedder } from "./document-embedder.ts";
import type { DocumentToEmbed } from "./document-to-embed.ts";
import type { PipelineService, WritePlan } from "./pipelines.ts";
import { isPassing, type Refused } from "./refused-documents.ts";
import type { SpaceRecords } from "./space-records.ts";
import type { StepTerms } from "./step-results.ts";
import type { WriteRequest, WriteTarget } from "./write-request.ts";

export interface IngestOptions {
	pipelines: PipelineService;
	embedder: DocumentEmbedder;
	updates: BulkUpdates;
	/** Are told of documents that get vectors. */
	spaceRecords: SpaceRecords;
	/** A group of bulk items ends at this many bytes, or documents to embed. */
	groupBytes: number;
	groupDocuments: number;
}

/** A bulk item that is ready to be sent. */
export interface PreparedItem {
	/** As it came. */
	readonly item: BulkItem;
	/** Its lines, as they go to OpenSearch. */
	readonly lines: readonly Buffer[];
	/** Whether the sidecar has worked on it. */
	readonly ours: boolean;
	/** OpenSearch can't read its document, and fails others with it: it is sent by itself. */
	readonly unreadable: boolean;
	/** Why a processor failed on it: its pipeline will say so, or nobody where it goes through none. */
	readonly failure: Failure | undefined;
	/** Why it is not sent at all, as its result. */
	readonly held: Failure | undefined;
	/** Why it can't be worked on at present. */
	readonly refusal: SidecarError | undefined;
}

/** A bulk item, with its documents where they have to be embedded. */
interface Entry {
	item: BulkItem;
	/** As it goes to OpenSearch. */
	actionLine: Buffer;
	documents: readonly DocumentToEmbed[];
	unreadable: boolean;
	/** Why it is not known what is to be done for it. */
	refusal?: SidecarError;
}

/** What is to be done for the items of a group, by their indices and pipelines. */
type Plans = Map<string, WritePlan>;

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
	 * The items of a bulk, in their order, ready to be sent: those that need nothing byte for byte as they came. What goes
	 * wrong with a document stands in its mark, and is raised by its pipeline, within OpenSearch.
	 *
	 * @throws SidecarError before the first item where none of the first ones can be worked on at present
	 */
	async *prepare(
		items: AsyncIterable<readonly BulkItem[]>,
		request: WriteRequest,
	): AsyncGenerator<PreparedItem[]> {
		const admission = new BulkAdmission();
		const ended = new AbortController();
		const terms: StepTerms = {
			...modelTerms(request),
			signal: AbortSignal.any([request.signal, ended.signal]),
			whenFull: (modelId) => admission.whenFull(modelId),
		};
		const underWay: Promise<PreparedItem[]>[] = [];
		let begun = false;
		const next = async (group: Promise<PreparedItem[]>) => {
			const prepared = await group;
			if (!begun) refuseWhole(prepared);
			begun = true;
			return prepared;
		};
		try {
			for await (const group of this.#groups(items, request)) {
				const prepared = this.#work(group, terms);
				// It is awaited below; until then a failure must not count as one that nobody handles.
				prepared.catch(() => undefined);
				underWay.push(prepared);
				const oldest = underWay.length >= groupsAtOnce && underWay.shift();
				if (!oldest) continue;
				yield await next(oldest);
				admission.begin();
			}
			for (const prepared of underWay) yield await next(prepared);
		} finally {
			// What is under way for a bulk that has failed is not wanted any more.
			ended.abort();
		}
	}

	/** Items that were prepared for pipelines that are others by now, prepared again. */
	async again(
		items: readonly BulkItem[],
		request: WriteRequest,
	): Promise<PreparedItem[]> {
		this.#options.pipelines.forget();
		const plans: Plans = new Map();
		const entries = await Promise.all(
			items.map((item) => this.#entry(item, request, plans)),
		);
		return this.#work(entries, {
			...modelTerms(request),
			whenFull: () => "wait",
		});
	}

	/** Whether a write's pipelines hold a processor of the sidecar's. */
	async concerns(target: WriteTarget): Promise<boolean> {
		return (await this.#plan(target)).steps.length > 0;
	}

	/** The document to send for one document; undefined where it can only go on as it is. @throws SidecarError */
	async document(
		source: Buffer,
		id: string | undefined,
		request: WriteRequest,
	): Promise<PreparedDocument | undefined> {
		const { steps } = await this.#plan(request);
		const document = PreparedDocument.parse(source);
		if (!document) return undefined;
		const { index, routing } = request;
		await this.embed([{ document, steps, index, id, routing }], request);
		return document;
	}

	/** Carries out the steps of documents that are written together, or of none of them. @throws SidecarError */
	async embed(
		documents: readonly DocumentToEmbed[],
		request: WriteRequest,
	): Promise<void> {
		const refused = await this.#embedAll(documents, {
			...modelTerms(request),
			whenFull: () => "refuse",
		});
		const [refusal] = refused.values();
		if (refusal) throw refusal;
	}

	#embedAll(
		documents: readonly DocumentToEmbed[],
		terms: StepTerms,
	): Promise<Refused> {
		const { embedder, spaceRecords } = this.#options;
		let last: DocumentToEmbed | undefined;
		for (const document of documents) {
			// Most documents go where the one before them went.
			const { index, steps } = document;
			if (index !== last?.index || steps !== last?.steps)
				spaceRecords.note(index, steps);
			last = document;
		}
		return embedder.embed(documents, terms);
	}

	async *#groups(
		batches: AsyncIterable<readonly BulkItem[]>,
		target: WriteTarget,
	): AsyncGenerator<Entry[]> {
		const { groupBytes, groupDocuments } = this.#options;
		let plans: Plans = new Map();
		let group: Entry[] = [];
		let bytes = 0;
		let documents = 0;
		for await (const items of batches)
			for (const item of items) {
				// Nothing is waited for where nothing has to be: a bulk may have 100,000 such items.
				const entry =
					untouchedBy(plans, item, target) ??
					(await this.#entryOrRefusal(item, target, plans));
				group.push(entry);
				bytes += item.actionLine.length + (item.source?.length ?? 0);
				documents += entry.documents.length;
				const full =
					bytes >= groupBytes ||
					documents >= groupDocuments ||
					group.length >= groupItems;
				if (!full) continue;
				yield group;
				plans = new Map();
				group = [];
				bytes = 0;
				documents = 0;
			}
		if (group.length > 0) yield group;
	}

	/** What can't be found out for one item keeps no other from being written. */
	async #entryOrRefusal(
		item: BulkItem,
		target: WriteTarget,
		plans: Plans,
	): Promise<Entry> {
		try {
			return await this.#entry(item, target, plans);
		} catch (refusal) {
			if (!(refusal instanceof SidecarError)) throw refusal;
			const { actionLine } = item;
			return { item, actionLine, documents: [], unreadable: false, refusal };
		}
	}

	/**
	 * A document that is embedded for its index's default pipeline names that pipeline from then on: should the index
	 * get another one meanwhile, the document still goes through the one it was prepared for.
	 */
	async #entry(
		item: BulkItem,
		target: WriteTarget,
		plans: Plans,
	): Promise<Entry> {
		const { action, actionLine, source } = item;
		const untouched = untouchedEntry(item);
		if (!source || !action) return untouched;
		if (action.operation === "update") {
			const documents = await this.#options.updates.forBulk(item, target);
			return documents ? { ...untouched, documents } : untouched;
		}
		if (action.operation === "delete") return untouched;
		const index = action.index ?? target.index;
		const pipeline = action.pipeline ?? target.pipeline;
		const key = planKey(index, pipeline);
		const plan = plans.get(key) ?? (await this.#plan({ index, pipeline }));
		plans.set(key, plan);
		const { steps, implied } = plan;
		if (steps.length === 0) return untouched;
		const document = PreparedDocument.parse(source);
		if (!document) return { ...untouched, unreadable: true };
		return {
			...untouched,
			actionLine:
				implied === undefined ? actionLine : withPipeline(actionLine, implied),
			documents: [
				{
					document,
					steps,
					index,
					id: action.id,
					routing: action.routing ?? target.routing,
				},
			],
		};
	}

	async #work(
		group: readonly Entry[],
		terms: StepTerms,
	): Promise<PreparedItem[]> {
		if (group.every(isUntouched)) return group.map(asItCame);
		const refused = await this.#embedAll(
			group.flatMap(({ documents }) => documents),
			terms,
		);
		return group.map((entry) => {
			const { item, actionLine, documents, unreadable } = entry;
			const source = documents[0]?.document.render() ?? item.source;
			const [failed] = documents.filter(({ document }) => document.failure);
			const [refusal = entry.refusal] = documents.flatMap(
				(document) => refused.get(document) ?? [],
			);
			return {
				item,
				lines: source ? [actionLine, source] : [actionLine],
				ours: documents.length > 0,
				unreadable,
				failure: failed?.document.failure,
				held: refusal ? tryAgain(refusal) : unraised(documents),
				refusal,
			};
		});
	}

	#plan({ index, pipeline }: WriteTarget): Promise<WritePlan> {
		return this.#options.pipelines.forWrite(index, pipeline);
	}
}

function planKey(
	index: string | undefined,
	pipeline: string | undefined,
): string {
	return `${index}\n${pipeline}`;
}

/** The entry of an item for which it is known that there is nothing to do; undefined for any other. */
function untouchedBy(
	plans: Plans,
	item: BulkItem,
	target: WriteTarget,
): Entry | undefined {
	const { action, source } = item;
	if (!source || !action || action.operation === "delete")
		return untouchedEntry(item);
	if (action.operation === "update") return undefined;
	const plan = plans.get(
		planKey(action.index ?? target.index, action.pipeline ?? target.pipeline),
	);
	return plan?.steps.length === 0 ? untouchedEntry(item) : undefined;
}

function untouchedEntry(item: BulkItem): Entry {
	return {
		item,
		actionLine: item.actionLine,
		documents: nothing,
		unreadable: false,
	};
}

const nothing: readonly DocumentToEmbed[] = [];

function isUntouched({ documents, unreadable, refusal }: Entry): boolean {
	return documents.length === 0 && !unreadable && refusal === undefined;
}

function asItCame({ item }: Entry): PreparedItem {
	const { actionLine, source } = item;
	return {
		item,
		lines: source ? [actionLine, source] : [actionLine],
		ours: false,
		unreadable: false,
		failure: undefined,
		held: undefined,
		refusal: undefined,
	};
}

/** Clients send again what has failed with 429, and nothing else. */
function tryAgain(refusal: SidecarError): Failure {
	const { status, type, message: reason } = refusal;
	return { status: isPassing(refusal) ? 429 : status, type, reason };
}

/** A failure that no guard raises, since the document goes through no pipeline. */
function unraised(documents: readonly DocumentToEmbed[]): Failure | undefined {
	const failed = documents.find(
		({ document }) => document.failure && !document.isMarked,
	);
	return failed?.document.failure;
}

/** A bulk of which nothing can be taken now is refused as one, with the time after which to try again. */
function refuseWhole(items: readonly PreparedItem[]): void {
	const [first] = items;
	if (!first?.refusal) return;
	if (items.every(({ refusal }) => refusal?.code === first.refusal?.code))
		throw first.refusal;
}

function modelTerms({
	signal,
	timeoutMs,
	truncated,
	call,
}: WriteRequest): Omit<StepTerms, "whenFull"> {
	return {
		signal,
		truncated,
		call,
		...(timeoutMs !== undefined && { timeoutMs }),
	};
}
