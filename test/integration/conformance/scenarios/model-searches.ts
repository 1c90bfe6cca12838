import { type Call, get, post, type Scenario } from "../call.ts";
import { models, registered } from "../preparations.ts";

const search = `${models}/_search`;
const meta = { must_not: { exists: { field: "chunk_number" } } };

function query(name: string, body: unknown, path = search): Call {
	return post(name, path, body === undefined ? {} : { body });
}

const named = (name: string) => ({
	query: { bool: { must: { term: { "name.keyword": name } }, ...meta } },
});

/** Searches for models, with and without their chunks. */
export const modelSearches: readonly Scenario[] = [
	{
		name: "models",
		calls: [
			...registered("first_id", { name: "first" }),
			...registered("second_id", { name: "second" }),
			query("name.keyword", named("first")),
			get("name.keyword by GET", search, { body: named("first") }),
			get(
				"by source",
				`${search}?source_content_type=application/json&source=${encodeURIComponent(JSON.stringify({ ...named("second"), _source: ["name"] }))}`,
			),
			query("match_all without chunks, sorted", {
				query: { bool: meta },
				sort: [{ "name.keyword": "desc" }],
			}),
			query("match_all, chunks as well, sorted", {
				query: { match_all: {} },
				sort: [
					{ "name.keyword": "asc" },
					{ chunk_number: { order: "asc", missing: "_first" } },
				],
				_source: { excludes: ["model_content"] },
			}),
			query("chunks of a model", {
				query: { term: { model_id: "{first_id}" } },
			}),
			query("a chunk's content asked for", {
				query: { term: { model_id: "{first_id}" } },
				_source: ["chunk_number", "model_content"],
			}),
			query("match on name", {
				query: { bool: { must: { match: { name: "second" } }, ...meta } },
			}),
			query("algorithm and state", {
				query: {
					bool: {
						filter: [
							{ term: { algorithm: "TEXT_EMBEDDING" } },
							{ terms: { model_state: ["REGISTERED", "DEPLOYED"] } },
						],
						...meta,
					},
				},
				sort: [{ "name.keyword": "asc" }],
				_source: ["name", "model_state"],
			}),
			query("the fields of configuration", {
				query: {
					bool: {
						filter: { term: { "model_config.embedding_dimension": 2 } },
						...meta,
					},
				},
				sort: [{ "name.keyword": "asc" }],
				_source: ["model_config"],
			}),
			query("by group", {
				query: {
					bool: {
						filter: { term: { model_group_id: "{first_id_group}" } },
						...meta,
					},
				},
				_source: ["name"],
			}),
			query("ids", { query: { ids: { values: ["{second_id}"] } } }),
			query("nothing found", named("third")),
			query("aggregations", {
				size: 0,
				query: { bool: meta },
				aggs: {
					states: { terms: { field: "model_state" } },
					functions: { terms: { field: "algorithm" } },
				},
			}),
			query("size 0", { size: 0, query: { bool: meta } }),
			query("from and size", {
				from: 1,
				size: 1,
				query: { bool: meta },
				sort: [{ "name.keyword": "asc" }],
				_source: false,
			}),
			query("sorted by time", {
				size: 1,
				query: { bool: meta },
				sort: [{ created_time: "asc" }],
				_source: ["name"],
			}),
			query("_source includes and excludes", {
				...named("first"),
				_source: {
					includes: ["name", "model_*"],
					excludes: ["model_config"],
				},
			}),
			query("an empty object", { size: 0 }),
			query(
				"total as a number",
				{ ...named("first"), _source: false, size: 0 },
				`${search}?rest_total_hits_as_int=true`,
			),
			query(
				"with a trailing slash",
				{ size: 0, query: { bool: meta } },
				`${search}/`,
			),
			query("without a body", undefined),
			query("not JSON", "M1"),
			query("an array", []),
			query("unknown query", { query: { magic: {} } }),
			query("unknown field of the body", { magic: 1 }),
			query("size negative", { size: -1 }),
			query("size beyond the window", { size: 10_001 }),
			query("size not a number", { size: "x" }),
			query("sort on an unknown field", {
				query: { bool: meta },
				sort: ["magic"],
			}),
			query("sort on a text field", {
				query: { bool: meta },
				sort: ["description"],
			}),
			query("unknown parameter", { size: 0 }, `${search}?magic=1`),
		],
	},
	{
		name: "models: a highlight, a script and a suggestion",
		calls: [
			...registered("first_id", { name: "first" }),
			query("highlight", {
				query: { match: { name: "first" } },
				highlight: { fields: { name: {} } },
				_source: false,
				post_filter: { bool: meta },
			}),
			query("script_fields", {
				query: { bool: meta },
				_source: false,
				script_fields: { chunks: { script: "doc['total_chunks'].value" } },
			}),
			query("collapse", {
				query: { bool: meta },
				collapse: { field: "model_group_id" },
				_source: ["name"],
			}),
			query("docvalue_fields", {
				query: { bool: meta },
				docvalue_fields: ["model_state"],
				_source: false,
			}),
		],
	},
];
