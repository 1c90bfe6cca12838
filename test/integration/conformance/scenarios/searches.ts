import { type Call, get, post, type Scenario, type Topic } from "../call.ts";
import { base, deployed, groups, models, tasks } from "../preparations.ts";
import { modelSearches } from "./model-searches.ts";

const search = `${models}/_search`;

function query(name: string, body: unknown, path = search): Call {
	return post(name, path, body === undefined ? {} : { body });
}

const nothing: Scenario = {
	name: "no index yet",
	calls: [
		query("models", { query: { match_all: {} } }),
		get("models without a body", search),
		query("tasks", { query: { match_all: {} } }, `${tasks}/_search`),
		query("groups", { query: { match_all: {} } }, `${groups}/_search`),
		query("models, bad query", { query: { magic: {} } }),
	],
};

const byType = [{ task_type: "asc" }];

/** Searches for models, tasks and groups: OpenSearch's query language on hidden indices. */
export const searchesTopic: Topic = {
	name: "searches",
	scenarios: [
		nothing,
		...modelSearches,
		{
			name: "tasks",
			calls: [
				...deployed(),
				post("the task's end is stored", `${tasks}/_search`, {
					body: { query: { term: { task_type: "DEPLOY_MODEL" } } },
					until: { path: "hits.hits.0._source.state", is: ["COMPLETED"] },
					prepares: true,
				}),
				query(
					"all",
					{ query: { match_all: {} }, sort: byType },
					`${tasks}/_search`,
				),
				get("all by GET", `${tasks}/_search`, {
					body: { query: { match_all: {} }, sort: byType },
				}),
				query(
					"by model and state",
					{
						sort: byType,
						query: {
							bool: {
								filter: [
									{ term: { model_id: "{model_id}" } },
									{ term: { state: "COMPLETED" } },
								],
							},
						},
					},
					`${tasks}/_search`,
				),
				query(
					"by function_name",
					{
						query: {
							bool: { filter: [{ term: { function_name: "TEXT_EMBEDDING" } }] },
						},
						sort: byType,
						_source: ["state", "task_type"],
					},
					`${tasks}/_search`,
				),
				query(
					"nothing found",
					{ query: { term: { state: "FAILED" } } },
					`${tasks}/_search`,
				),
				query(
					"sorted by time",
					{ sort: [{ create_time: "desc" }], _source: false },
					`${tasks}/_search`,
				),
				query(
					"aggregations",
					{ size: 0, aggs: { types: { terms: { field: "task_type" } } } },
					`${tasks}/_search`,
				),
				query("unknown query", { query: { magic: {} } }, `${tasks}/_search`),
				query("without a body", undefined, `${tasks}/_search`),
				get("without a body by GET", `${tasks}/_search`),
			],
		},
		{
			name: "groups",
			calls: [
				post("first", `${groups}/_register`, {
					body: { name: "first", description: "the first group" },
					binds: { first_id: "model_group_id" },
					prepares: true,
				}),
				post("second", `${groups}/_register`, {
					body: { name: "second" },
					prepares: true,
					binds: { second_id: "model_group_id" },
				}),
				query(
					"all, sorted",
					{ query: { match_all: {} }, sort: [{ "name.keyword": "asc" }] },
					`${groups}/_search`,
				),
				get("by GET", `${groups}/_search`, {
					body: { query: { term: { "name.keyword": "first" } } },
				}),
				query(
					"match on description",
					{ query: { match: { description: "first" } } },
					`${groups}/_search`,
				),
				query(
					"nothing found",
					{ query: { term: { "name.keyword": "third" } } },
					`${groups}/_search`,
				),
				query("unknown query", { query: { magic: {} } }, `${groups}/_search`),
				query("without a body", undefined, `${groups}/_search`),
				query(
					"the older path of a search",
					{ size: 0 },
					`${base}/model_groups/_search/`,
				),
			],
		},
	],
};
