import { match, neural, type SearchTopic, search } from "./case.ts";

const cat = "a small wild cat";
const animals = { term: { topic: "animals" } };

/** The `neural` query at the top of a search. */
export const neurals: SearchTopic = {
	name: "neural",
	cases: [
		search("three nearest", { query: neural(cat) }),
		search("k not given", {
			query: {
				neural: { vector: { query_text: cat, model_id: "<dense>" } },
			},
		}),
		search("k over the number of documents", {
			query: neural(cat, { k: 500 }),
			size: 50,
		}),
		search("size below k", { query: neural(cat, { k: 9 }), size: 2 }),
		search("from", { query: neural(cat, { k: 9 }), from: 4, size: 3 }),
		search("on l2", { query: neural(cat, {}, "l2") }),
		search("min_score", {
			query: neural(cat, { k: undefined, min_score: 0.9 }),
		}),
		search("max_distance", {
			query: neural(cat, { k: undefined, max_distance: 0.5 }, "l2"),
		}),
		search("min_score that nothing reaches", {
			query: neural(cat, { k: undefined, min_score: 0.9999 }),
		}),
		search("a filter", { query: neural(cat, { filter: animals }) }),
		search("a filter that nothing passes", {
			query: neural(cat, { filter: { term: { topic: "nothing" } } }),
		}),
		search("a bool filter", {
			query: neural(cat, {
				filter: {
					bool: {
						must: [{ range: { year: { gte: 2000 } } }],
						must_not: [animals],
					},
				},
			}),
		}),
		search("a filter with min_score", {
			query: neural(cat, { k: undefined, min_score: 0.5, filter: animals }),
		}),
		search("boost", { query: neural(cat, { boost: 2.5 }) }),
		search("boost 0", { query: neural(cat, { boost: 0 }) }),
		search("_name", { query: neural(cat, { _name: "by meaning" }) }),
		search("boost and _name", {
			query: neural(cat, { boost: 0.5, _name: "half" }),
		}),
		search("method_parameters", {
			query: neural(cat, { method_parameters: { ef_search: 50 } }),
		}),
		search("rescore", { query: neural(cat, { rescore: true }) }),
		search("rescore false", { query: neural(cat, { rescore: false }) }),
		search("rescore with a factor", {
			query: neural(cat, { rescore: { oversample_factor: 2 } }),
		}),
		search("min_score of the search", { query: neural(cat), min_score: 0.9 }),
		search("sort", {
			query: neural(cat, { k: 6 }),
			sort: [{ year: "desc" }, "_score"],
		}),
		search("track_scores", {
			query: neural(cat, { k: 6 }),
			sort: ["price"],
			track_scores: true,
		}),
		search("search_after", {
			query: neural(cat, { k: 6 }),
			sort: [{ year: "desc" }],
			search_after: [2005],
		}),
		search("_source, fields and docvalue_fields", {
			query: neural(cat),
			_source: ["title", "topic"],
			fields: ["year"],
			docvalue_fields: ["price"],
		}),
		search("aggregations", {
			query: neural(cat, { k: 8 }),
			size: 0,
			aggs: {
				topics: { terms: { field: "topic" } },
				price: { avg: { field: "price" } },
			},
		}),
		search("collapse", {
			query: neural(cat, { k: 12 }),
			collapse: { field: "topic", inner_hits: { name: "few", size: 1 } },
		}),
		search("highlight", {
			query: {
				bool: { must: [neural(cat, { k: 20 })], should: [match("cat")] },
			},
			size: 2,
			highlight: { fields: { text: {} } },
		}),
		search("explain", { query: neural(cat, { k: 1 }), explain: true }),
		search("track_total_hits false", {
			query: neural(cat),
			track_total_hits: false,
		}),
		search("terminate_after and timeout", {
			query: neural(cat),
			timeout: "10s",
		}),
		search("three shards", { query: neural(cat) }, { on: "<spread>" }),
		search(
			"three shards and a filter",
			{ query: neural(cat, { k: 2, filter: animals }) },
			{ on: "<spread>" },
		),
		search("two indices", { query: neural(cat) }, { on: "<books>,<more>" }),
		search("an alias", { query: neural(cat) }, { on: "<both>" }),
		search("a filtered alias", { query: neural(cat) }, { on: "<animals>" }),
		search(
			"an index without documents",
			{ query: neural(cat) },
			{ on: "<empty>" },
		),
		search(
			"a missing index beside",
			{ query: neural(cat) },
			{ on: "<books>,<id>", parameters: "?ignore_unavailable=true" },
		),
		search("a missing index", { query: neural(cat) }, { on: "<id>" }),
		search(
			"parameters",
			{ query: neural(cat, { k: 5 }) },
			{
				parameters:
					"?size=2&from=1&typed_keys&rest_total_hits_as_int=true&request_cache=false",
			},
		),
		search(
			"filter_path",
			{ query: neural(cat) },
			{
				parameters: "?filter_path=hits.hits._id,hits.total",
			},
		),
		search("a document's passages", {
			query: {
				nested: {
					path: "passages",
					query: neural(cat, { k: 3 }, "passages.vector"),
				},
			},
		}),
		search("passages by their sum", {
			query: {
				nested: {
					path: "passages",
					score_mode: "sum",
					query: neural(cat, { k: 3 }, "passages.vector"),
				},
			},
		}),
		search("expand_nested_docs", {
			query: {
				nested: {
					path: "passages",
					score_mode: "avg",
					query: neural(
						cat,
						{ k: 3, expand_nested_docs: true },
						"passages.vector",
					),
					inner_hits: { _source: ["passages.text"] },
				},
			},
		}),
		search("passages and a filter on their document", {
			query: {
				nested: {
					path: "passages",
					query: neural(cat, { k: 3, filter: animals }, "passages.vector"),
				},
			},
		}),
		search("a long text", { query: neural(`${cat} `.repeat(300)) }),
		search("a text that is blank to the tokenizer", {
			query: neural("\u200b"),
		}),
		search("a text in other letters", { query: neural("été 水管 ☃") }),
	],
};
