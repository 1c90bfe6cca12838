import { type Call, get, post, put, remove, type Topic } from "../call.ts";
import { base, deployed, ended, models, registered } from "../preparations.ts";

const controllers = `${base}/controllers`;

/** What was changed reaches the model's node a moment later. */
function predict(name: string, untilStatus?: number): Call {
	return post(name, `${models}/{model_id}/_predict`, {
		body: { text_docs: ["the word"], return_number: false },
		...(untilStatus !== undefined && { untilStatus }),
	});
}

const aDay = { limit: "1", unit: "DAYS" };

function create(name: string, body: unknown, id = "{model_id}"): Call {
	return post(name, `${controllers}/${id}`, body === undefined ? {} : { body });
}

/** What keeps a model from being asked: `is_enabled`, its rate limit, its users' rate limits. */
export const limitsTopic: Topic = {
	name: "limits",
	scenarios: [
		{
			name: "a disabled model",
			calls: [
				...deployed(),
				put("disable", `${models}/{model_id}`, { body: { is_enabled: false } }),
				predict("predict", 403),
				post("deploy", `${models}/{model_id}/_deploy`, {
					binds: { task_id: "task_id" },
				}),
				ended("deploy: the task"),
				get("deployed", `${models}/{model_id}`, {
					until: { path: "model_state", is: ["DEPLOYED"] },
				}),
				put("enable", `${models}/{model_id}`, { body: { is_enabled: true } }),
				predict("predict again", 200),
			],
		},
		{
			name: "a model's rate limit",
			calls: [
				...deployed(),
				put("limit", `${models}/{model_id}`, { body: { rate_limiter: aDay } }),
				predict("within"),
				predict("beyond", 429),
				predict("beyond once more"),
				post("a bad request beyond", `${models}/{model_id}/_predict`, {
					body: {},
				}),
				put("a wider limit", `${models}/{model_id}`, {
					body: { rate_limiter: { limit: "100", unit: "MILLISECONDS" } },
				}),
				predict("within the wider limit", 200),
			],
		},
		{
			name: "controllers without an index",
			calls: [
				get("get", `${controllers}/unknown`),
				put("update", `${controllers}/unknown`, {
					body: { user_rate_limiter: { admin: aDay } },
				}),
				remove("delete", `${controllers}/unknown`),
				create(
					"create for an unknown model",
					{ user_rate_limiter: { admin: aDay } },
					"unknown",
				),
			],
		},
		{
			name: "a controller's life",
			calls: [
				...registered(),
				get("get before there is one", `${controllers}/{model_id}`),
				create("without a body", undefined),
				create("an empty object", {}),
				create("not JSON", "M1"),
				create("user_rate_limiter a string", { user_rate_limiter: "x" }),
				create("a bad limit", {
					user_rate_limiter: { admin: { limit: "x", unit: "DAYS" } },
				}),
				create("an unknown unit", {
					user_rate_limiter: { admin: { limit: "1", unit: "FORTNIGHTS" } },
				}),
				create("without a unit", {
					user_rate_limiter: { admin: { limit: "1" } },
				}),
				create("unknown fields", { magic: 1 }),
				create("good", { user_rate_limiter: { admin: aDay } }),
				get("get", `${controllers}/{model_id}`),
				get("get with a trailing slash", `${controllers}/{model_id}/`),
				get("the model", `${models}/{model_id}`),
				create("a second one", { user_rate_limiter: { other: aDay } }),
				get("get after the second", `${controllers}/{model_id}`),
				put("update", `${controllers}/{model_id}`, {
					body: { user_rate_limiter: { third: { limit: "5", unit: "HOURS" } } },
				}),
				get("get after the update", `${controllers}/{model_id}`),
				put("update with a bad limit", `${controllers}/{model_id}`, {
					body: { user_rate_limiter: { admin: { limit: "x", unit: "DAYS" } } },
				}),
				put("update without a body", `${controllers}/{model_id}`),
				put("update with an empty object", `${controllers}/{model_id}`, {
					body: {},
				}),
				put("update, unknown", `${controllers}/unknown`, {
					body: { user_rate_limiter: { admin: aDay } },
				}),
				get("get, unknown", `${controllers}/unknown`),
				remove("delete, unknown", `${controllers}/unknown`),
				remove("delete", `${controllers}/{model_id}`),
				get("get, deleted", `${controllers}/{model_id}`),
				remove("delete again", `${controllers}/{model_id}`),
				get("the model after it", `${models}/{model_id}`),
			],
		},
		{
			name: "controllers of a deployed model",
			calls: [
				...deployed(),
				create("create", { user_rate_limiter: { admin: aDay } }),
				predict("predict without a user"),
				predict("predict without a user once more"),
				remove("delete", `${controllers}/{model_id}`),
				put("controllers are off", "/_cluster/settings", {
					body: {
						persistent: { "plugins.ml_commons.controller_enabled": false },
					},
					prepares: true,
				}),
				create("create while they are off", {
					user_rate_limiter: { admin: aDay },
				}),
				get("get while they are off", `${controllers}/{model_id}`),
				put("controllers are on", "/_cluster/settings", {
					body: {
						persistent: { "plugins.ml_commons.controller_enabled": null },
					},
					prepares: true,
				}),
			],
		},
		{
			name: "a controller goes with its model",
			calls: [
				...registered(),
				create("create", { user_rate_limiter: { admin: aDay } }),
				remove("delete the model", `${models}/{model_id}`),
				get("the controller", `${controllers}/{model_id}`),
			],
		},
	],
};
