import {
	hybrid,
	match,
	neural,
	type SearchOptions,
	type SearchTopic,
	search,
} from "./case.ts";

const cat = "a warm cat on a cold night";
const queries = [match(cat), neural(cat, { k: 8 })];
const query = hybrid(queries);

const refused = (
	name: string,
	body: Readonly<Record<string, unknown>>,
	{ on = "<books>" }: SearchOptions = {},
) => search(name, body, { on, parameters: "?search_pipeline=<normal>" });

/** `hybrid` queries that are refused, or that look as if they should be. */
export const hybridErrors: SearchTopic = {
	name: "hybrid errors",
	cases: [
		refused("no queries", { query: { hybrid: {} } }),
		refused("an empty list of queries", { query: hybrid([]) }),
		refused("six queries", { query: hybrid(Array(6).fill(match(cat))) }),
		refused("queries an object", {
			query: { hybrid: { queries: match(cat) } },
		}),
		refused("queries a text", { query: { hybrid: { queries: "cat" } } }),
		refused("queries null", { query: { hybrid: { queries: null } } }),
		refused("a text for the query", { query: { hybrid: "cat" } }),
		refused("a list for the query", { query: { hybrid: queries } }),
		refused("null for the query", { query: { hybrid: null } }),
		refused("a text among the queries", { query: hybrid([match(cat), "cat"]) }),
		refused("null among the queries", { query: hybrid([match(cat), null]) }),
		refused("an empty query among the queries", {
			query: hybrid([match(cat), {}]),
		}),
		refused("an unknown query among the queries", {
			query: hybrid([match(cat), { nothing: {} }]),
		}),
		refused("an unknown option", { query: hybrid(queries, { weight: 1 }) }),
		refused("an unknown object", { query: hybrid(queries, { weights: {} }) }),
		refused("an unknown list", { query: hybrid(queries, { weights: [1] }) }),
		refused("boost", { query: hybrid(queries, { boost: 2 }) }),
		refused("boost 1", { query: hybrid(queries, { boost: 1 }), size: 2 }),
		refused("filter a text", { query: hybrid(queries, { filter: "a" }) }),
		refused("filter a list", {
			query: hybrid(queries, { filter: [match(cat)] }),
		}),
		refused("filter empty", { query: hybrid(queries, { filter: {} }) }),
		refused("filter null", { query: hybrid(queries, { filter: null }) }),
		refused("pagination_depth 0", {
			query: hybrid(queries, { pagination_depth: 0 }),
		}),
		refused("pagination_depth negative", {
			query: hybrid(queries, { pagination_depth: -1 }),
		}),
		refused("pagination_depth too large", {
			query: hybrid(queries, { pagination_depth: 10001 }),
		}),
		refused("pagination_depth a word", {
			query: hybrid(queries, { pagination_depth: "deep" }),
		}),
		refused("pagination_depth a text", {
			query: hybrid(queries, { pagination_depth: "5" }),
		}),
		refused("in bool must", { query: { bool: { must: [query] } } }),
		refused("in bool should", {
			query: { bool: { should: [query, match(cat)] } },
		}),
		refused("in bool filter", { query: { bool: { filter: query } } }),
		refused("in bool must_not", {
			query: { bool: { must: [match(cat)], must_not: [query] } },
		}),
		refused("in bool must beside a filter", {
			query: {
				bool: { must: [query], filter: [{ term: { topic: "animals" } }] },
			},
		}),
		refused("in function_score", { query: { function_score: { query } } }),
		refused("in script_score", {
			query: { script_score: { query, script: { source: "1" } } },
		}),
		refused("in constant_score", {
			query: { constant_score: { filter: query } },
		}),
		refused("in dis_max", { query: { dis_max: { queries: [query] } } }),
		refused("in boosting", {
			query: {
				boosting: {
					positive: query,
					negative: match(cat),
					negative_boost: 0.5,
				},
			},
		}),
		refused("in nested", {
			query: {
				nested: {
					path: "passages",
					query: hybrid([match(cat, "passages.text")]),
				},
			},
		}),
		refused("in a hybrid query", { query: hybrid([query, match(cat)]) }),
		refused("in a query of a hybrid query", {
			query: hybrid([{ bool: { must: [query] } }]),
		}),
		refused("in a neural query's filter", {
			query: neural(cat, { filter: query }),
		}),
		refused("in a hybrid query's filter", {
			query: hybrid(queries, { filter: query }),
		}),
		refused("in post_filter", { query: match(cat), post_filter: query }),
		refused("in rescore", {
			query: match(cat),
			rescore: { window_size: 5, query: { rescore_query: query } },
		}),
		refused("in an aggregation", {
			query: match(cat),
			size: 0,
			aggs: { found: { filter: query } },
		}),
		refused("in a highlight", {
			query: match("cat"),
			highlight: { fields: { text: {} }, highlight_query: query },
		}),
		refused("in a wrapper", {
			query: {
				wrapper: {
					query: Buffer.from(JSON.stringify(hybrid([match(cat)]))).toString(
						"base64",
					),
				},
			},
		}),
		refused("a nested query of the wrong field", {
			query: hybrid([neural(cat, {}, "nowhere"), match(cat)]),
		}),
		refused("a model that is not there", {
			query: hybrid([neural(cat, { model_id: "unknown" }), match(cat)]),
		}),
		refused("the wrong model", {
			query: hybrid([neural(cat, { model_id: "<narrow>" }), match(cat)]),
		}),
		refused("a bad sub-query", {
			query: hybrid([{ range: { year: { gte: "soon" } } }, match(cat)]),
		}),
		refused("a bad aggregation", {
			query,
			aggs: { bad: { avg: { field: "text" } } },
		}),
		refused("a negative size", { query, size: -1 }),
		refused("a size that is too large", { query, size: 10001 }),
		refused("an unknown part of the body", { query, nothing: {} }),
		search(
			"a pipeline that is not there",
			{ query },
			{ parameters: "?search_pipeline=<id>" },
		),
	],
};
