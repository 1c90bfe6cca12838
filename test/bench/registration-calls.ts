import type { RecordedCall } from "./recorded-call.ts";

const models = "/_plugins/_ml/models";
const tasks = "/_plugins/_ml/tasks";

const metadata = {
	name: "recorded",
	version: "1.0.0",
	description: "a model for recording",
	model_format: "ONNX",
	function_name: "TEXT_EMBEDDING",
	model_content_hash_value:
		"0000000000000000000000000000000000000000000000000000000000000000",
	model_content_size_in_bytes: 20,
	total_chunks: 2,
	model_config: {
		model_type: "bert",
		embedding_dimension: 384,
		framework_type: "sentence_transformers",
		pooling_mode: "MEAN",
		normalize_result: true,
		all_config: '{"hidden_size":384}',
	},
};

function without(key: keyof typeof metadata): unknown {
	return Object.fromEntries(
		Object.entries(metadata).filter(([name]) => name !== key),
	);
}

function config(change: Readonly<Record<string, unknown>>): unknown {
	return {
		...metadata,
		model_config: { ...metadata.model_config, ...change },
	};
}

function registerMeta(name: string, body: unknown): RecordedCall {
	return {
		name: `register_meta ${name}`,
		method: "POST",
		path: `${models}/_register_meta`,
		body,
	};
}

function chunk(
	name: string,
	path: string,
	content: Partial<RecordedCall>,
): RecordedCall {
	return {
		name: `upload_chunk ${name}`,
		method: "POST",
		path: `${models}/${path}`,
		...content,
	};
}

/** Calls about metadata, chunks and everything that is not there, in the order they are made on a fresh node. */
export const registrationCalls: readonly RecordedCall[] = [
	{ name: "get model, no index yet", method: "GET", path: `${models}/unknown` },
	{ name: "get task, no index yet", method: "GET", path: `${tasks}/unknown` },
	registerMeta("without a body", undefined),
	registerMeta("not JSON", "M1"),
	registerMeta("an array", []),
	registerMeta("without name", without("name")),
	registerMeta("without model_format", without("model_format")),
	registerMeta("without hash", without("model_content_hash_value")),
	registerMeta("without total_chunks", without("total_chunks")),
	registerMeta("without model_config", without("model_config")),
	registerMeta("model_format in lower case", {
		...metadata,
		model_format: "onnx",
	}),
	registerMeta("function_name in lower case", {
		...metadata,
		function_name: "text_embedding",
	}),
	registerMeta("unknown function_name", {
		...metadata,
		function_name: "MAGIC",
	}),
	registerMeta("total_chunks not a number", { ...metadata, total_chunks: "x" }),
	registerMeta("total_chunks a number in a string", {
		...metadata,
		total_chunks: "2",
	}),
	registerMeta("total_chunks zero", { ...metadata, total_chunks: 0 }),
	registerMeta("name a number", { ...metadata, name: 7 }),
	registerMeta("model_config a string", { ...metadata, model_config: "bert" }),
	registerMeta("without model_type", config({ model_type: undefined })),
	registerMeta(
		"without embedding_dimension",
		config({ embedding_dimension: undefined }),
	),
	registerMeta("without framework_type", config({ framework_type: undefined })),
	registerMeta("unknown framework_type", config({ framework_type: "magic" })),
	registerMeta("unknown pooling_mode", config({ pooling_mode: "magic" })),
	registerMeta("pooling_mode in lower case", config({ pooling_mode: "mean" })),
	registerMeta("unknown fields", {
		...metadata,
		unknown: { nested: [1] },
	}),
	registerMeta("unknown model_group_id", {
		...metadata,
		model_group_id: "unknown",
	}),
	{
		...registerMeta("without version and function_name", {
			...Object.fromEntries(
				Object.entries(metadata).filter(
					([name]) => name !== "version" && name !== "function_name",
				),
			),
			name: "recorded-defaults",
		}),
		ids: { model_id: "default_model_id" },
	},
	{
		name: "get model registered without version and function_name",
		method: "GET",
		path: `${models}/{default_model_id}`,
	},
	{
		name: "register_meta on the older route with an empty model_group_id",
		method: "POST",
		path: `${models}/meta`,
		body: { ...metadata, name: "recorded-older-route", model_group_id: "" },
	},
	{
		...registerMeta("good", { ...metadata, name: "recorded-good" }),
		ids: { model_id: "model_id" },
	},
	{
		name: "get model while chunks are missing",
		method: "GET",
		path: `${models}/{model_id}`,
	},
	chunk("to an unknown model", "unknown/upload_chunk/0", { zeroBytes: 10 }),
	chunk("number not a number", "{model_id}/upload_chunk/x", { zeroBytes: 10 }),
	chunk("number negative", "{model_id}/upload_chunk/-1", { zeroBytes: 10 }),
	chunk("number beyond the last", "{model_id}/upload_chunk/2", {
		zeroBytes: 10,
	}),
	chunk("without a body", "{model_id}/upload_chunk/0", {}),
	chunk("too large", "{model_id}/upload_chunk/0", { zeroBytes: 10_000_001 }),
	chunk("as octet-stream", "{model_id}/upload_chunk/0", {
		zeroBytes: 10,
		contentType: "application/octet-stream",
	}),
	chunk("JSON as bytes", "{model_id}/upload_chunk/0", {
		body: { chunk: "chunk0" },
	}),
	chunk("good", "{model_id}/upload_chunk/0", { zeroBytes: 10 }),
	chunk("good on the older route", "{model_id}/chunk/0", { zeroBytes: 10 }),
	{
		name: "deploy while chunks are missing",
		method: "POST",
		path: `${models}/{model_id}/_deploy`,
		ids: { task_id: "early_task_id" },
	},
	{
		name: "get task of a deployment while chunks are missing",
		method: "GET",
		path: `${tasks}/{early_task_id}`,
		untilFinal: true,
	},
	chunk("good, the last", "{model_id}/upload_chunk/1", { zeroBytes: 10 }),
	{
		name: "get model after the last chunk",
		method: "GET",
		path: `${models}/{model_id}`,
	},
	{
		name: "predict, not deployed",
		method: "POST",
		path: `${models}/{model_id}/_predict`,
		body: { text_docs: ["hello"] },
	},
	{
		name: "deploy with another hash than registered",
		method: "POST",
		path: `${models}/{model_id}/_deploy`,
		ids: { task_id: "failed_task_id" },
	},
	{
		name: "get task of a deployment with another hash than registered",
		method: "GET",
		path: `${tasks}/{failed_task_id}`,
		untilFinal: true,
	},
	{
		name: "get model after a failed deployment",
		method: "GET",
		path: `${models}/{model_id}`,
	},
	{
		name: "undeploy, not deployed",
		method: "POST",
		path: `${models}/{model_id}/_undeploy`,
	},
	{
		name: "undeploy, unknown",
		method: "POST",
		path: `${models}/unknown/_undeploy`,
	},
	{ name: "undeploy nothing", method: "POST", path: `${models}/_undeploy` },
	{ name: "get model, unknown", method: "GET", path: `${models}/unknown` },
	{ name: "get task, unknown", method: "GET", path: `${tasks}/unknown` },
	{
		name: "deploy, unknown",
		method: "POST",
		path: `${models}/unknown/_deploy`,
	},
	{
		name: "predict, unknown",
		method: "POST",
		path: `${models}/unknown/_predict`,
		body: { text_docs: ["hello"] },
	},
	{
		name: "delete model, unknown",
		method: "DELETE",
		path: `${models}/unknown`,
	},
	{ name: "delete task, unknown", method: "DELETE", path: `${tasks}/unknown` },
	{
		name: "delete model, never deployed",
		method: "DELETE",
		path: `${models}/{model_id}`,
	},
	{
		name: "delete task",
		method: "DELETE",
		path: `${tasks}/{failed_task_id}`,
	},
];
