import type { BulkItem } from "../../../ingest/bulk/bulk-lines.ts";
import { PreparedDocument } from "../../../ingest/document.ts";
import type { Step } from "../../../ingest/step.ts";
import {
	makesObjects,
	partialWork,
} from "../../../ingest/updates/partial-steps.ts";
import { UpdateBody } from "../../../ingest/updates/update-body.ts";
import type { DocumentToEmbed } from "./document-to-embed.ts";
import type { PipelineService } from "./pipelines.ts";
import type { WriteTarget } from "./write-request.ts";

export interface BulkUpdateOptions {
	pipelines: Pick<PipelineService, "forWrite">;
	/** Whether a partial document that changes a text changes what was made of it, too. */
	embedsPartial: boolean;
}

/**
 * Updates in bulks. OpenSearch runs a pipeline on what is inserted where there is no document, and on no partial document
 * but one that is inserted, too.
 */
export class BulkUpdates {
	readonly #options: BulkUpdateOptions;

	constructor(options: BulkUpdateOptions) {
		this.#options = options;
	}

	/** What has to be embedded of an item, whose text they share; undefined for one that goes on as it is. */
	async forBulk(
		{ action, source }: BulkItem,
		target: WriteTarget,
	): Promise<DocumentToEmbed[] | undefined> {
		if (!source || action?.operation !== "update") return undefined;
		const index = action.index ?? target.index;
		const { pipelines } = this.#options;
		const requested = action.pipeline ?? target.pipeline;
		const own = await pipelines.forWrite(index, undefined);
		const inserted = await pipelines.forWrite(index, requested);
		if (own.steps.length === 0 && inserted.steps.length === 0) return undefined;
		const body = UpdateBody.parse(source);
		if (!body) return undefined;
		const { id, routing = target.routing } = action;
		const update: Update = { body, source, place: { index, id, routing } };
		// OpenSearch heeds the pipeline that a request names for `upsert` alone.
		return body.docAsUpsert
			? this.#insertedDoc(update, own.steps)
			: this.#parts(update, { own: own.steps, inserted: inserted.steps });
	}

	#parts(
		{ body, source, place }: Update,
		steps: { own: readonly Step[]; inserted: readonly Step[] },
	): DocumentToEmbed[] | undefined {
		const work =
			body.doc && this.#options.embedsPartial
				? partialWork(steps.own.filter(isAlone), body.doc)
				: undefined;
		const changes =
			work !== undefined && (work.steps.length > 0 || work.emptied.length > 0);
		const inserts = body.upsert !== undefined && steps.inserted.length > 0;
		if (!changes && !inserts) return undefined;
		const { doc, upsert } =
			PreparedDocument.parseMembers(source, {
				doc: { marked: false },
				upsert: { marked: true },
			}) ?? {};
		const documents: DocumentToEmbed[] = [];
		if (upsert && inserts)
			documents.push({ document: upsert, steps: steps.inserted, ...place });
		if (doc && changes) {
			for (const { json, ...field } of work.emptied) doc.put(field, json);
			documents.push({ document: doc, steps: work.steps, ...place });
		}
		return documents;
	}

	/** The pipeline runs on `doc` before it is known whether there is a document. */
	#insertedDoc(
		{ body, source, place }: Update,
		steps: readonly Step[],
	): DocumentToEmbed[] | undefined {
		const { doc: document } =
			PreparedDocument.parseMembers(source, { doc: { marked: true } }) ?? {};
		if (!document || steps.length === 0) return undefined;
		if (body.doc && this.#options.embedsPartial)
			for (const { json, ...field } of partialWork(steps, body.doc).emptied)
				document.put(field, json);
		return [{ document, steps, ...place }];
	}
}

interface Update {
	body: UpdateBody;
	source: Buffer;
	place: Pick<DocumentToEmbed, "index" | "id" | "routing">;
}

/**
 * Whether a step can be carried out on a partial document alone: what stands before it may look at the rest of the document,
 * and an object that it makes would be merged with the one that is stored.
 */
function isAlone(step: Step): boolean {
	return step.stages.length === 0 && !makesObjects(step);
}
