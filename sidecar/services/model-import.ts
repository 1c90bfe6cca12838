import type { Logger } from "pino";
import { ulid } from "ulid";
import type { StoredModel } from "../../schemas/model.ts";
import { SidecarError } from "../errors.ts";
import type { ChunkStore } from "../store/chunks.ts";
import { largeChunksIndex, smallChunksIndex } from "../store/hidden-indices.ts";
import type { ModelStore } from "../store/models.ts";
import { chunkCount, storeChunks } from "./archive-chunks.ts";
import type { FetchedArchive } from "./archive-source.ts";
import type { ModelRemoval } from "./model-removal.ts";
import type { ModelVersion, ModelVersions } from "./model-versions.ts";
import type { ModelOrder } from "./register-request.ts";
import { retrying } from "./retrying.ts";

export interface ModelImportOptions {
	models: ModelStore;
	chunks: ChunkStore;
	removal: ModelRemoval;
	versions: ModelVersions;
	/** This sidecar's id. */
	nodeId: () => string;
	/** From this size on a model's chunks have an index of their own, in bytes. */
	largeModelBytes: number;
	logger: Logger;
}

export interface ImportOptions {
	signal: AbortSignal;
	/** Told the model's id before anything of it is stored. */
	announce: (modelId: string) => Promise<unknown>;
}

interface NewModel {
	modelId: string;
	model: StoredModel;
	version: ModelVersion;
}

/** Brings archives from this sidecar's disk into OpenSearch: wholly, or not at all. */
export class ModelImport {
	readonly #options: ModelImportOptions;
	readonly #registering = new Set<string>();

	constructor(options: ModelImportOptions) {
		this.#options = options;
	}

	/** Whether this process brings a model's content in. */
	isRegistering(modelId: string): boolean {
		return this.#registering.has(modelId);
	}

	/**
	 * Stores a model whose archive is on disk.
	 *
	 * @returns its id
	 * @throws SidecarError; the signal's reason
	 */
	async store(
		order: ModelOrder,
		archive: FetchedArchive,
		{ signal, announce }: ImportOptions,
	): Promise<string> {
		const { versions } = this.#options;
		const modelId = ulid().toLowerCase();
		await retrying(signal, () => announce(modelId));
		const { name, groupId, fields } = order;
		const { description } = fields;
		const version = await inGroup(() =>
			versions.claim({ modelId, name, groupId, description }),
		);
		const model = this.#newModel(modelId, { order, archive, version });
		this.#registering.add(modelId);
		try {
			await this.#write(
				{ modelId, model, version, path: archive.path },
				signal,
			);
			return modelId;
		} catch (error) {
			await this.#takeBack({ modelId, model, version });
			throw error;
		} finally {
			this.#registering.delete(modelId);
		}
	}

	async #write(
		{ modelId, model, version, path }: NewModel & { path: string },
		signal: AbortSignal,
	): Promise<void> {
		const { models, chunks, versions } = this.#options;
		await models.create(modelId, model);
		await inGroup(() => versions.confirm(version));
		const entries = await storeChunks(
			{
				path,
				sizeBytes: model.model_content_size_in_bytes ?? 0,
				modelId,
				index: model.sidecar.chunk_index,
			},
			chunks,
			signal,
		);
		await retrying(signal, () => this.#setRegistered(modelId, entries));
	}

	#newModel(
		modelId: string,
		{
			order,
			archive,
			version,
		}: { order: ModelOrder; archive: FetchedArchive; version: ModelVersion },
	): StoredModel {
		const { sizeBytes, sha256, functionName, config, description } = archive;
		const now = Date.now();
		const isLarge = sizeBytes >= this.#options.largeModelBytes;
		return {
			name: order.name,
			model_group_id: version.groupId,
			algorithm: functionName,
			model_version: version.version,
			...(description !== undefined && { description }),
			...order.fields,
			model_format: "ONNX",
			model_state: "REGISTERING",
			model_content_size_in_bytes: sizeBytes,
			model_content_hash_value: sha256,
			...(config && { model_config: config }),
			created_time: now,
			last_updated_time: now,
			total_chunks: chunkCount(sizeBytes),
			sidecar: {
				chunk_index: isLarge ? largeChunksIndex(modelId) : smallChunksIndex,
				chunks: {},
				registering_node: this.#options.nodeId(),
				workers: {},
			},
		};
	}

	async #setRegistered(
		modelId: string,
		entries: StoredModel["sidecar"]["chunks"],
	): Promise<void> {
		const now = Date.now();
		const model = await this.#options.models.change(modelId, (current) => {
			const { registering_node: _node, ...internals } = current.sidecar;
			if (internals.deleting || current.model_state !== "REGISTERING")
				return undefined;
			return {
				...current,
				model_state: "REGISTERED",
				last_registered_time: now,
				last_updated_time: now,
				sidecar: { ...internals, chunks: entries },
			};
		});
		if (model?.model_state !== "REGISTERED" || model.sidecar.deleting)
			throw new SidecarError(
				"bad_state",
				"the model was deleted before it was registered",
			);
	}

	/** What can't be taken back now is left to the janitor: the claim too, since it must not be taken back twice. */
	async #takeBack({ modelId, model, version }: NewModel): Promise<void> {
		const { removal, chunks, versions, logger } = this.#options;
		try {
			// Somebody else may have deleted the document, and not seen the chunks that came after.
			if (!(await removal.remove(modelId))) await chunks.delete(modelId, model);
			await versions.release(version);
		} catch (error) {
			logger.error({ err: error, modelId }, "not taken back");
		}
	}
}

/** @throws SidecarError not_found, in ml-commons' words for a task */
async function inGroup<T>(work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		if (error instanceof SidecarError && error.code === "not_found")
			throw new SidecarError("not_found", "Model group not found", {
				cause: error,
			});
		throw error;
	}
}
