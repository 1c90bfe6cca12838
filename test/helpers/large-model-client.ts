import { setTimeout } from "node:timers/promises";
import { type TSchema, Type } from "typebox";
import type { ModelArtifact } from "../../sidecar/dev/model-artifact.ts";
import {
	deployModel,
	registerModel,
	uploadModel,
} from "../../sidecar/dev/quick-start-model.ts";
import type { Call, SidecarClient } from "../../sidecar/dev/sidecar-client.ts";
import { largeModelDimension, largeModelText } from "./large-model.ts";

const base = "/_plugins/_ml";
const pollMs = 100;

const Registered = Type.Object({ task_id: Type.String() });
const RegisterTask = Type.Object({
	state: Type.String(),
	model_id: Type.Optional(Type.String()),
	error: Type.Optional(Type.String()),
});
const Prediction = Type.Object({
	inference_results: Type.Tuple([
		Type.Object({
			output: Type.Tuple([Type.Object({ data: Type.Array(Type.Number()) })]),
		}),
	]),
});

/** What is done to a model whose vectors are as long as a large one's; each call rejects where it does not work. */
export class LargeModelClient {
	readonly #client: SidecarClient;

	constructor(client: SidecarClient) {
		this.#client = client;
	}

	/** Uploads an archive in chunks of 10,000,000 bytes, in order. @returns the model's id */
	async registerInChunks(archive: ModelArtifact): Promise<string> {
		const model = { name: "large", dimension: largeModelDimension, archive };
		const { id } = await registerModel(this.#client, model);
		await uploadModel(this.#client, { id, archive, uploaded: () => undefined });
		return id;
	}

	/** Has the sidecar fetch an archive, and waits until it has. @returns the model's id */
	async registerByUrl({ sha256 }: ModelArtifact, url: string): Promise<string> {
		const { task_id } = await this.#post("/models/_register", Registered, {
			name: "large",
			version: "1.0.0",
			function_name: "TEXT_EMBEDDING",
			model_format: "ONNX",
			model_content_hash_value: sha256,
			url,
			model_config: {
				model_type: "bert",
				embedding_dimension: largeModelDimension,
				framework_type: "sentence_transformers",
				pooling_mode: "mean",
				normalize_result: true,
			},
		});
		const call: Call = { method: "GET", path: `${base}/tasks/${task_id}` };
		for (;;) {
			const task = await this.#client.read(call, RegisterTask);
			if (task.model_id !== undefined) return task.model_id;
			if (task.state !== "CREATED") throw new Error(JSON.stringify(task));
			await setTimeout(pollMs);
		}
	}

	/** Lets clients name URLs, on every sidecar of the cluster. */
	async allowUrls(): Promise<void> {
		const name = "plugins.ml_commons.allow_registering_model_via_url";
		await this.#client.call({
			method: "PUT",
			path: "/_cluster/settings",
			json: { persistent: { [name]: true } },
		});
	}

	deploy(id: string): Promise<void> {
		const { signal } = new AbortController();
		return deployModel(this.#client, { id, signal });
	}

	/** What a deployed model makes of the text that the large one knows. */
	async vector(id: string): Promise<number[]> {
		const path = `/_predict/text_embedding/${id}`;
		const body = { text_docs: [largeModelText] };
		const { inference_results } = await this.#post(path, Prediction, body);
		return inference_results[0].output[0].data;
	}

	async undeploy(id: string): Promise<void> {
		const path = `${base}/models/${id}/_undeploy`;
		await this.#client.call({ method: "POST", path });
	}

	async delete(id: string): Promise<void> {
		await this.#client.call({ method: "DELETE", path: `${base}/models/${id}` });
	}

	#post<T extends TSchema>(path: string, shape: T, json: unknown) {
		const call: Call = { method: "POST", path: `${base}${path}`, json };
		return this.#client.read(call, shape);
	}
}
