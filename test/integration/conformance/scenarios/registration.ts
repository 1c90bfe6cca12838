import { type Call, get, older, post, remove, type Topic } from "../call.ts";
import { ended, models, tasks, tinyMeta } from "../preparations.ts";
import { changed, metadata, metadataScenario } from "./metadata.ts";

/** The state of a model whose chunks are not what was said, where that is looked at. */
const incomplete = "REGISTERING";

function chunk(name: string, number: string, zeros?: number): Call {
	return post(name, `${models}/{model_id}/upload_chunk/${number}`, {
		...(zeros !== undefined && { bytes: { zeros } }),
	});
}

/** One half of the small model's archive. */
function half(name: string, number: 0 | 1): Call {
	const middle = 1500;
	return post(name, `${models}/{model_id}/upload_chunk/${number}`, {
		bytes: {
			archive: "tiny",
			...(number === 0 ? { to: middle } : { from: middle }),
		},
	});
}

/** Metadata and chunks, and what becomes of a model whose chunks are not what was said. */
export const registrationTopic: Topic = {
	name: "registration",
	scenarios: [
		{
			name: "no index yet",
			calls: [
				get("get model", `${models}/unknown`),
				get("get task", `${tasks}/unknown`),
				post("upload chunk", `${models}/unknown/upload_chunk/0`, {
					bytes: { zeros: 10 },
				}),
				post("deploy", `${models}/unknown/_deploy`),
				post("predict", `${models}/unknown/_predict`, {
					body: { text_docs: ["hello"] },
				}),
				post("undeploy", `${models}/unknown/_undeploy`),
				remove("delete model", `${models}/unknown`),
				remove("delete task", `${tasks}/unknown`),
			],
		},
		metadataScenario,
		{
			name: "defaults",
			calls: [
				post("without version and function_name", `${models}/_register_meta`, {
					body: {
						...metadata,
						version: undefined,
						function_name: undefined,
						name: "recorded-defaults",
					},
					binds: { model_id: "model_id" },
				}),
				get("get", `${models}/{model_id}`),
				older(
					post(
						"on the older route with an empty model_group_id",
						`${models}/meta`,
						{
							body: {
								...metadata,
								name: "recorded-older-route",
								model_group_id: "",
							},
						},
					),
				),
			],
		},
		{
			name: "chunks",
			calls: [
				post("register", `${models}/_register_meta`, {
					body: metadata,
					binds: { model_id: "model_id" },
				}),
				get("get while chunks are missing", `${models}/{model_id}`),
				post("to an unknown model", `${models}/unknown/upload_chunk/0`, {
					bytes: { zeros: 10 },
				}),
				chunk("number not a number", "x", 10),
				chunk("number negative", "-1", 10),
				chunk("number beyond the last", "2", 10),
				chunk("without a body", "0"),
				chunk("too large", "0", 10_000_001),
				{
					...chunk("as octet-stream", "0", 10),
					headers: { "content-type": "application/octet-stream" },
				},
				post("JSON as bytes", `${models}/{model_id}/upload_chunk/0`, {
					body: { chunk: "chunk0" },
				}),
				chunk("good", "0", 10),
				older(
					post("good on the older route", `${models}/{model_id}/chunk/0`, {
						bytes: { zeros: 10 },
					}),
				),
				post(
					"deploy while chunks are missing",
					`${models}/{model_id}/_deploy`,
					{
						binds: { task_id: "task_id" },
					},
				),
				ended("task of the deployment while chunks are missing"),
				chunk("good, the last", "1", 10),
				post("predict, not deployed", `${models}/{model_id}/_predict`, {
					body: { text_docs: ["hello"] },
				}),
				post(
					"deploy with another hash than registered",
					`${models}/{model_id}/_deploy`,
					{ binds: { task_id: "task_id" } },
				),
				ended("task of the deployment with another hash"),
				get("get after the failed deployment", `${models}/{model_id}`, {
					until: { path: "model_state", is: ["DEPLOY_FAILED", incomplete] },
				}),
				post("undeploy, not deployed", `${models}/{model_id}/_undeploy`),
				get("get after undeploying it all the same", `${models}/{model_id}`, {
					until: { path: "model_state", is: ["UNDEPLOYED", incomplete] },
				}),
				remove("delete the task", `${tasks}/{task_id}`),
				get("get the deleted task", `${tasks}/{task_id}`),
				remove("delete", `${models}/{model_id}`),
				get("get, deleted", `${models}/{model_id}`),
			],
		},
		{
			name: "chunks that are what was said",
			calls: [
				post("register", `${models}/_register_meta`, {
					body: tinyMeta({ total_chunks: 2, description: "in two chunks" }),
					binds: { model_id: "model_id" },
				}),
				half("the second", 1),
				half("the first", 0),
				half("the second again", 1),
				get("get", `${models}/{model_id}`, {
					until: { path: "model_state", is: ["REGISTERED"] },
				}),
			],
		},
		{
			name: "all that metadata may hold",
			calls: [
				{
					...changed("register", {
						is_enabled: false,
						rate_limiter: { limit: "4", unit: "MINUTES" },
						deploy_setting: {
							is_auto_deploy_enabled: true,
							model_ttl_minutes: 5,
						},
						interface: {
							input: '{"type":"object"}',
							output: '{"type":"object"}',
						},
						model_config: {
							...metadata.model_config,
							additional_config: { space_type: "l2" },
							model_max_length: 128,
							query_prefix: "query: ",
							passage_prefix: "passage: ",
						},
					}),
					binds: { model_id: "model_id" },
				},
				get("get", `${models}/{model_id}`),
			],
		},
	],
};
