import { type Call, get, older, post, put, type Topic } from "../call.ts";
import {
	base,
	byUrl,
	ended,
	finalStates,
	models,
	tasks,
	tinyConfig,
	urlsAllowed,
} from "../preparations.ts";

const body = byUrl("tiny", { name: "by-url" });

function refused(name: string, change: Readonly<Record<string, unknown>>) {
	return post(name, `${models}/_register`, { body: { ...body, ...change } });
}

/** A registration that is taken, and the task in which it fails. */
function failing(name: string, change: Readonly<Record<string, unknown>>) {
	// A name of its own: what a failure takes away may go after its task has ended.
	const call = refused(name, { name: `by-url, ${name}`, ...change });
	return [
		{ ...call, binds: { task_id: "task_id" } },
		ended(`${name}: the task`),
	];
}

function archive(name: string): Record<string, unknown> {
	return {
		url: `file://{archive_folder}/${name}.zip`,
		model_content_hash_value: `{${name}_hash}`,
	};
}

function setting(name: string, value: unknown): Call {
	return put(`${name} is ${value}`, "/_cluster/settings", {
		body: { persistent: { [`plugins.ml_commons.${name}`]: value } },
		prepares: true,
	});
}

/** Registration by URL: what is refused at once, and what fails in the task. */
export const registerUrlTopic: Topic = {
	name: "register-url",
	scenarios: [
		{
			name: "good",
			calls: [
				urlsAllowed,
				post("register", `${models}/_register`, {
					body,
					binds: { task_id: "task_id" },
				}),
				get("the task", `${tasks}/{task_id}`, {
					until: { path: "state", is: finalStates },
					binds: { model_id: "model_id" },
				}),
				get("the model", `${models}/{model_id}`),
				older(
					post("on the older route", `${models}/_upload`, {
						body,
						binds: { task_id: "task_id" },
					}),
				),
				get("on the older route: the task", `${tasks}/{task_id}`, {
					until: { path: "state", is: finalStates },
					binds: { second_id: "model_id" },
				}),
				get("on the older route: the model", `${models}/{second_id}`),
				post(
					"with id and version in the path",
					`${models}/anything/7/_register`,
					{ body },
				),
				older(
					post(
						"with id and version in the path, older",
						`${models}/anything/7/_upload`,
						{ body },
					),
				),
				refused("unknown fields", { name: "more", magic: { a: [1] } }),
				refused("function_name in lower case", {
					name: "lower",
					function_name: "text_embedding",
				}),
				refused("model_format in lower case", {
					name: "format",
					model_format: "onnx",
				}),
			],
		},
		{
			name: "with deployment",
			calls: [
				urlsAllowed,
				post("register", `${models}/_register?deploy=true`, {
					body,
					binds: { task_id: "task_id" },
				}),
				get("the task", `${tasks}/{task_id}`, {
					until: { path: "state", is: finalStates },
					binds: { model_id: "model_id" },
				}),
				get("the model", `${models}/{model_id}`, {
					until: { path: "model_state", is: ["DEPLOYED"] },
				}),
				post("deploy is no boolean", `${models}/_register?deploy=x`, { body }),
			],
		},
		{
			name: "refused at once",
			calls: [
				urlsAllowed,
				post("without a body", `${models}/_register`),
				post("not JSON", `${models}/_register`, { body: "M1" }),
				post("an array", `${models}/_register`, { body: [] }),
				post("an empty object", `${models}/_register`, { body: {} }),
				refused("without name", { name: undefined }),
				refused("without model_format", { model_format: undefined }),
				refused("unknown model_format", { model_format: "MAGIC" }),
				refused("unknown function_name", { function_name: "MAGIC" }),
				refused("without model_config", { model_config: undefined }),
				refused("model_config a string", { model_config: "bert" }),
				refused("without model_type", {
					model_config: { ...tinyConfig, model_type: undefined },
				}),
				refused("without embedding_dimension", {
					model_config: { ...tinyConfig, embedding_dimension: undefined },
				}),
				refused("without framework_type", {
					model_config: { ...tinyConfig, framework_type: undefined },
				}),
				refused("unknown framework_type", {
					model_config: { ...tinyConfig, framework_type: "magic" },
				}),
				refused("unknown pooling_mode", {
					model_config: { ...tinyConfig, pooling_mode: "magic" },
				}),
				refused("the same key in all_config and additional_config", {
					model_config: {
						...tinyConfig,
						all_config: '{"hidden_size":2}',
						additional_config: { hidden_size: 2 },
					},
				}),
				refused("rate_limiter with a bad limit", {
					rate_limiter: { limit: "-1", unit: "MINUTES" },
				}),
				refused("rate_limiter with an unknown unit", {
					rate_limiter: { limit: "1", unit: "FORTNIGHTS" },
				}),
				refused("a url without a scheme", { url: "tiny.zip" }),
				refused("a url of an unknown scheme", { url: "gopher://a/tiny.zip" }),
				refused("an empty url", { url: "" }),
			],
		},
		{
			name: "not allowed by url",
			calls: [
				setting("allow_registering_model_via_url", false),
				refused("register", {}),
				urlsAllowed,
				setting("trusted_url_regex", "^https://example.com/"),
				refused("a url that is not trusted", {}),
				setting("trusted_url_regex", null),
				setting("allow_registering_model_via_local_file", false),
				post(
					"metadata while local files are not allowed",
					`${models}/_register_meta`,
					{
						body: { name: "x" },
					},
				),
				post(
					"a chunk while local files are not allowed",
					`${models}/unknown/upload_chunk/0`,
					{
						bytes: { zeros: 10 },
					},
				),
				setting("allow_registering_model_via_local_file", null),
				setting("local_model.enabled", false),
				refused("register while local models are disabled", {}),
				setting("local_model.enabled", null),
			],
		},
		{
			name: "failing in the task",
			calls: [
				urlsAllowed,
				...failing("without a hash", { model_content_hash_value: undefined }),
				...failing("another hash", {
					model_content_hash_value: "{no_model_hash}",
				}),
				...failing("a hash in upper case", {
					model_content_hash_value: "ABCDEF",
				}),
				...failing("no model file", archive("no_model")),
				...failing("no tokenizer", archive("no_tokenizer")),
				...failing("two models", archive("two_models")),
				...failing("a .pt file in an ONNX model", archive("torch_file")),
				...failing("an empty archive", archive("empty")),
				...failing("not a zip file", archive("not_a_zip")),
				...failing("an unknown model_group_id", { model_group_id: "unknown" }),
				...failing("a missing file", {
					url: "file://{archive_folder}/missing.zip",
				}),
				...failing("a folder", { url: "file://{archive_folder}" }),
				post("search the models after all that failed", `${models}/_search`, {
					body: { query: { match_all: {} } },
				}),
				post(
					"search the groups after all that failed",
					`${base}/model_groups/_search`,
					{ body: { query: { match_all: {} } } },
				),
			],
		},
	],
};
