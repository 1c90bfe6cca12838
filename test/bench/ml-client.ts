import { setTimeout as wait } from "node:timers/promises";
import type { FunctionName } from "../../schemas/model.ts";
import type { ModelArtifact } from "../../sidecar/dev/model-artifact.ts";
import { isRecord, parsed, valueAt } from "../integration/conformance/json.ts";

/** The `model_config` of all-MiniLM-L6-v2. */
const miniLmConfig = {
	model_type: "bert",
	embedding_dimension: 384,
	framework_type: "sentence_transformers",
	pooling_mode: "mean",
	normalize_result: true,
};

/** Calls of a running ml-commons that have to succeed. */
export class MlClient {
	readonly #url: string;

	constructor(url: string) {
		this.#url = url;
	}

	/** The id of the node that answers. */
	async nodeId(): Promise<string> {
		const { nodes } = await this.#call("GET", "/_nodes/_local/http");
		const [id] = isRecord(nodes) ? Object.keys(nodes) : [];
		if (id === undefined) throw new Error("a cluster without a node");
		return id;
	}

	/** Registers and deploys a model, all-MiniLM-L6-v2 if not told, from its file. @returns its id */
	async deploy(
		{ sha256, zipPath }: ModelArtifact,
		config: object | null = miniLmConfig,
		function_name: FunctionName = "TEXT_EMBEDDING",
	): Promise<string> {
		const { task_id } = await this.#call(
			"POST",
			"/_plugins/_ml/models/_register",
			{
				name: "minilm",
				version: "1.0.0",
				model_format: "ONNX",
				function_name,
				model_content_hash_value: sha256,
				url: `file://${zipPath}`,
				...(config && { model_config: config }),
			},
		);
		const { model_id } = await this.#completed(task_id);
		const path = `/_plugins/_ml/models/${model_id}/_deploy`;
		await this.#completed((await this.#call("POST", path)).task_id);
		if (typeof model_id !== "string") throw new Error("a model without an id");
		return model_id;
	}

	/** A text's vector, as numbers of JSON. */
	async vector(
		id: string,
		text: string,
		parameters?: object,
	): Promise<unknown> {
		const path = `/_plugins/_ml/_predict/text_embedding/${id}`;
		const body = await this.#call("POST", path, {
			text_docs: [text],
			...(parameters && { parameters }),
		});
		const data = valueAt(body, "inference_results.0.output.0.data");
		if (Array.isArray(data)) return data;
		throw new Error(`no vector in ${JSON.stringify(body)}`);
	}

	/** A text's token weights. */
	async weights(id: string, text: string): Promise<Record<string, unknown>> {
		const path = `/_plugins/_ml/_predict/sparse_tokenize/${id}`;
		const body = await this.#call("POST", path, { text_docs: [text] });
		const weights = valueAt(
			body,
			"inference_results.0.output.0.dataAsMap.response.0",
		);
		if (isRecord(weights)) return weights;
		throw new Error(`no weights in ${JSON.stringify(body)}`);
	}

	async #completed(task: unknown): Promise<Record<string, unknown>> {
		for (;;) {
			const body = await this.#call("GET", `/_plugins/_ml/tasks/${task}`);
			if (body.state === "COMPLETED") return body;
			if (body.state !== "CREATED" && body.state !== "RUNNING")
				throw new Error(JSON.stringify(body));
			await wait(100);
		}
	}

	async #call(
		method: string,
		path: string,
		body?: unknown,
	): Promise<Record<string, unknown>> {
		const answer = await fetch(this.#url + path, {
			method,
			headers: { "content-type": "application/json" },
			...(body !== undefined && { body: JSON.stringify(body) }),
		});
		const text = await answer.text();
		const json = parsed(text);
		if (answer.ok && isRecord(json)) return json;
		throw new Error(`${method} ${path}: ${answer.status} ${text}`);
	}
}
