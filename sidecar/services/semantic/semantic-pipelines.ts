import type { SemanticRecords } from "../../../ingest/semantic/semantic-field.ts";
import {
	ownFinal,
	semanticPipeline,
} from "../../../ingest/semantic/semantic-pipeline.ts";
import type { PipelineStore } from "../../store/pipelines.ts";
import { guardedPipeline } from "../writes/guarded-pipeline.ts";
import type { PipelineService } from "../writes/pipelines.ts";

/** The pipelines that make the vectors of `semantic` fields. */
export class SemanticPipelines {
	readonly #store: PipelineStore;
	readonly #pipelines: PipelineService;

	constructor(store: PipelineStore, pipelines: PipelineService) {
		this.#store = store;
		this.#pipelines = pipelines;
	}

	/** Whether the cluster may have an index with a `semantic` field: each has such a pipeline. */
	any(): Promise<boolean> {
		return this.#pipelines.anySemantic();
	}

	/**
	 * Stores the pipeline of an index's fields, unless it is stored already.
	 *
	 * @param final the index's final pipeline, as a client has written it, or as it stands there
	 * @returns its id
	 * @throws SidecarError
	 */
	async store(records: SemanticRecords, final: unknown): Promise<string> {
		const own = typeof final === "string" ? ownFinal(final) : undefined;
		const { id, definition } = semanticPipeline(records, own);
		const known = new Set(await this.#pipelines.ids());
		const guarded = guardedPipeline(id, definition);
		if (known.has(id) || guarded === undefined) return id;
		await this.#store.put(id, guarded);
		await this.#pipelines.changed();
		return id;
	}
}
