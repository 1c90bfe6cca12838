import { match, neural, type SearchCase, search, sparse } from "./case.ts";

const cat = "a small wild cat";
const near = neural(cat, { k: 5 });
const cold = match("cold");

/** Places of queries beside a search's own. */
export const placesBeside: readonly SearchCase[] = [
	search("post_filter", { query: cold, post_filter: near }),
	search("rescore", {
		query: cold,
		rescore: {
			window_size: 5,
			query: {
				rescore_query: neural(cat, { k: 20 }),
				query_weight: 0.5,
				rescore_query_weight: 2,
			},
		},
	}),
	search("several rescores", {
		query: near,
		rescore: [
			{ window_size: 3, query: { rescore_query: sparse(cat) } },
			{
				window_size: 2,
				query: {
					rescore_query: neural("birds", { k: 20 }),
					score_mode: "max",
				},
			},
		],
	}),
	search("a filter aggregation", {
		query: { match_all: {} },
		size: 0,
		aggs: {
			near: {
				filter: near,
				aggs: { topics: { terms: { field: "topic" } } },
			},
		},
	}),
	search("filters aggregations", {
		size: 0,
		aggs: {
			named: { filters: { filters: { near, cold } } },
			listed: { filters: { filters: [near, cold], other_bucket: true } },
		},
	}),
	search("an adjacency matrix", {
		size: 0,
		aggs: {
			matrix: {
				adjacency_matrix: {
					filters: { near: neural(cat, { k: 15 }), cold },
				},
			},
		},
	}),
	search("a nested aggregation", {
		size: 0,
		aggs: {
			passages: {
				nested: { path: "passages" },
				aggs: {
					near: { filter: neural(cat, { k: 4 }, "passages.vector") },
				},
			},
		},
	}),
	search("an aggregation within an aggregation", {
		size: 0,
		aggregations: {
			topics: {
				terms: { field: "topic" },
				aggregations: { near: { filter: near } },
			},
		},
	}),
	search("the best hits of an aggregation", {
		query: near,
		size: 0,
		aggs: {
			topics: {
				terms: { field: "topic" },
				aggs: {
					best: {
						top_hits: {
							size: 1,
							_source: false,
							highlight: {
								fields: { text: { highlight_query: match("cat") } },
							},
						},
					},
				},
			},
		},
	}),
	search("significant terms' background", {
		query: cold,
		size: 0,
		aggs: {
			telling: {
				significant_terms: {
					field: "topic",
					min_doc_count: 1,
					background_filter: neural(cat, { k: 30 }),
				},
			},
		},
	}),
	search("highlight_query", {
		query: match("cat"),
		highlight: {
			fields: { text: {} },
			highlight_query: { bool: { should: [near, match("small")] } },
		},
	}),
	search("highlight_query of a field", {
		query: match("cat"),
		highlight: {
			fields: {
				text: {
					highlight_query: { bool: { should: [near, match("warm")] } },
				},
			},
		},
	}),
	search("inner_hits of a collapse", {
		query: neural(cat, { k: 15 }),
		collapse: {
			field: "topic",
			inner_hits: [
				{ name: "best", size: 1, _source: false },
				{ name: "last", size: 1, _source: false, sort: ["year"] },
			],
		},
	}),
	search("a sort's nested filter", {
		query: cold,
		sort: [
			{
				"passages.text": {
					order: "asc",
					unmapped_type: "keyword",
					nested: {
						path: "passages",
						filter: neural(cat, { k: 4 }, "passages.vector"),
					},
				},
			},
		],
	}),
];
