import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Type } from "typebox";
import { SidecarError } from "../errors.ts";
import { type Call, type SidecarClient, shaped } from "./sidecar-client.ts";

/** A model's archive on this machine. */
export interface ModelArchive {
	zipPath: string;
	/** In hexadecimal. */
	sha256: string;
	sizeBytes: number;
}

/** A model that the sidecar has, deployed or not. */
export interface StoredModel {
	id: string;
	name: string;
	sha256: string;
	state: string;
}

/** What to register, and how to get at it. */
export interface ModelToServe {
	name: string;
	/** Numbers in a vector. */
	dimension: number;
	archive: ModelArchive;
}

/** Raw bytes in a chunk: the API's own limit. */
const chunkBytes = 10_000_000;
const pollMs = 150;
const deployTimeoutMs = 300_000;

const storedModelShape = Type.Object({
	name: Type.String(),
	model_state: Type.String(),
	model_content_hash_value: Type.String(),
});

/** The model with this id, or undefined if there is none. */
export async function findModel(
	client: SidecarClient,
	id: string,
): Promise<StoredModel | undefined> {
	const call: Call = { method: "GET", path: modelPath(id), expect: [404] };
	const answer = await client.call(call);
	if (answer.status === 404) return undefined;
	const model = shaped(answer, { call, shape: storedModelShape });
	return {
		id,
		name: model.name,
		sha256: model.model_content_hash_value,
		state: model.model_state,
	};
}

/** Claims an id for a model; its content is uploaded afterwards. */
export async function registerModel(
	client: SidecarClient,
	{ name, dimension, archive }: ModelToServe,
): Promise<StoredModel> {
	const { model_id: id } = await client.read(
		{
			method: "POST",
			path: "/_plugins/_ml/models/_register_meta",
			json: {
				name,
				version: "1.0.0",
				description: "Sentence embeddings for the quick start",
				function_name: "TEXT_EMBEDDING",
				model_format: "ONNX",
				model_content_hash_value: archive.sha256,
				model_content_size_in_bytes: archive.sizeBytes,
				total_chunks: chunkCount(archive),
				model_config: {
					model_type: "bert",
					embedding_dimension: dimension,
					framework_type: "sentence_transformers",
					pooling_mode: "mean",
					normalize_result: true,
					all_config: JSON.stringify({ architectures: ["BertModel"] }),
				},
			},
		},
		Type.Object({ model_id: Type.String({ minLength: 1 }) }),
	);
	return { id, name, sha256: archive.sha256, state: "REGISTERING" };
}

/**
 * Uploads every chunk of an archive, in order, without holding one in memory.
 *
 * @param uploaded is told the bytes of each chunk that has arrived.
 */
export async function uploadModel(
	client: SidecarClient,
	options: {
		id: string;
		archive: ModelArchive;
		uploaded: (bytes: number) => void;
	},
): Promise<void> {
	const { id, archive, uploaded } = options;
	for (let chunk = 0; chunk < chunkCount(archive); chunk++) {
		const start = chunk * chunkBytes;
		const length = Math.min(chunkBytes, archive.sizeBytes - start);
		await client.call({
			method: "POST",
			path: `${modelPath(id)}/upload_chunk/${chunk}`,
			bytes: {
				stream: createReadStream(archive.zipPath, {
					start,
					end: start + length - 1,
				}),
				length,
			},
		});
		uploaded(length);
	}
}

/**
 * Sees to it that a model whose content is complete is deployed: one that the sidecar is deploying anyway, as it
 * does after a restart, is waited for.
 *
 * @throws SidecarError with the task's own reason if the deployment fails.
 */
export async function deployModel(
	client: SidecarClient,
	{ id, signal }: { id: string; signal: AbortSignal },
): Promise<void> {
	const deadline = performance.now() + deployTimeoutMs;
	const pause = async () => {
		if (performance.now() > deadline) {
			throw new SidecarError(
				"upstream_timeout",
				`the model ${id} was not deployed within ${deployTimeoutMs / 1000} seconds`,
			);
		}
		await sleep(pollMs, undefined, { signal });
	};
	const state = async () => (await findModel(client, id))?.state;
	while ((await state()) === "DEPLOYING") await pause();
	if ((await state()) === "DEPLOYED") return;

	const { task_id: task } = await client.read(
		{ method: "POST", path: `${modelPath(id)}/_deploy` },
		Type.Object({ task_id: Type.String({ minLength: 1 }) }),
	);
	for (;;) {
		const { state, error } = await client.read(
			{
				method: "GET",
				path: `/_plugins/_ml/tasks/${encodeURIComponent(task)}`,
			},
			Type.Object({
				state: Type.String(),
				error: Type.Optional(Type.String()),
			}),
		);
		if (state === "COMPLETED") return;
		if (state !== "CREATED" && state !== "RUNNING") {
			throw new SidecarError(
				"inference_failed",
				`the model could not be deployed (${state}): ${taskReason(error)}`,
			);
		}
		await pause();
	}
}

/** A model's archive as given by the user, its hash computed without reading it whole. */
export async function readArchive(path: string): Promise<ModelArchive> {
	try {
		const hash = createHash("sha256");
		for await (const piece of createReadStream(path)) hash.update(piece);
		const { size } = await stat(path);
		return { zipPath: path, sha256: hash.digest("hex"), sizeBytes: size };
	} catch (error) {
		throw new SidecarError(
			"bad_request",
			`the model ${path} cannot be read: ${error instanceof Error ? error.message : error}`,
			{ cause: error },
		);
	}
}

/** A name for a model that came as a file. */
export function modelName(path: string): string {
	return basename(path).replace(/\.zip$/i, "");
}

/** A task's `error` is, as in ml-commons, a JSON object in a string: each node's reason. */
function taskReason(error: string | undefined): string {
	if (error === undefined) return "no reason given";
	try {
		return Object.values(Object(JSON.parse(error))).join("; ");
	} catch {
		return error;
	}
}

function chunkCount(archive: ModelArchive): number {
	return Math.max(1, Math.ceil(archive.sizeBytes / chunkBytes));
}

function modelPath(id: string): string {
	return `/_plugins/_ml/models/${encodeURIComponent(id)}`;
}
