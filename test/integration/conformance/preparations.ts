import { type Call, get, post, preparing, put } from "./call.ts";

export const base = "/_plugins/_ml";
export const models = `${base}/models`;
export const tasks = `${base}/tasks`;
export const groups = `${base}/model_groups`;

/** The states in which a task stays. */
export const finalStates = ["COMPLETED", "COMPLETED_WITH_ERROR", "FAILED"];

/** What a client says of the small model when it registers it. */
export const tinyConfig = {
	model_type: "distilbert",
	embedding_dimension: 2,
	framework_type: "sentence_transformers",
	pooling_mode: "MEAN",
	normalize_result: true,
};

/** The metadata of the small model's archive, which is one chunk. */
export function tinyMeta(change: Readonly<Record<string, unknown>> = {}) {
	return {
		name: "tiny",
		version: "1.0.0",
		model_format: "ONNX",
		function_name: "TEXT_EMBEDDING",
		model_content_hash_value: "{tiny_hash}",
		total_chunks: 1,
		model_config: tinyConfig,
		...change,
	};
}

/** Waits for the task of that name to end. */
export function ended(name: string, task = "task_id"): Call {
	return get(name, `${tasks}/{${task}}`, {
		until: { path: "state", is: finalStates },
	});
}

/** Allows registration by URL, which is off unless a cluster's administrator asks for it. */
export const urlsAllowed = put("URLs are allowed", "/_cluster/settings", {
	body: {
		persistent: { "plugins.ml_commons.allow_registering_model_via_url": true },
	},
	prepares: true,
});

/** What a client sends to register the archive of that name by its URL. */
export function byUrl(
	archive: string,
	change: Readonly<Record<string, unknown>> = {},
) {
	return {
		...tinyMeta({ total_chunks: undefined }),
		url: `file://{archive_folder}/${archive}.zip`,
		model_content_hash_value: `{${archive}_hash}`,
		...change,
	};
}

/** Registers a model; its id is `{model_id}` or that name, its group's id the same with `_group`. */
export function registered(
	id = "model_id",
	change: Readonly<Record<string, unknown>> = {},
	archive = "tiny",
): Call[] {
	return preparing([
		urlsAllowed,
		post("register", `${models}/_register`, {
			body: byUrl(archive, change),
			binds: { [`${id}_registration`]: "task_id" },
		}),
		{
			...ended("the registration's task", `${id}_registration`),
			binds: { [id]: "model_id" },
		},
		get("the registered model", `${models}/{${id}}`, {
			until: { path: "model_state", is: ["REGISTERED"] },
			binds: { [`${id}_group`]: "model_group_id" },
		}),
	]);
}

/** Deploys a registered model. */
export function deployment(id = "model_id"): Call[] {
	return preparing([
		post("deploy", `${models}/{${id}}/_deploy`, {
			binds: { [`${id}_task`]: "task_id" },
		}),
		ended("deployed", `${id}_task`),
		get("in use", `${models}/{${id}}`, {
			until: { path: "model_state", is: ["DEPLOYED"] },
		}),
	]);
}

/** Registers and deploys the small model. */
export function deployed(
	id = "model_id",
	change: Readonly<Record<string, unknown>> = {},
): Call[] {
	return [...registered(id, change), ...deployment(id)];
}
