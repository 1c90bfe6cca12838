import { PreparedDocument } from "../../../ingest/document.ts";
import type { Step } from "../../../ingest/step.ts";
import { mergeDocuments } from "../../../ingest/updates/merged-document.ts";
import { openSteps } from "../../../ingest/updates/open-steps.ts";
import {
	makesObjects,
	partialWork,
	shareTargets,
} from "../../../ingest/updates/partial-steps.ts";
import { shownWithoutMarks } from "../../../ingest/updates/shown-source.ts";
import { UpdateBody } from "../../../ingest/updates/update-body.ts";
import type { IngestService } from "./ingest.ts";
import type { PipelineService } from "./pipelines.ts";
import { readForUpdate, type StoredDocument } from "./stored-document.ts";
import type { PreparedUpdate, UpdateRequest } from "./update-request.ts";
import {
	replacingScript,
	type ScriptContext,
	tryScript,
} from "./update-script.ts";

export interface UpdateServiceOptions {
	pipelines: PipelineService;
	ingest: Pick<IngestService, "embed">;
	/** Whether a partial document that changes a text changes what was made of it, too. */
	embedsPartial: boolean;
}

interface Update {
	body: UpdateBody;
	steps: readonly Step[];
	request: UpdateRequest;
	/** The `_source` of the update. */
	shown: string | undefined;
}

/**
 * Embeds what updates leave of documents. An update on its own has its pipeline run on the merged document, whose guards want
 * their marks; for one in a bulk it runs on what is inserted only.
 */
export class UpdateService {
	readonly #options: UpdateServiceOptions;

	constructor(options: UpdateServiceOptions) {
		this.#options = options;
	}

	/**
	 * The update to send in the place of a client's; undefined where it can only go on as it is.
	 *
	 * @throws SidecarError
	 */
	async prepare(
		bytes: Buffer,
		request: UpdateRequest,
	): Promise<PreparedUpdate | undefined> {
		const { index, call, readUrl: url, isConditional } = request;
		const { steps } = await this.#options.pipelines.forWrite(index, undefined);
		const body = steps.length > 0 ? UpdateBody.parse(bytes) : undefined;
		if (!body) return undefined;
		const inserts = body.upsert !== undefined || body.docAsUpsert;
		const hasVersion = isConditional || body.isConditional;
		// OpenSearch refuses to insert a document, or to try again, where a version is asked for.
		if (hasVersion && (inserts || (request.retries ?? 0) > 0)) return undefined;
		const stored = await readForUpdate({ call, url, update: body });
		const shown = shownWithoutMarks(body.json("_source"), request.shown);
		const update = { body, steps, request, shown };
		if (stored === undefined) return undefined;
		if (stored === "missing") return this.#inserted(update);
		return body.script
			? this.#scripted(update, stored)
			: this.#partial(update, stored);
	}

	/** A document that is missing: the pipeline will see what is inserted. Should it be there by then, a guard refuses it. */
	async #inserted(update: Update): Promise<PreparedUpdate | undefined> {
		const { body, shown } = update;
		const doc = body.json("doc");
		const script = body.json("script");
		const source = body.docAsUpsert ? doc : body.json("upsert");
		if (source === undefined) return undefined;
		if (script !== undefined && body.scriptedUpsert)
			return this.#scriptedInsert(update, { script, source });
		const document = await this.#embedded(source, undefined, update);
		return (
			document && {
				body: body.with({ doc, script, upsert: document.source }, { shown }),
				pinned: false,
				failure: document.failure,
			}
		);
	}

	async #partial(
		update: Update,
		stored: StoredDocument,
	): Promise<PreparedUpdate | undefined> {
		const { body, steps, shown } = update;
		const doc = body.json("doc");
		const merged = doc && mergeDocuments(stored.source, doc);
		if (!body.doc || !merged) return undefined;
		if (body.detectNoop && !merged.changed)
			return {
				body: body.with({ doc }, { shown, version: stored }),
				pinned: true,
			};
		const work = this.#options.embedsPartial
			? partialWork(steps, body.doc)
			: { steps: [], idle: steps, emptied: [] };
		const needsWhole =
			steps.some(({ stages }) => stages.length > 0) ||
			work.steps.some(makesObjects) ||
			shareTargets(steps);
		if (this.#options.embedsPartial && needsWhole)
			return this.#replaced(merged.text, stored, update);
		const document = PreparedDocument.parse(Buffer.from(doc));
		if (!document) return undefined;
		for (const step of work.idle) document.markDone(step);
		for (const { json, ...place } of work.emptied) document.put(place, json);
		await this.#embed(document, work.steps, update);
		const upsert = body.docAsUpsert ? doc : body.json("upsert");
		return {
			body: body.with({ doc: document.source, upsert }, { shown }),
			pinned: false,
			failure: document.failure,
		};
	}

	/** What a script leaves is found out first; then the update says just that. */
	async #scripted(
		update: Update,
		stored: StoredDocument,
	): Promise<PreparedUpdate | undefined> {
		const { body, shown } = update;
		const script = body.json("script");
		if (script === undefined) return undefined;
		const result = await this.#tried(script, update, {
			source: stored.source,
			operation: "index",
			version: stored.version,
		});
		if ("failure" in result) return unseen(body, result.failure);
		if (result.operation === "index")
			return this.#replaced(result.source, stored, update);
		return {
			body: body.with({ script }, { shown, version: stored }),
			pinned: true,
		};
	}

	async #scriptedInsert(
		update: Update,
		{ script, source }: { script: string; source: string },
	): Promise<PreparedUpdate | undefined> {
		const { body, shown } = update;
		const result = await this.#tried(script, update, {
			source,
			operation: "create",
			version: -1,
		});
		if ("failure" in result) return unseen(body, result.failure);
		if (result.operation !== "create") return undefined;
		const document = await this.#embedded(result.source, undefined, update);
		if (!document) return undefined;
		const inserting = {
			script: replacingScript(document.source, "create"),
			upsert: "{}",
			scripted_upsert: "true",
		};
		return {
			body: body.with(inserting, { shown }),
			pinned: true,
			failure: document.failure,
		};
	}

	/** The whole document is put in the place of the stored one. */
	async #replaced(
		source: string,
		stored: StoredDocument,
		update: Update,
	): Promise<PreparedUpdate | undefined> {
		const { body, shown } = update;
		const document = await this.#embedded(source, stored.source, update);
		if (!document) return undefined;
		const script = replacingScript(document.source, "index");
		return {
			body: body.with({ script }, { shown, version: stored }),
			pinned: true,
			failure: document.failure,
		};
	}

	/**
	 * A whole document with what its steps make.
	 *
	 * @param before the document as it is stored, with what was made of it; undefined for a new one
	 */
	async #embedded(
		source: string,
		before: string | undefined,
		update: Update,
	): Promise<PreparedDocument | undefined> {
		const document = PreparedDocument.parse(Buffer.from(source));
		if (!document) return undefined;
		const open =
			before === undefined
				? update.steps
				: openSteps(document, { source, before }, update.steps);
		await this.#embed(document, open, update);
		return document;
	}

	#embed(
		document: PreparedDocument,
		steps: readonly Step[],
		{ request }: Update,
	): Promise<void> {
		const { index, id, routing } = request;
		const target = { document, steps, index, id, routing };
		return this.#options.ingest.embed([target], request);
	}

	#tried(
		script: string,
		{ request }: Update,
		seen: Pick<ScriptContext, "source" | "operation" | "version">,
	) {
		const { index, id, routing, call } = request;
		const context = { index, id, routing, now: Date.now(), ...seen };
		return tryScript(script, context, call);
	}
}

function unseen(body: UpdateBody, reason: string): PreparedUpdate {
	return {
		body: body.text,
		pinned: false,
		refusal: `the script of this update can't be tried in an ingest pipeline, so that what it leaves gets no vector: ${reason}. Index the whole document, or send the change as [doc]`,
	};
}
