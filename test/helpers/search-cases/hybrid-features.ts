import {
	hybrid,
	match,
	neural,
	type SearchCase,
	type SearchTopic,
	search,
	searching,
} from "./case.ts";
import { hybridExplained } from "./hybrid-explained.ts";
import { hybridParameters } from "./hybrid-parameters.ts";

const cat = "a warm cat on a cold night";
const queries = [match(cat), neural(cat, { k: 8 })];
const query = hybrid(queries);
const deep = (pagination_depth: number) =>
	hybrid(queries, { pagination_depth });
const animals = { term: { topic: "animals" } };
const normal = "?search_pipeline=<normal>";

/** On one shard, and on three. */
function both(
	name: string,
	body: Readonly<Record<string, unknown>>,
): SearchCase {
	const parameters = "search_pipeline" in body ? "" : normal;
	return {
		name,
		calls: ["<books>", "<spread>"].map((on) =>
			searching(body, { on, parameters }),
		),
	};
}

/** The rest of a search beside a `hybrid` query. */
export const hybridFeatures: SearchTopic = {
	name: "hybrid features",
	cases: [
		both("sort by a field", { query, sort: [{ year: "desc" }] }),
		both("sort by two fields", {
			query,
			sort: [{ topic: "asc" }, { price: { order: "desc" } }],
			size: 6,
		}),
		both("sort by score", { query, sort: ["_score"] }),
		both("sort by score, the lowest first", {
			query,
			sort: [{ _score: "asc" }],
		}),
		both("sort by score and a field", { query, sort: ["_score", "year"] }),
		both("sort by _doc", { query, sort: ["_doc"], size: 3 }),
		both("sort with a missing value", {
			query,
			sort: [{ nowhere: { order: "asc", unmapped_type: "long" } }, "year"],
		}),
		both("sort by an unmapped field", { query, sort: ["nowhere"] }),
		both("search_after", {
			query,
			sort: [{ year: "desc" }],
			search_after: [2005],
		}),
		both("search_after without sort", { query, search_after: [1] }),
		both("track_scores", { query, sort: ["year"], track_scores: true }),
		both("sort and min_score", { query, sort: ["year"], min_score: 0.1 }),
		both("min_score", { query, min_score: 0.3 }),
		both("min_score over all", { query, min_score: 2 }),
		both("collapse", { query, collapse: { field: "topic" } }),
		search(
			"collapse with inner hits",
			{
				query: hybrid(queries, {
					filter: { bool: { must_not: { term: { topic: "music" } } } },
				}),
				collapse: {
					field: "topic",
					inner_hits: { name: "few", size: 2, _source: false },
				},
			},
			{ parameters: normal },
		),
		both("collapse with sorted inner hits", {
			query,
			collapse: {
				field: "topic",
				inner_hits: {
					name: "last",
					size: 2,
					_source: false,
					sort: [{ year: "desc" }],
				},
			},
		}),
		both("collapse and sort", {
			query,
			collapse: { field: "topic" },
			sort: [{ year: "desc" }],
		}),
		both("aggregations", {
			query,
			size: 2,
			aggs: {
				topics: { terms: { field: "topic" } },
				price: { stats: { field: "price" } },
			},
		}),
		both("aggregations alone", {
			query,
			size: 0,
			aggs: { topics: { terms: { field: "topic" } } },
		}),
		both("post_filter", { query, post_filter: animals }),
		both("post_filter and aggregations", {
			query,
			post_filter: animals,
			aggs: { topics: { terms: { field: "topic" } } },
		}),
		both("a post_filter that nothing passes", {
			query,
			post_filter: match("nothing"),
		}),
		both("a neural post_filter", {
			query,
			post_filter: neural("birds", { k: 10 }),
		}),
		both("highlight", {
			query,
			size: 3,
			highlight: { fields: { text: {} } },
		}),
		both("_source and fields", {
			query,
			size: 2,
			_source: ["title"],
			fields: ["year"],
			docvalue_fields: ["price"],
			script_fields: {
				twice: { script: { source: "doc['price'].value * 2" } },
			},
		}),
		both("version and seq_no", { query, size: 2, version: true }),
		both("inner_hits", {
			query: hybrid([
				match(cat),
				{
					nested: {
						path: "passages",
						score_mode: "max",
						query: neural(cat, { k: 6 }, "passages.vector"),
						inner_hits: { _source: ["passages.text"] },
					},
				},
			]),
			size: 3,
		}),
		both("inner_hits of two queries", {
			query: hybrid([
				{
					nested: {
						path: "passages",
						query: match("cat", "passages.text"),
						inner_hits: { name: "words", _source: false },
					},
				},
				{
					nested: {
						path: "passages",
						query: neural(cat, { k: 4 }, "passages.vector"),
						inner_hits: { name: "near", _source: false },
					},
				},
			]),
			size: 4,
		}),
		both("pagination_depth", { query: deep(20) }),
		both("a small pagination_depth", { query: deep(2), size: 5 }),
		both("the second page", { query: deep(20), from: 5, size: 5 }),
		both("a page past the end", { query: deep(5), from: 20, size: 5 }),
		both("a page that begins at the end", { query: deep(3), from: 3, size: 3 }),
		both("from without pagination_depth", { query, from: 2 }),
		both("from 0", { query, from: 0, size: 4 }),
		both("pages of sorted hits", {
			query: deep(20),
			sort: ["year"],
			from: 3,
			size: 3,
		}),
		both("rescore", {
			query,
			rescore: {
				window_size: 5,
				query: { rescore_query: match("fish"), rescore_query_weight: 2 },
			},
		}),
		both("a neural rescore", {
			query,
			rescore: {
				window_size: 5,
				query: { rescore_query: neural("birds", { k: 38 }) },
			},
		}),
		both("track_total_hits false", { query, track_total_hits: false, size: 2 }),
		both("track_total_hits 5", { query, track_total_hits: 5, size: 2 }),
		both("terminate_after", { query, terminate_after: 1000, size: 2 }),
		both("timeout", { query, timeout: "10s", size: 2 }),
		both("few hits", { query, size: 2 }),
		both("indices_boost", {
			query,
			indices_boost: [{ "<books>": 2 }],
			size: 2,
		}),
		both("suggest beside", {
			query,
			size: 1,
			suggest: { words: { text: "catt", term: { field: "text" } } },
		}),
		both("stored fields", { query, size: 2, stored_fields: "_none_" }),
		both("a name of the hybrid query", {
			query: hybrid(queries, { _name: "both" }),
			size: 2,
		}),
		...hybridExplained,
		...hybridParameters,
	],
};
