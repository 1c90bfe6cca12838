import { describe, expect, it } from "vitest";
import {
	checkNeuralQuery,
	knnRenderers,
} from "../../sidecar/search/queries/neural-query.ts";
import { changesOf, SearchBody } from "../../sidecar/search/search-body.ts";

/** Rewrites with vectors that tell which text they are of: `[<length of the text>]`. */
function rewrite(body: unknown): unknown {
	const text = typeof body === "string" ? body : JSON.stringify(body);
	const search = SearchBody.parse(Buffer.from(text));
	if (!search || search.textQueries.length === 0) return undefined;
	return JSON.parse(render(search));
}

function render(search: SearchBody): string {
	const rendered = search.textQueries.map((query) => {
		checkNeuralQuery(query, query.modelId);
		return { renderers: knnRenderers(query, `[${query.text?.length}]`) };
	});
	return search.render(changesOf(rendered));
}

const neural = { neural: { v: { query_text: "abc", model_id: "m", k: 3 } } };
const knn = { knn: { v: { vector: [3], k: 3 } } };

describe("neural becomes knn", () => {
	it("with all its options", () => {
		const options = {
			min_score: 0.5,
			filter: { term: { a: 1 } },
			method_parameters: { ef_search: 10 },
			rescore: { oversample_factor: 2 },
			expand_nested_docs: true,
			boost: 2,
			_name: "n",
		};
		expect(
			rewrite({
				query: {
					neural: { v: { query_text: "abc", model_id: "m", ...options } },
				},
			}),
		).toEqual({ query: { knn: { v: { vector: [3], ...options } } } });
	});

	it("with 10 neighbours where it names no end", () => {
		expect(
			rewrite({
				query: { neural: { v: { query_text: "abc", model_id: "m" } } },
			}),
		).toEqual({ query: { knn: { v: { vector: [3], k: 10 } } } });
	});

	it.each<[string, (query: object) => object]>([
		["query", (q) => ({ query: q })],
		["post_filter", (q) => ({ post_filter: q })],
		["bool must", (q) => ({ query: { bool: { must: q } } })],
		[
			"bool should list",
			(q) => ({ query: { bool: { should: [{ match_all: {} }, q] } } }),
		],
		["bool filter", (q) => ({ query: { bool: { filter: [q] } } })],
		["bool must_not", (q) => ({ query: { bool: { must_not: q } } })],
		["constant_score", (q) => ({ query: { constant_score: { filter: q } } })],
		["dis_max", (q) => ({ query: { dis_max: { queries: [q, q] } } })],
		[
			"boosting",
			(q) => ({
				query: { boosting: { positive: q, negative: q, negative_boost: 0.5 } },
			}),
		],
		[
			"function_score",
			(q) => ({
				query: {
					function_score: { query: q, functions: [{ filter: q, weight: 2 }] },
				},
			}),
		],
		[
			"script_score",
			(q) => ({
				query: { script_score: { query: q, script: { source: "_score" } } },
			}),
		],
		["nested", (q) => ({ query: { nested: { path: "n", query: q } } })],
		["has_child", (q) => ({ query: { has_child: { type: "c", query: q } } })],
		[
			"has_parent",
			(q) => ({ query: { has_parent: { parent_type: "p", query: q } } }),
		],
		[
			"knn filter",
			(q) => ({ query: { knn: { w: { vector: [1], k: 1, filter: q } } } }),
		],
		[
			"rescore",
			(q) => ({ rescore: { window_size: 5, query: { rescore_query: q } } }),
		],
		["rescore list", (q) => ({ rescore: [{ query: { rescore_query: q } }] })],
		[
			"sort",
			(q) => ({ sort: [{ "n.f": { nested: { path: "n", filter: q } } }] }),
		],
		[
			"highlight",
			(q) => ({
				highlight: {
					highlight_query: q,
					fields: { f: { highlight_query: q } },
				},
			}),
		],
		[
			"collapse",
			(q) => ({
				collapse: {
					field: "f",
					inner_hits: { name: "i", highlight: { highlight_query: q } },
				},
			}),
		],
		[
			"filter aggregation",
			(q) => ({
				aggs: { a: { filter: q, aggregations: { b: { filter: q } } } },
			}),
		],
		[
			"filters aggregation",
			(q) => ({
				aggs: {
					a: { filters: { filters: { x: q } } },
					b: { filters: { filters: [q] } },
				},
			}),
		],
		[
			"adjacency_matrix",
			(q) => ({ aggs: { a: { adjacency_matrix: { filters: { x: q } } } } }),
		],
		[
			"deep",
			(q) => ({
				query: {
					bool: {
						must: [
							{
								nested: {
									path: "n",
									query: {
										dis_max: { queries: [{ constant_score: { filter: q } }] },
									},
								},
							},
						],
					},
				},
			}),
		],
	])("in %s", (_name, place) => {
		expect(rewrite(place(neural))).toEqual(place(knn));
	});

	it("in the filter of another neural query", () => {
		expect(
			rewrite({
				query: {
					neural: {
						v: { query_text: "outer", model_id: "m", k: 1, filter: neural },
					},
				},
			}),
		).toEqual({ query: { knn: { v: { vector: [5], k: 1, filter: knn } } } });
	});

	it("whatever escapes its name is written with", () => {
		const body = JSON.stringify({ query: neural }).replace(
			"neural",
			"\\u006eeural",
		);
		expect(rewrite(body)).toEqual({ query: knn });
	});
});

describe("what is no neural query is never touched", () => {
	it.each<[string, object]>([
		["a field", { query: { match: { neural: "x" } } }],
		[
			"a field of a term query",
			{ query: { term: { neural: { value: neural } } } },
		],
		["a text", { query: { match: { t: "neural" } } }],
		["a source field", { _source: ["neural"], query: { match_all: {} } }],
		[
			"an aggregation's name",
			{ aggs: { neural: { terms: { field: "neural" } } } },
		],
		[
			"a script's parameter",
			{
				query: {
					script_score: {
						query: { match_all: {} },
						script: { source: "1", params: neural },
					},
				},
			},
		],
		["ext", { ext: neural }],
		["suggest", { suggest: neural }],
	])("%s", (_name, body) => {
		expect(rewrite(body)).toBeUndefined();
	});

	it.each(["constructor", "__proto__", "toString"])(
		"nor a query of a name that every object has: %s",
		(name) => {
			const body = `{"query":{"${name}":{"neural":{"v":{}}}}}`;
			expect(rewrite(body)).toBeUndefined();
		},
	);

	it("and one nested too deeply is for OpenSearch to refuse, with the process alive", () => {
		const deep = `${'{"bool":{"must":'.repeat(20_000)}{"neural":{}}${"}}".repeat(20_000)}`;
		expect(rewrite(`{"query":${deep}}`)).toBeUndefined();
	});

	it.each([`{"query":`, `[]`, `neural`, ``])("broken: %j", (body) => {
		expect(rewrite(body)).toBeUndefined();
	});

	it("and everything around one survives to the byte", () => {
		const around = (query: string) =>
			`{ "size": 12345678901234567890, "x":1.10, "query" : ${query} ,"é":"\\u00e9"}\n`;
		const search = SearchBody.parse(
			Buffer.from(around(JSON.stringify(neural))),
		);
		expect(search && render(search)).toBe(
			around(`{"knn":{"v":{"vector":[3],"k":3}}}`),
		);
	});
});

describe("how deep a search is costs nobody else a wait", () => {
	const nested = (levels: number, query: string) =>
		`{"query":${'{"template":'.repeat(levels)}${query}${"}".repeat(levels)}}`;
	const hybrid = '{"hybrid":{"queries":[{"match_all":{}}]}}';

	it("a hundred thousand queries within 900 templates are read once", () => {
		const many = Array.from({ length: 100_000 }, () => '{"match_all":{}}');
		const body = `{"bool":{"must":[${hybrid}],"should":[${many.join()}]}}`;
		const search = SearchBody.parse(Buffer.from(nested(900, body)));
		expect(search?.render({ renderers: new Map() })).toBe(`{"query":${body}}`);
	});

	it.each([
		["templates", nested(2_000, hybrid)],
		[
			"bool queries",
			`{"query":${'{"bool":{"must":'.repeat(900)}${hybrid}${"}}".repeat(900)}}`,
		],
		[
			"aggregations",
			`{"query":${hybrid},${'"aggs":{"a":{'.repeat(900)}${"}}".repeat(900)}}`,
		],
		[
			"objects beside the query",
			`{"query":${hybrid},"ext":${'{"a":'.repeat(1_500)}{}${"}".repeat(1_500)}}`,
		],
		[
			"queries within a wrapper",
			JSON.stringify({
				query: {
					wrapper: {
						query: Buffer.from(
							`${'{"bool":{"must":'.repeat(900)}${hybrid}${"}}".repeat(900)}`,
						).toString("base64"),
					},
				},
			}),
		],
	])("%s deeper than OpenSearch reads are left for it to refuse", (_, text) => {
		const search = SearchBody.parse(Buffer.from(text));
		expect(search?.hybrids ?? []).toEqual([]);
	});
});

describe("a wrong neural query is refused in neural-search's words", () => {
	it.each<[object, string]>([
		[
			{ v: { model_id: "m" } },
			"Invalid neural query: Either query_text or query_image must be provided.",
		],
		[
			{ v: { query_text: "a" } },
			"Invalid neural query: model_id must be provided.",
		],
		[
			{ v: { query_text: "a", model_id: "" } },
			"Invalid neural query: model_id field can not be empty",
		],
		[
			{ v: { query_text: "a", model_id: "m", k: 1, min_score: 1 } },
			"Invalid neural query: Only one of k, max_distance, or min_score can be provided",
		],
		[
			{ v: { query_text: "a", model_id: "m", kk: 1 } },
			"[neural] query does not support [kk]",
		],
		[
			{ v: { query_text: "a", model_id: "m" }, w: {} },
			"[neural] query doesn't support multiple fields, found [v] and [w]",
		],
	])("%j", (clause, reason) => {
		expect(() => rewrite({ query: { neural: clause } })).toThrow(reason);
	});
});
