import { type Call, oneShard } from "../ingest-cases/case.ts";
import {
	called,
	hybrid,
	match,
	neural,
	post,
	type SearchCall,
	type SearchTopic,
	sparse,
} from "./case.ts";
import { multiSearches } from "./multi-searches.ts";

const cat = "a small wild cat";
const near = neural(cat, { k: 5 });
const query = { query: near };
const wrong = { query: neural(cat, { model_id: "unknown" }) };

const get = (path: string, body: unknown): Call => ({
	method: "GET",
	path,
	body,
});

/** An index of the case's own with a few of the documents, to be changed. */
const own: readonly SearchCall[] = [
	{
		method: "PUT",
		path: "/<id>",
		body: {
			settings: { ...oneShard, "index.knn": true },
			mappings: {
				properties: {
					vector: {
						type: "knn_vector",
						dimension: 16,
						method: {
							name: "hnsw",
							engine: "lucene",
							space_type: "cosinesimil",
						},
					},
					weights: { type: "rank_features" },
				},
			},
		},
		prepares: true,
	},
	{
		method: "POST",
		path: "/<id>/_bulk?refresh=true",
		type: "application/x-ndjson",
		prepares: true,
		body: [1, 2, 3, 4]
			.flatMap((n) => [
				{ index: { _id: `${n}` } },
				{
					n,
					vector: Array.from({ length: 16 }, (_, at) => (at % n) + 1),
					weights: { cat: n, [`t${n}`]: 1 },
				},
			])
			.map((line) => `${JSON.stringify(line)}\n`)
			.join(""),
	},
];

const left: SearchCall = {
	method: "GET",
	path: "/<id>/_search?_source=n",
	body: { sort: ["n"] },
};

/** Everything besides `_search` that takes a query. */
export const endpoints: SearchTopic = {
	name: "endpoints",
	cases: [
		called("_search by GET", get("/<books>/_search?_source=false", query)),
		called("_search with the body as a parameter", {
			method: "GET",
			path: `/<books>/_search?_source=false&source_content_type=application/json&source=${encodeURIComponent(
				JSON.stringify(query),
			)}`.replaceAll("%3Cdense%3E", "<dense>"),
		}),
		called(
			"_count",
			post("/<books>/_count", query),
			get("/<books>/_count", query),
		),
		called("_count of two indices", post("/<both>/_count", query)),
		called(
			"_count of a sparse query",
			post("/<books>/_count", { query: sparse(cat) }),
		),
		called(
			"_count of a hybrid query",
			post("/<books>/_count", {
				query: hybrid([match(cat), near]),
			}),
		),
		called("_count of a wrong query", post("/<books>/_count", wrong)),
		called("_validate/query", post("/<books>/_validate/query", query)),
		called(
			"_validate/query of a wrong query",
			post("/<books>/_validate/query", {
				query: { neural: { vector: { query_text: cat } } },
			}),
		),
		called(
			"_validate/query of an unknown option",
			post("/<books>/_validate/query", {
				query: { neural: { vector: { nearest: 5 } } },
			}),
		),
		called(
			"_validate/query of a hybrid query",
			post("/<books>/_validate/query", { query: hybrid([match(cat), near]) }),
		),
		called("_explain", post("/<books>/_explain/b2", query)),
		called(
			"_explain of one that is not found",
			get("/<books>/_explain/b9", query),
		),
		called(
			"_explain of a sparse query",
			post("/<books>/_explain/b1", {
				query: sparse("cat"),
			}),
		),
		called(
			"_explain of a hybrid query",
			post("/<flat>/_explain/b2", {
				query: hybrid([match(cat), near]),
			}),
		),
		called(
			"_explain of a disjunction",
			post("/<flat>/_explain/b2", {
				query: { bool: { should: [match(cat), near] } },
			}),
		),
		called("_explain of a wrong query", post("/<books>/_explain/b2", wrong)),
		called(
			"_delete_by_query",
			...own,
			post("/<id>/_delete_by_query?refresh=true", {
				query: neural(cat, { k: 2 }),
			}),
			left,
		),
		called(
			"_delete_by_query of a sparse query",
			...own,
			post("/<id>/_delete_by_query?refresh=true", {
				query: {
					neural_sparse: { weights: { query_tokens: { t2: 1, t3: 2 } } },
				},
			}),
			left,
		),
		called(
			"_delete_by_query of a wrong query",
			...own,
			post("/<id>/_delete_by_query?refresh=true", wrong),
			left,
		),
		called(
			"_update_by_query",
			...own,
			post("/<id>/_update_by_query?refresh=true", {
				query: neural(cat, { k: 2 }),
				script: { source: "ctx._source.n += 10" },
			}),
			left,
		),
		called(
			"a scroll",
			{
				...post("/<books>/_search?scroll=1m", {
					_source: false,
					size: 3,
					query: neural(cat, { k: 5 }),
				}),
				takes: { scroll: "_scroll_id" },
			},
			post("/_search/scroll", { scroll: "1m", scroll_id: "<scroll>" }),
			{
				method: "DELETE",
				path: "/_search/scroll",
				body: { scroll_id: "<scroll>" },
				prepares: true,
			},
		),
		called(
			"a point in time",
			{
				method: "POST",
				path: "/<books>/_search/point_in_time?keep_alive=1m",
				prepares: true,
				takes: { pit: "pit_id" },
			},
			post("/_search", {
				_source: false,
				query: near,
				size: 2,
				pit: { id: "<pit>", keep_alive: "1m" },
			}),
			post("/_search", {
				_source: false,
				query: sparse(cat),
				size: 2,
				pit: { id: "<pit>", keep_alive: "1m" },
			}),
			{
				method: "DELETE",
				path: "/_search/point_in_time",
				body: { pit_id: ["<pit>"] },
				prepares: true,
			},
		),
		called(
			"a body that is no JSON",
			post("/<books>/_search", '{"query":{"neural":'),
		),
		called(
			"a body of two objects",
			post(
				"/<books>/_search",
				'{"_source":false,"size":1,"query":{"match_all":{}}}{"neural":{}}',
			),
		),
		called(
			"a body that is empty",
			post("/<books>/_search?_source=false&size=1", "{}"),
		),
		called(
			"an escape in a name",
			post(
				"/<books>/_search",
				`{"_source":false,"query":{"neur\\u0061l":{"vector":{"query_text":"${cat}","model_id":"<dense>","k":2}}}}`,
			),
		),
		...multiSearches,
	],
};
