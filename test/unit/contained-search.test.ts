import { describe, expect, it } from "vitest";
import { isObject } from "../../ingest/json.ts";
import { SidecarError } from "../../sidecar/errors.ts";
import { checkContained } from "../../sidecar/search/contained-search.ts";

function check(body: unknown, hides = true): void {
	if (!isObject(body)) throw new Error("no search");
	checkContained(body, { hides });
}

const lookup = { index: ".ml-sidecar-task", id: "1", path: "error" };

/** Each of them reads what a client must not read with the sidecar's rights. */
const refused: [string, string, unknown][] = [
	["a point in time", "pit", { pit: { id: "x" } }],
	["a pipeline", "search_pipeline", { search_pipeline: "p" }],
	["a pipeline in place", "search_pipeline", { search_pipeline: {} }],
	["what plugins do", "ext", { ext: { x: {} } }],
	["names of indices", "indices_boost", { indices_boost: [{ x: 1 }] }],
	["fields of scripts", "derived", { derived: { a: { type: "keyword" } } }],
	["script fields", "script_fields", { script_fields: { a: {} } }],
	["a terms lookup", "index", { query: { terms: { name: lookup } } }],
	[
		"a terms lookup by a number",
		"index",
		{ query: { terms: { a: { index: 5 } } } },
	],
	[
		"a terms lookup in a filter of an aggregation",
		"index",
		{ aggs: { a: { filter: { terms: { name: lookup } } } } },
	],
	[
		"a terms lookup in a rescore",
		"index",
		{ rescore: { query: { rescore_query: { terms: { a: lookup } } } } },
	],
	[
		"a terms lookup in a post filter",
		"index",
		{ post_filter: { bool: { must: [{ terms: { a: lookup } }] } } },
	],
	[
		"documents like another index's",
		"_index",
		{ query: { more_like_this: { like: [{ _index: "a", _id: "1" }] } } },
	],
	[
		"documents unlike another index's",
		"_index",
		{ query: { more_like_this: { unlike: { _index: "a", _id: "1" } } } },
	],
	[
		"a stored shape",
		"indexed_shape",
		{ query: { geo_shape: { a: { indexed_shape: { id: "1" } } } } },
	],
	[
		"a percolation",
		"percolate",
		{ query: { percolate: { field: "q", document: {} } } },
	],
	["an encoded query", "wrapper", { query: { wrapper: { query: "e30=" } } }],
	["a script query", "script", { query: { script: { script: "true" } } }],
	[
		"a scripted score",
		"script_score",
		{ query: { function_score: { script_score: { script: { id: "s" } } } } },
	],
	["a scripted sort", "_script", { sort: { _script: { type: "number" } } }],
	[
		"a scripted metric",
		"scripted_metric",
		{ aggs: { a: { scripted_metric: {} } } },
	],
	[
		"a script of an aggregation's values",
		"script",
		{ aggs: { a: { terms: { script: "x" } } } },
	],
	[
		"a script of a terms set",
		"minimum_should_match_script",
		{ query: { terms_set: { a: { minimum_should_match_script: {} } } } },
	],
	[
		"a script of a pipeline aggregation",
		"bucket_script",
		{ aggs: { a: { bucket_script: {} } } },
	],
	[
		"a script in a filter that is named as an aggregation is",
		"script",
		{
			aggs: {
				a: { adjacency_matrix: { filters: { filters: { script: "x" } } } },
				filters: { filters: { filters: { aggs: { script: "x" } } } },
			},
		},
	],
	[
		"a suggestion's own search",
		"collate",
		{ suggest: { a: { phrase: { collate: {} } } } },
	],
	[
		"texts out of what is stored",
		"source_fields",
		{
			aggs: {
				a: { significant_text: { field: "name", source_fields: ["sidecar"] } },
			},
		},
	],
	[
		"all there is, beside the search",
		"global",
		{ aggs: { a: { global: {} } } },
	],
];

/** Each of them is a search that stays where it is. */
const innocent: [string, unknown][] = [
	["everything", {}],
	[
		"a description that is about indices and scripts",
		{
			query: {
				match: { description: "script index percolate wrapper global" },
			},
		},
	],
	[
		"the same with options",
		{ query: { match: { description: { query: "script", operator: "and" } } } },
	],
	[
		"a search by index name",
		{ query: { term: { _index: ".ml-sidecar-model" } } },
	],
	[
		"aggregations with such names",
		{
			aggs: {
				global: { terms: { field: "name.keyword" } },
				script: { max: { field: "created_time" } },
			},
		},
	],
	[
		"a suggestion with such a name",
		{ suggest: { text: "a", wrapper: { term: { field: "name" } } } },
	],
	["terms", { query: { terms: { name: ["a", "b"] } } }],
	[
		"an aggregation of terms",
		{
			aggs: {
				a: {
					terms: {
						field: "name.keyword",
						order: { _count: "asc" },
						include: ["a"],
					},
				},
			},
		},
	],
	[
		"documents like these",
		{
			query: {
				more_like_this: {
					fields: ["description"],
					like: ["text", { _id: "1" }],
				},
			},
		},
	],
	[
		"sorting, paging, highlighting",
		{
			sort: [{ created_time: "desc" }],
			from: 1,
			size: 2,
			highlight: { fields: { description: {} } },
			_source: ["description"],
			search_after: [1],
			collapse: { field: "model_group_id" },
		},
	],
];

describe("a search with the sidecar's rights", () => {
	it.each(refused)("refuses %s by its name, %s", (_what, key, body) => {
		expect(() => check(body)).toThrow(`[${key}] is not supported`);
	});

	it.each(innocent)("leaves %s alone", (_what, body) => {
		expect(() => check(body)).not.toThrow();
	});

	it("counts globally where nothing is hidden", () => {
		expect(() => check({ aggs: { a: { global: {} } } }, false)).not.toThrow();
	});

	it("of any depth is answered, not fatal", () => {
		let query: unknown = { match_all: {} };
		for (let depth = 0; depth < 100_000; depth++)
			query = { bool: { must: query } };
		expect(() => check({ query })).toThrow(SidecarError);
	});
});
