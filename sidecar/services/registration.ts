import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import { ulid } from "ulid";
import type {
	ChunkEntry,
	RegisterMetaRequest,
	StoredModel,
} from "../../schemas/model.ts";
import { SidecarError } from "../errors.ts";
import type { ChunkAddress } from "../store/chunk-address.ts";
import {
	type ChunkStore,
	chunkLimit,
	type WrittenChunk,
} from "../store/chunks.ts";
import { largeChunksIndex, smallChunksIndex } from "../store/hidden-indices.ts";
import type { ModelStore } from "../store/models.ts";
import type { Activity } from "./activity.ts";
import type { DiskBreaker } from "./disk-breaker.ts";
import { readModelFunction } from "./function-name.ts";
import { readFunctionConfig } from "./model-config.ts";
import { requireOnnx } from "./model-format.ts";
import { refuseAccessControl } from "./model-groups.ts";
import type { ModelVersion, ModelVersions } from "./model-versions.ts";
import { readFields } from "./register-request.ts";
import { RunningHashes } from "./running-hashes.ts";

export interface RegistrationOptions {
	models: ModelStore;
	chunks: ChunkStore;
	versions: ModelVersions;
	/** Whether clients may bring models in by themselves. */
	allowsUploads: () => boolean;
	/** From this size on a model's chunks have an index of their own, in bytes. */
	largeModelBytes: number;
	/** A model's archive at most, in bytes. */
	maxModelBytes: number;
	breaker: DiskBreaker;
	activity: Activity;
	logger: Logger;
}

/** Brings models into OpenSearch: metadata first, then chunk after chunk. */
export class RegistrationService {
	readonly #options: RegistrationOptions;
	readonly #hashes = new RunningHashes();

	constructor(options: RegistrationOptions) {
		this.#options = options;
	}

	/**
	 * Claims an id, and a version in its group, for a model that is about to be uploaded.
	 *
	 * @throws SidecarError bad_request, bad_definition; not_found for an unknown group; circuit_open for a full disk
	 */
	async registerMeta(
		request: RegisterMetaRequest | null | undefined,
	): Promise<string> {
		if (!request) throw invalid("Model meta request has empty body");
		const { models, versions, breaker, activity } = this.#options;
		this.#requireUploads("");
		const id = ulid().toLowerCase();
		const model = this.#newModel(id, request);
		refuseAccessControl(request);
		await breaker.check();
		activity.begin({ action: "register", algorithm: model.algorithm });
		const version = await versions.claim({
			modelId: id,
			groupId: request.model_group_id,
			name: model.name,
			description: request.description,
		});
		try {
			await models.create(id, {
				...model,
				model_group_id: version.groupId,
				model_version: version.version,
			});
			await versions.confirm(version);
		} catch (error) {
			await this.#takeBack(id, version);
			throw error;
		}
		return id;
	}

	/** What can't be taken back now is left to the janitor: the claim too, since it must not be taken back twice. */
	async #takeBack(id: string, version: ModelVersion): Promise<void> {
		const { models, versions, logger } = this.#options;
		try {
			await models.delete(id);
			await versions.release(version);
		} catch (error) {
			logger.error({ err: error, modelId: id }, "not taken back");
		}
	}

	/**
	 * Stores a chunk of a model while its bytes arrive. With the last one that was missing, in whatever order
	 * they came, the whole is checked against the hash given at registration, and the model is registered.
	 *
	 * @throws SidecarError not_found, bad_request, bad_state; conflict where another upload of this chunk came in between
	 */
	async uploadChunk(
		id: string,
		number: number,
		bytes: AsyncIterable<Uint8Array>,
	): Promise<void> {
		const { models, chunks } = this.#options;
		this.#requireUploads(".");
		const model = await models.get(id);
		if (!model) throw notFound();
		if (number >= model.total_chunks)
			throw new SidecarError(
				"bad_request",
				"Chunk number exceeds total chunks",
			);
		if (model.sidecar.registering_node !== undefined)
			throw new SidecarError(
				"bad_state",
				"Model is being registered by URL: its chunks can't be uploaded",
			);
		const address = { index: model.sidecar.chunk_index, modelId: id, number };
		const over = await chunks.version(address);
		const followed = this.#hashes.follow(id, number);
		const written = await chunks.put(address, followed?.watch(bytes) ?? bytes, {
			over,
			admit: (entry) => this.#admit(id, number, entry),
		});
		followed?.commit(written.entry.sha256);
		const updated = await this.#note(model, address, written);
		if (
			updated.model_state === "REGISTERING" &&
			missingChunks(updated).length === 0
		)
			await this.#complete(id, updated);
	}

	/** @throws SidecarError where a model's chunk may not become this one, as the model is when the bytes have come */
	async #admit(id: string, number: number, entry: ChunkEntry): Promise<void> {
		const model = await this.#options.models.dropChunk(id, number, entry);
		if (!model || model.sidecar.deleting) throw notFound();
		if (model.model_state === "REGISTERING") return;
		// A client that missed an answer sends its chunk again, and a damaged one is made whole.
		if (model.sidecar.chunks[number]?.sha256 === entry.sha256) return;
		throw new SidecarError(
			"bad_state",
			`Model is ${model.model_state}: its chunks can't be changed`,
		);
	}

	/** @throws SidecarError not_found where the model was deleted meanwhile, conflict for what is not the chunk any more */
	async #note(
		before: StoredModel,
		address: ChunkAddress,
		{ entry, version }: WrittenChunk,
	): Promise<StoredModel> {
		const { models, chunks } = this.#options;
		const { modelId, number } = address;
		const isCurrent = async () =>
			isDeepStrictEqual(await chunks.version(address), version);
		const model = await models.addChunk(modelId, number, { entry, isCurrent });
		if (!model || model.sidecar.deleting) {
			await chunks.delete(modelId, before);
			throw notFound();
		}
		if (model.sidecar.chunks[number]?.sha256 !== entry.sha256)
			throw new SidecarError(
				"conflict",
				"another upload of this chunk came in between",
			);
		return model;
	}

	/** @param end of the sentence: ml-commons has it both ways */
	#requireUploads(end: string): void {
		if (!this.#options.allowsUploads())
			throw invalid(
				`To upload custom model from local file, user needs to enable allow_registering_model_via_local_file settings. Otherwise please use opensearch pre-trained models${end}`,
			);
	}

	#newModel(id: string, request: RegisterMetaRequest): StoredModel {
		const now = Date.now();
		const required = readRequired(request);
		const size = request.model_content_size_in_bytes;
		const { maxModelBytes, largeModelBytes } = this.#options;
		const least = Math.max(size ?? 0, (required.total_chunks - 1) * chunkLimit);
		if (least > maxModelBytes)
			throw invalid(
				`Model file size exceeds the limit of ${maxModelBytes} bytes: ${least}`,
			);
		const most = required.total_chunks * chunkLimit;
		if (size !== undefined && size > most)
			throw invalid(
				`model_content_size_in_bytes ${size} does not fit into ${required.total_chunks} chunks of ${chunkLimit} bytes`,
			);
		const bytes = size ?? most;
		return {
			name: required.name,
			algorithm: required.functionName,
			model_version: "1",
			...readFields(request),
			model_format: "ONNX",
			model_state: "REGISTERING",
			...(size !== undefined && { model_content_size_in_bytes: size }),
			model_content_hash_value: required.hash,
			...(required.config && { model_config: required.config }),
			created_time: now,
			last_updated_time: now,
			total_chunks: required.total_chunks,
			sidecar: {
				chunk_index:
					bytes >= largeModelBytes ? largeChunksIndex(id) : smallChunksIndex,
				chunks: {},
				workers: {},
			},
		};
	}

	/**
	 * A model whose content does not fit stays in REGISTERING: a wrong chunk can be sent again. So does one of whose
	 * chunks another is being sent: with that one it is looked at again.
	 */
	async #complete(id: string, model: StoredModel): Promise<void> {
		const { models, logger } = this.#options;
		const found =
			this.#hashes.take(id, model) ?? (await this.#readBack(id, model));
		if (found !== model.model_content_hash_value.toLowerCase()) {
			logger.warn(
				{ modelId: id, expected: model.model_content_hash_value, found },
				"the chunks of a model do not have the hash it was registered with",
			);
			return;
		}
		const now = Date.now();
		await models.change(id, (current) =>
			current.model_state === "REGISTERING" &&
			isDeepStrictEqual(current.sidecar.chunks, model.sidecar.chunks)
				? {
						...current,
						model_state: "REGISTERED",
						model_content_size_in_bytes: sizeOf(current),
						last_registered_time: now,
						last_updated_time: now,
					}
				: undefined,
		);
	}

	/** The hash of chunks that came in another order, or through several sidecars. */
	async #readBack(id: string, model: StoredModel): Promise<string> {
		const hash = createHash("sha256");
		for await (const piece of this.#options.chunks.read(id, model))
			hash.update(piece);
		return hash.digest("hex");
	}
}

/** Why a model that is still REGISTERING can't be deployed. */
export function registrationProblem(model: StoredModel): string {
	const missing = missingChunks(model);
	return missing.length > 0
		? `Model is not registered yet: ${missing.length} of ${model.total_chunks} chunks are missing, first chunk ${missing[0]}`
		: "model content changed: the chunks do not have the hash in model_content_hash_value";
}

function missingChunks({ sidecar, total_chunks }: StoredModel): number[] {
	return Array.from({ length: total_chunks }, (_, number) => number).filter(
		(number) => !(number in sidecar.chunks),
	);
}

function sizeOf({ sidecar }: StoredModel): number {
	return Object.values(sidecar.chunks).reduce((sum, { size }) => sum + size, 0);
}

function readRequired(request: RegisterMetaRequest) {
	const { name, model_format, total_chunks } = request;
	const functionName = readModelFunction(
		request.function_name ?? "TEXT_EMBEDDING",
	);
	const hash = request.model_content_hash_value;
	if (!name) throw invalid("model name is null");
	requireOnnx(model_format);
	if (!hash) throw invalid("model content hash value is null");
	if (total_chunks === undefined) throw invalid("total chunks field is null");
	const config = readFunctionConfig(functionName, request.model_config);
	return { name, functionName, hash, total_chunks, config };
}

function notFound(): SidecarError {
	return new SidecarError("not_found", "Failed to find model");
}

function invalid(reason: string): SidecarError {
	return new SidecarError("bad_request", reason);
}
