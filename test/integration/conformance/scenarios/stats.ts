import { get, post, type Topic } from "../call.ts";
import {
	base,
	deployed,
	finalStates,
	models,
	registered,
} from "../preparations.ts";

const stats = `${base}/stats`;
const predict = `${models}/{model_id}/_predict`;

/** Counters are those of the node's life: these scenarios are the first ones that a node sees. */
export const statsTopic: Topic = {
	name: "stats",
	scenarios: [
		{
			name: "nothing was ever done",
			calls: [
				get("all", stats),
				get("all, trailing slash", `${stats}/`),
				get("an index's status", `${stats}/ml_model_index_status`),
				get("a count", `${stats}/ml_model_count`),
				get("a node's stat", `${stats}/ml_request_count`),
				get("of a node", `${base}/{node_id}/stats`),
				get("of an unknown node", `${base}/unknown/stats`),
				get("of all nodes", `${base}/_all/stats/ml_request_count`),
				get("unknown stat", `${stats}/magic`),
				get("unknown stat in upper case", `${stats}/ML_MODEL_COUNT`),
			],
		},
		{
			name: "after a model was deployed and asked",
			calls: [
				...deployed(),
				post("good", predict, {
					body: { text_docs: ["the word"] },
					prepares: true,
				}),
				post("bad", predict, { body: { text_docs: [] } }),
				get("all", stats),
				get("two stats", `${stats}/ml_model_count,ml_request_count`),
				get("of a node", `${base}/{node_id}/stats/`),
				get(
					"a stat of a node",
					`${base}/{node_id}/stats/ml_deployed_model_count`,
				),
				get(
					"a cluster's stat of a node",
					`${base}/{node_id}/stats/ml_model_count`,
				),
				get("by body: cluster level", stats, {
					body: { target_stat_levels: ["CLUSTER"] },
				}),
				get("by body: cluster level in lower case", stats, {
					body: { target_stat_levels: ["cluster"] },
				}),
				get("by body: node level", stats, {
					body: { target_stat_levels: ["NODE"] },
				}),
				get("by body: algorithm level", stats, {
					body: { target_stat_levels: ["ALGORITHM"] },
				}),
				get("by body: model level", stats, {
					body: { target_stat_levels: ["MODEL"] },
				}),
				get("by body: action level", stats, {
					body: { target_stat_levels: ["ACTION"] },
				}),
				get("by body: unknown level", stats, {
					body: { target_stat_levels: ["MAGIC"] },
				}),
				get("by body: cluster stats", stats, {
					body: { cluster_level_stats: ["ML_MODEL_COUNT"] },
				}),
				get("by body: node stats", stats, {
					body: { node_level_stats: ["ML_REQUEST_COUNT"] },
				}),
				get("by body: an unknown node stat", stats, {
					body: { node_level_stats: ["MAGIC"] },
				}),
				get("by body: action stats", stats, {
					body: { action_level_stats: ["ML_ACTION_REQUEST_COUNT"] },
				}),
				get("by body: an algorithm", stats, {
					body: {
						target_stat_levels: ["ALGORITHM"],
						algorithms: ["TEXT_EMBEDDING"],
					},
				}),
				get("by body: an action of a model", stats, {
					body: {
						target_stat_levels: ["MODEL"],
						models: ["{model_id}"],
						actions: ["PREDICT"],
					},
				}),
				get("by body: a node", stats, {
					body: { target_stat_levels: ["NODE"], node_ids: ["{node_id}"] },
				}),
				get("by body: an unknown node", stats, {
					body: { target_stat_levels: ["NODE"], node_ids: ["unknown"] },
				}),
				get("by body: empty", stats, { body: {} }),
				get("by body: not JSON", stats, { body: "M1" }),
				get("by body: unknown fields", stats, { body: { magic: ["x"] } }),
			],
		},
		{
			name: "after a deployment failed",
			calls: [
				...registered("model_id", {}, "broken"),
				post("deploy", `${models}/{model_id}/_deploy`, {
					binds: { task_id: "task_id" },
					prepares: true,
				}),
				get("failed", `${base}/tasks/{task_id}`, {
					until: { path: "state", is: finalStates },
					prepares: true,
				}),
				get("the model's counters", stats, {
					body: { target_stat_levels: ["MODEL"], models: ["{model_id}"] },
				}),
			],
		},
	],
};
