import { type Call, post, type Scenario } from "../call.ts";
import { models } from "../preparations.ts";

/** Metadata of a model in two chunks. */
export const metadata = {
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

function meta(name: string, body: unknown): Call {
	return post(name, `${models}/_register_meta`, { body });
}

/** Registers metadata that is changed in one place. */
export function changed(
	name: string,
	change: Readonly<Record<string, unknown>>,
) {
	return meta(name, { ...metadata, ...change });
}

function config(name: string, change: Readonly<Record<string, unknown>>) {
	return changed(name, {
		model_config: { ...metadata.model_config, ...change },
	});
}

/** Metadata with one thing wrong, or nothing. */
export const metadataScenario: Scenario = {
	name: "metadata",
	calls: [
		meta("without a body", undefined),
		meta("not JSON", "M1"),
		meta("an array", []),
		meta("an empty object", {}),
		changed("without name", { name: undefined }),
		changed("without model_format", { model_format: undefined }),
		changed("without hash", { model_content_hash_value: undefined }),
		changed("without total_chunks", { total_chunks: undefined }),
		changed("without model_config", { model_config: undefined }),
		changed("model_format in lower case", { model_format: "onnx" }),
		changed("unknown model_format", { model_format: "MAGIC" }),
		changed("function_name in lower case", {
			function_name: "text_embedding",
		}),
		changed("unknown function_name", { function_name: "MAGIC" }),
		changed("total_chunks not a number", { total_chunks: "x" }),
		changed("total_chunks a number in a string", { total_chunks: "2" }),
		changed("total_chunks zero", { total_chunks: 0 }),
		changed("total_chunks negative", { total_chunks: -1 }),
		changed("name a number", { name: 7 }),
		changed("name empty", { name: "" }),
		changed("name null", { name: null }),
		changed("name an object", { name: {} }),
		changed("description a number", { description: 7 }),
		changed("model_content_size_in_bytes not a number", {
			model_content_size_in_bytes: "x",
		}),
		changed("model_config a string", { model_config: "bert" }),
		changed("is_enabled not a boolean", { is_enabled: "x" }),
		changed("rate_limiter with an unknown unit", {
			rate_limiter: { limit: "1", unit: "FORTNIGHTS" },
		}),
		changed("rate_limiter with a bad limit", {
			rate_limiter: { limit: "x", unit: "MINUTES" },
		}),
		changed("access_mode without access control", {
			access_mode: "public",
		}),
		config("without model_type", { model_type: undefined }),
		config("without embedding_dimension", {
			embedding_dimension: undefined,
		}),
		config("embedding_dimension not a number", {
			embedding_dimension: "x",
		}),
		config("without framework_type", { framework_type: undefined }),
		config("unknown framework_type", { framework_type: "magic" }),
		config("unknown pooling_mode", { pooling_mode: "magic" }),
		config("pooling_mode in lower case", { pooling_mode: "mean" }),
		config("the same key in all_config and additional_config", {
			additional_config: { hidden_size: 384 },
		}),
		changed("unknown fields", { unknown: { nested: [1] } }),
		changed("unknown model_group_id", { model_group_id: "unknown" }),
	],
};
