import { type Call, get, post, put, remove, type Topic } from "../call.ts";
import { deployed, groups, models, registered } from "../preparations.ts";

function update(name: string, body: unknown): Call {
	return put(name, `${models}/{model_id}`, body === undefined ? {} : { body });
}

const seen = (name: string) => get(name, `${models}/{model_id}`);

/** Reading, changing and deleting a model. */
export const modelsTopic: Topic = {
	name: "models",
	scenarios: [
		{
			name: "get",
			calls: [
				...registered(),
				seen("good"),
				get("trailing slash", `${models}/{model_id}/`),
				get("with its content", `${models}/{model_id}?return_content=true`),
				get(
					"return_content not a boolean",
					`${models}/{model_id}?return_content=x`,
				),
				get("a chunk", `${models}/{model_id}_0`),
				get("unknown", `${models}/unknown`),
				get("models without an id", models),
			],
		},
		{
			name: "update",
			calls: [
				...registered(),
				update("name", { name: "renamed" }),
				seen("name: the model"),
				update("description", { description: "what it is for" }),
				update("is_enabled", { is_enabled: false }),
				update("is_enabled again", { is_enabled: true }),
				update("rate_limiter", {
					rate_limiter: { limit: "4", unit: "MINUTES" },
				}),
				update("rate_limiter's limit alone", { rate_limiter: { limit: 9 } }),
				seen("rate_limiter: the model"),
				update("model_config", { model_config: { pooling_mode: "CLS" } }),
				update("model_config with all it needs", {
					model_config: {
						model_type: "distilbert",
						embedding_dimension: 2,
						framework_type: "sentence_transformers",
						pooling_mode: "cls",
						additional_config: { space_type: "l2" },
					},
				}),
				seen("model_config: the model"),
				update("deploy_setting", {
					deploy_setting: {
						is_auto_deploy_enabled: true,
						model_ttl_minutes: 3,
					},
				}),
				update("interface", { interface: { input: '{"type":"object"}' } }),
				seen("all: the model"),
				update("an empty object", {}),
				update("unknown fields alone", { magic: 1 }),
				seen("unknown fields: the model"),
				update("fields that are not to be changed", {
					version: "9",
					function_name: "SPARSE_ENCODING",
					model_state: "DEPLOYED",
				}),
				seen("fields that are not to be changed: the model"),
				update("without a body", undefined),
				update("not JSON", "M1"),
				update("an array", []),
				update("name a number", { name: 7 }),
				update("name null", { name: null }),
				update("name empty", { name: "" }),
				update("name an object", { name: {} }),
				update("description an object", { description: {} }),
				update("is_enabled not a boolean", { is_enabled: "x" }),
				update("rate_limiter a string", { rate_limiter: "x" }),
				update("rate_limiter with a bad limit", {
					rate_limiter: { limit: "x", unit: "MINUTES" },
				}),
				update("rate_limiter with a limit of zero", {
					rate_limiter: { limit: "0", unit: "MINUTES" },
				}),
				update("rate_limiter with an unknown unit", {
					rate_limiter: { limit: "1", unit: "FORTNIGHTS" },
				}),
				update("rate_limiter with a unit in lower case", {
					rate_limiter: { limit: "1", unit: "minutes" },
				}),
				update("model_config a string", { model_config: "bert" }),
				update("model_config with an unknown framework_type", {
					model_config: { framework_type: "magic" },
				}),
				update("model_config with an unknown pooling_mode", {
					model_config: { pooling_mode: "magic" },
				}),
				update("unknown model_group_id", { model_group_id: "unknown" }),
				update("connector_id of a local model", { connector_id: "x" }),
				put("unknown", `${models}/unknown`, { body: { name: "x" } }),
				put("trailing slash", `${models}/{model_id}/`, {
					body: { description: "slashed" },
				}),
			],
		},
		{
			name: "update of the group",
			calls: [
				...registered(),
				post("another group", `${groups}/_register`, {
					body: { name: "another" },
					binds: { group_id: "model_group_id" },
					prepares: true,
				}),
				update("model_group_id", { model_group_id: "{group_id}" }),
				seen("the model"),
				get("its group", `${groups}/{group_id}`),
				get("its former group", `${groups}/{model_id_group}`),
				update("the same group once more", { model_group_id: "{group_id}" }),
				get("its group after that", `${groups}/{group_id}`),
			],
		},
		{
			name: "update while deployed",
			calls: [
				...deployed(),
				update("name", { name: "renamed" }),
				update("model_config", { model_config: { pooling_mode: "CLS" } }),
				update("is_enabled", { is_enabled: false }),
				seen("the model"),
				post("predict while disabled", `${models}/{model_id}/_predict`, {
					untilStatus: 403,
					body: { text_docs: ["the word"] },
				}),
				update("is_enabled again", { is_enabled: true }),
				post("predict while enabled again", `${models}/{model_id}/_predict`, {
					untilStatus: 200,
					body: { text_docs: ["the word"] },
				}),
			],
		},
		{
			name: "delete",
			calls: [
				...registered(),
				remove("trailing slash", `${models}/{model_id}/`),
				get("get", `${models}/{model_id}`),
				get("get a chunk", `${models}/{model_id}_0`),
				remove("again", `${models}/{model_id}`),
				remove("unknown", `${models}/unknown`),
				put("update", `${models}/{model_id}`, { body: { name: "x" } }),
				get("its group stays", `${groups}/{model_id_group}`),
			],
		},
	],
};
