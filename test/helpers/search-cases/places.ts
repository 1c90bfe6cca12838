import { match, neural, type SearchTopic, search, sparse } from "./case.ts";
import { placesBeside } from "./places-beside.ts";

const cat = "a small wild cat";
const near = neural(cat, { k: 5 });
const few = neural(cat);
const cold = match("cold");
const family = { on: "<family>" };

/** Everywhere that a query can stand. */
export const places: SearchTopic = {
	name: "places",
	cases: [
		search("bool must", { query: { bool: { must: [near, cold] } } }),
		search("bool must by itself", { query: { bool: { must: near } } }),
		search("bool should", { query: { bool: { should: [near, cold] } } }),
		search("bool filter", { query: { bool: { filter: [near] } } }),
		search("bool must_not", { query: { bool: { must_not: [near] } } }),
		search("bool with all of them", {
			query: {
				bool: {
					must: [cold],
					should: [near, sparse(cat)],
					filter: { range: { year: { lt: 2015 } } },
					must_not: neural("wine", { k: 2 }),
					minimum_should_match: 1,
				},
			},
		}),
		search("constant_score", {
			query: { constant_score: { filter: near, boost: 2 } },
		}),
		search("dis_max", {
			query: { dis_max: { queries: [near, cold], tie_breaker: 0.5 } },
		}),
		search("boosting", {
			query: {
				boosting: {
					positive: cold,
					negative: neural(cat, { k: 20 }),
					negative_boost: 0.25,
				},
			},
		}),
		search("function_score", {
			query: {
				function_score: {
					query: near,
					functions: [
						{ filter: { term: { topic: "animals" } }, weight: 3 },
						{ field_value_factor: { field: "year", factor: 0.001 } },
					],
					score_mode: "sum",
				},
			},
		}),
		search("a function's filter", {
			query: {
				function_score: {
					query: cold,
					functions: [{ filter: near, weight: 5 }],
				},
			},
		}),
		search("script_score", {
			query: {
				script_score: {
					query: near,
					script: { source: "_score * doc['year'].value" },
				},
			},
		}),
		search("nested in bool in nested", {
			query: {
				bool: {
					must: [
						{
							nested: {
								path: "passages",
								query: {
									bool: {
										should: [
											neural(cat, { k: 4 }, "passages.vector"),
											match("dog", "passages.text"),
										],
									},
								},
								inner_hits: { _source: false, size: 1 },
							},
						},
					],
				},
			},
		}),
		search(
			"has_child",
			{
				query: {
					has_child: {
						type: "volume",
						score_mode: "max",
						query: neural("a cat in the kitchen", { k: 4 }),
						inner_hits: { _source: false },
					},
				},
			},
			family,
		),
		search(
			"has_parent",
			{
				query: {
					has_parent: {
						parent_type: "shelf",
						score: true,
						query: neural("drinks", { k: 2 }),
					},
				},
			},
			family,
		),
		search("a neural query's filter", {
			query: neural(cat, { filter: neural("fish", { k: 6 }) }),
		}),
		search("a knn query's filter", {
			query: {
				knn: {
					vector: {
						vector: Array.from({ length: 16 }, (_, at) => (at % 3) - 1),
						k: 4,
						filter: { bool: { must: [neural("fish", { k: 8 })] } },
					},
				},
			},
		}),
		...placesBeside,
		search("wrapper", {
			query: {
				wrapper: {
					query: Buffer.from('{"term":{"topic":"animals"}}').toString("base64"),
				},
			},
		}),
		search("deep in others", {
			query: {
				bool: {
					must: {
						dis_max: {
							queries: [
								{
									constant_score: {
										filter: {
											bool: { must: [{ bool: { should: [near] } }] },
										},
									},
								},
								{ function_score: { query: few, boost: 2 } },
							],
						},
					},
				},
			},
		}),
		search("named queries", {
			query: {
				bool: {
					should: [
						neural(cat, { _name: "cats" }),
						neural("red wine", { _name: "wines" }),
						{ match: { text: { query: "cold", _name: "words" } } },
					],
				},
			},
		}),
		search("one text twice", {
			query: {
				bool: { should: [near, neural(cat, { k: 5 }, "l2")] },
			},
		}),
		search("a field with the name neural", {
			query: { match: { neural: "cats" } },
		}),
		search("an aggregation with the name neural", {
			query: near,
			size: 0,
			aggs: { neural: { terms: { field: "topic" } } },
		}),
		search("neural in a text", {
			query: {
				bool: { should: [match('{"neural":{}}'), match("cats", "neural")] },
			},
		}),
		search("neural in a text to be like", {
			query: {
				more_like_this: {
					fields: ["text"],
					like: ["neural: a small cat"],
					min_term_freq: 1,
					min_doc_freq: 1,
				},
			},
		}),
		search("an unknown place", { query: { bool: { musst: [near] } } }),
		search("a list for a query", { query: [near] }),
		search("in match_all", { query: { match_all: near } }),
	],
};
