import { open } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { ModelArtifact } from "../../sidecar/dev/model-artifact.ts";

const base = "/_plugins/_ml";
const chunkBytes = 10_000_000;

type Step =
	| "register by URL"
	| "register in chunks"
	| "deploy"
	| "deploy, cache warm"
	| "delete";

/** A server of the model API, and what it took so far, milliseconds. */
export class Contestant {
	readonly times = new Map<Step, number[]>();
	readonly url: string;

	constructor(url: string) {
		this.url = url;
	}

	async timed<T>(step: Step, work: () => Promise<T>): Promise<T> {
		const start = performance.now();
		const result = await work();
		const times = this.times.get(step) ?? [];
		times.push(performance.now() - start);
		this.times.set(step, times);
		return result;
	}

	/** @returns the model's id */
	async registerByUrl(artifact: ModelArtifact): Promise<string> {
		const { task_id } = await this.call("POST", "/models/_register", {
			...metadata(artifact),
			url: pathToFileURL(artifact.zipPath).href,
		});
		return String((await this.#ended(task_id)).model_id);
	}

	/** @returns the model's id */
	async registerInChunks(artifact: ModelArtifact): Promise<string> {
		const { model_id } = await this.call("POST", "/models/_register_meta", {
			...metadata(artifact),
			total_chunks: Math.ceil(artifact.sizeBytes / chunkBytes),
		});
		const file = await open(artifact.zipPath);
		for (let number = 0; number * chunkBytes < artifact.sizeBytes; number++) {
			const start = number * chunkBytes;
			const chunk = Buffer.alloc(
				Math.min(chunkBytes, artifact.sizeBytes - start),
			);
			await file.read(chunk, 0, chunk.length, start);
			await this.call(
				"POST",
				`/models/${model_id}/upload_chunk/${number}`,
				chunk,
			);
		}
		await file.close();
		for (;;) {
			const { model_state } = await this.call("GET", `/models/${model_id}`);
			if (model_state === "REGISTERED") return String(model_id);
			await wait(10);
		}
	}

	async deploy(id: string): Promise<void> {
		const { task_id } = await this.call("POST", `/models/${id}/_deploy`);
		await this.#ended(task_id);
	}

	async undeploy(id: string): Promise<void> {
		await this.call("POST", `/models/${id}/_undeploy`);
	}

	/** ml-commons refuses for a moment what it has just undeployed. */
	async delete(id: string): Promise<void> {
		await this.call("DELETE", `/models/${id}`);
	}

	async allow(): Promise<void> {
		await fetch(`${this.url}/_cluster/settings`, {
			method: "PUT",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({
				persistent: {
					"plugins.ml_commons.allow_registering_model_via_url": true,
				},
			}),
		});
	}

	async call(
		method: string,
		path: string,
		body?: unknown,
	): Promise<Record<string, unknown>> {
		const answer = await fetch(`${this.url}${base}${path}`, {
			method,
			headers: { "content-type": "application/json" },
			...(body !== undefined && {
				body: Buffer.isBuffer(body)
					? new Uint8Array(body)
					: JSON.stringify(body),
			}),
		});
		const text = await answer.text();
		if (!answer.ok) throw new Error(`${method} ${path}: ${text}`);
		return JSON.parse(text);
	}

	async #ended(task: unknown): Promise<Record<string, unknown>> {
		for (;;) {
			const body = await this.call("GET", `/tasks/${task}`);
			if (body.state === "COMPLETED") return body;
			if (body.state !== "CREATED" && body.state !== "RUNNING")
				throw new Error(JSON.stringify(body));
			await wait(10);
		}
	}
}

function metadata({ sha256, sizeBytes }: ModelArtifact) {
	return {
		name: "minilm",
		version: "1.0.0",
		model_format: "ONNX",
		function_name: "TEXT_EMBEDDING",
		model_content_hash_value: sha256,
		model_content_size_in_bytes: sizeBytes,
		model_config: {
			model_type: "bert",
			embedding_dimension: 384,
			framework_type: "sentence_transformers",
			pooling_mode: "mean",
			normalize_result: true,
		},
	};
}
