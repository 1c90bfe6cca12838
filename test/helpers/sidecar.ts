import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import type { Settings } from "../../schemas/settings.ts";
import { buildApp } from "../../sidecar/app.ts";
import { loadSettings } from "../../sidecar/config.ts";
import type { ModelArtifact } from "../../sidecar/dev/model-artifact.ts";
import { opensearchUrl, uniqueName } from "./opensearch.ts";

export interface Answer {
	status: number;
	headers: Headers;
	text: string;
	/** The body as JSON; undefined where it is none. */
	json: unknown;
}

/** A sidecar of one test file, in this process, before the OpenSearch of the run. */
export interface TestSidecar {
	url: string;
	/** A request as a client sends it; objects are sent as JSON. */
	call(method: string, path: string, body?: unknown): Promise<Answer>;
	/** Loads what was deployed, as a restarted sidecar does. */
	resume(): Promise<void>;
	close(): Promise<void>;
}

const chunkBytes = 10_000_000;

export interface StartOptions {
	/** A cache folder that outlives the sidecar; without one it has a folder of its own. */
	folder?: string;
	/** False: it does nothing by itself, as one that waits for OpenSearch. */
	joins?: boolean;
}

export async function startSidecar(
	settings: Partial<Settings> = {},
	{ folder, joins = true }: StartOptions = {},
): Promise<TestSidecar> {
	const cacheFolder =
		folder ?? (await mkdtemp(join(tmpdir(), "sidecar-test-")));
	const { server, start } = buildApp({
		settings: {
			...loadSettings({ OPENSEARCH_URL: opensearchUrl() }),
			...settings,
		},
		logger: pino({ level: "silent" }),
		cacheFolder,
		nodeIds: () => ["test-node", uniqueName("test-node")],
		version: "0.0.0",
	});
	const url = await server.listen({ host: "127.0.0.1", port: 0 });
	if (joins) await start(url);
	return {
		url,
		call: (method, path, body) => call(`${url}${path}`, method, body),
		resume: () => start(url),
		async close() {
			await server.close();
			if (folder === undefined)
				await rm(cacheFolder, { recursive: true, force: true });
		},
	};
}

async function call(
	url: string,
	method: string,
	body: unknown,
): Promise<Answer> {
	const answer = await fetch(url, {
		method,
		...(body !== undefined && {
			headers: { "content-type": "application/json" },
			body:
				typeof body === "string" || body instanceof Uint8Array
					? body
					: JSON.stringify(body),
		}),
	});
	const text = await answer.text();
	return {
		status: answer.status,
		headers: answer.headers,
		text,
		json: parse(text),
	};
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** A string at a path of a JSON answer. @throws where there is none */
export function textAt(value: unknown, ...path: (string | number)[]): string {
	let current = value;
	for (const key of path)
		current =
			typeof current === "object" && current !== null
				? Reflect.get(current, key)
				: undefined;
	if (typeof current === "string") return current;
	throw new Error(`no string at ${path.join(".")} of ${JSON.stringify(value)}`);
}

/** The metadata of all-MiniLM-L6-v2, as a client registers it. */
export function miniLmMeta(artifact: ModelArtifact, name = "minilm") {
	return {
		name,
		version: "1.0.0",
		function_name: "TEXT_EMBEDDING",
		model_format: "ONNX",
		model_content_hash_value: artifact.sha256,
		model_content_size_in_bytes: artifact.sizeBytes,
		total_chunks: Math.ceil(artifact.sizeBytes / chunkBytes),
		model_config: {
			model_type: "bert",
			embedding_dimension: 384,
			framework_type: "sentence_transformers",
			pooling_mode: "mean",
			normalize_result: true,
		},
	};
}

/** The chunks of an archive, one at a time. */
export async function* chunksOf(
	artifact: ModelArtifact,
): AsyncGenerator<Uint8Array> {
	const file = await open(artifact.zipPath);
	try {
		for (let start = 0; start < artifact.sizeBytes; start += chunkBytes) {
			const chunk = new Uint8Array(
				Math.min(chunkBytes, artifact.sizeBytes - start),
			);
			await file.read(chunk, 0, chunk.length, start);
			yield chunk;
		}
	} finally {
		await file.close();
	}
}

/** Registers and uploads all-MiniLM-L6-v2 through the model API. @returns its id */
export async function registerMiniLm(
	sidecar: TestSidecar,
	artifact: ModelArtifact,
): Promise<string> {
	return registerModel(sidecar, artifact, miniLmMeta(artifact));
}

/** Registers and uploads a model with this metadata through the model API. @returns its id */
export async function registerModel(
	sidecar: TestSidecar,
	artifact: ModelArtifact,
	meta: object,
): Promise<string> {
	const path = "/_plugins/_ml/models/_register_meta";
	const registered = await sidecar.call("POST", path, meta);
	const id = textAt(registered.json, "model_id");
	let number = 0;
	for await (const chunk of chunksOf(artifact)) {
		const path = `/_plugins/_ml/models/${id}/upload_chunk/${number++}`;
		const { status, text } = await sidecar.call("POST", path, chunk);
		if (status !== 200) throw new Error(`${path}: ${text}`);
	}
	return id;
}

/** Deploys a model and waits for the end of its task. @returns the task */
export async function deploy(
	sidecar: TestSidecar,
	id: string,
): Promise<unknown> {
	const path = `/_plugins/_ml/models/${id}/_deploy`;
	const { json } = await sidecar.call("POST", path);
	return finishedTask(sidecar, textAt(json, "task_id"));
}

/** Asks for a task until it has ended. */
export async function finishedTask(
	sidecar: TestSidecar,
	taskId: string,
): Promise<unknown> {
	for (;;) {
		const { json } = await sidecar.call("GET", `/_plugins/_ml/tasks/${taskId}`);
		if (!["CREATED", "RUNNING"].includes(textAt(json, "state"))) return json;
	}
}

/** A deployed all-MiniLM-L6-v2. @returns its id */
export async function deployMiniLm(
	sidecar: TestSidecar,
	artifact: ModelArtifact,
): Promise<string> {
	const id = await registerMiniLm(sidecar, artifact);
	const task = await deploy(sidecar, id);
	if (textAt(task, "state") !== "COMPLETED")
		throw new Error(JSON.stringify(task));
	return id;
}

/** Undeploys and deletes a model. */
export async function removeModel(
	sidecar: TestSidecar,
	id: string,
): Promise<void> {
	await sidecar.call("POST", `/_plugins/_ml/models/${id}/_undeploy`);
	await sidecar.call("DELETE", `/_plugins/_ml/models/${id}`);
}
