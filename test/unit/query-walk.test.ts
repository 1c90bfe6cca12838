import { describe, expect, it } from "vitest";
import { knnRenderers } from "../../sidecar/search/queries/neural-query.ts";
import { SearchBody } from "../../sidecar/search/search-body.ts";

const neural = { neural: { v: { query_text: "a", model_id: "m", k: 1 } } };
const knn = { knn: { v: { vector: ["a"], k: 1 } } };
const base64 = (text: string) => Buffer.from(text).toString("base64");

/** A search as it is sent on; undefined where it goes on as it came. */
function rewrite(text: string | Buffer): unknown {
	const body = SearchBody.parse(Buffer.from(text));
	if (!body || body.textQueries.length === 0) return undefined;
	const renderers = body.textQueries.flatMap((query) => [
		...knnRenderers(query, JSON.stringify([query.text])),
	]);
	return JSON.parse(body.render({ renderers: new Map(renderers) }));
}

describe("places of OpenSearch's language that few know", () => {
	it.each<[string, (query: object) => object]>([
		[
			"a terms lookup",
			(query) => ({
				query: { terms: { f: { index: "i", path: "p", query } } },
			}),
		],
		[
			"must_not by its old name",
			(query) => ({ query: { bool: { mustNot: query } } }),
		],
		[
			"a nested sort, the old way",
			(query) => ({ sort: { f: { nested_path: "n", nested_filter: query } } }),
		],
		[
			"a nested sort by a script",
			(query) => ({
				sort: { _script: { nested: { path: "n", nested: { filter: query } } } },
			}),
		],
		[
			"a hybrid query's filter",
			(query) => ({
				query: { hybrid: { queries: [{ match_all: {} }], filter: query } },
			}),
		],
		[
			"inner hits of inner hits",
			(query) => ({
				query: {
					nested: {
						path: "n",
						query: {
							has_child: {
								query: {},
								inner_hits: { sort: [{ f: { nested: { filter: query } } }] },
							},
						},
					},
				},
			}),
		],
		[
			"the sort of top hits",
			(query) => ({
				aggs: {
					a: { top_hits: { sort: { f: { nested: { filter: query } } } } },
				},
			}),
		],
		["_field_caps", (query) => ({ index_filter: query })],
	])("%s", (_what, search) => {
		expect(rewrite(JSON.stringify(search(neural)))).toEqual(search(knn));
	});
});

describe("a query that holds nothing but another one gives way to that", () => {
	const wrapper = (text: string) => ({ wrapper: { query: base64(text) } });

	it.each<[string, object, object]>([
		["a wrapper", wrapper(JSON.stringify(neural)), knn],
		[
			"a wrapper with something behind the query",
			wrapper(`${JSON.stringify(neural)} x`),
			knn,
		],
		["a template", { template: neural }, knn],
		[
			"a wrapper in a template in a wrapper",
			wrapper(
				JSON.stringify({
					template: { bool: { must: wrapper(JSON.stringify(neural)) } },
				}),
			),
			{ bool: { must: knn } },
		],
	])("%s", (_what, query, expected) => {
		expect(rewrite(JSON.stringify({ query }))).toEqual({ query: expected });
		const hybrid = { hybrid: { queries: [query] } };
		expect(rewrite(JSON.stringify({ query: hybrid }))).toEqual({
			query: { hybrid: { queries: [expected] } },
		});
	});

	it("white space in base64 counts for nothing", () => {
		const query = base64(JSON.stringify(neural)).replace(/^..../, "$&\n ");
		const search = { query: { wrapper: { query } } };
		expect(rewrite(JSON.stringify(search))).toEqual({ query: knn });
	});

	it.each([
		{ wrapper: { query: base64('{"match":{"neural":"x"}}') } },
		{ wrapper: { query: base64(JSON.stringify(neural)), boost: 2 } },
		{ wrapper: { query: base64(JSON.stringify(neural)) }, match_all: {} },
		{ wrapper: { query: base64(JSON.stringify(neural)).slice(0, -1) } },
		{ wrapper: { query: "neural" } },
		{ wrapper: { query: neural } },
		{ wrapper: base64(JSON.stringify(neural)) },
	])("one that is not, or is OpenSearch's to refuse, stays: %j", (query) => {
		expect(rewrite(JSON.stringify({ query }))).toBeUndefined();
	});
});

describe("a body is read as OpenSearch reads it", () => {
	const text = JSON.stringify({ query: neural });

	it.each<[string, string | Buffer]>([
		["with a byte order mark", `\ufeff${text}`],
		["in UTF-16", Buffer.from(text, "utf16le")],
		[
			"in UTF-16 with a byte order mark",
			Buffer.from(`\ufeff${text}`, "utf16le"),
		],
	])("%s", (_what, body) => {
		expect(rewrite(body)).toEqual({ query: knn });
	});

	it("with comments, which stay", () => {
		const body = SearchBody.parse(
			Buffer.from(`/*1*/{"query"://2\n${text.slice(9)}`),
		);
		expect(body?.render({ renderers: new Map() })).toContain("//2\n");
		expect(body?.textQueries).toHaveLength(1);
	});

	it("a name that stands twice stays twice, for OpenSearch to refuse", () => {
		const twice = `{"query":${JSON.stringify(neural)},"query":{}}`;
		const body = SearchBody.parse(Buffer.from(twice));
		const renderers = body?.textQueries.flatMap((query) => [
			...knnRenderers(query, "[1]"),
		]);
		expect(body?.render({ renderers: new Map(renderers) })).toBe(
			`{"query":{"knn":{"v":{"vector":[1],"k":1}}},"query":{}}`,
		);
	});
});

it("the depth of a query costs no more than its length", () => {
	const depth = 300;
	const many = Array.from({ length: 9_000 }, () => '{"match_all":{}}').join();
	const deep = `${'{"bool":{"must":['.repeat(depth)}${many},${JSON.stringify(neural)}${"]}}".repeat(depth)}`;
	const body = SearchBody.parse(Buffer.from(`{"query":${deep}}`));
	expect(body?.textQueries).toHaveLength(1);
	const { place } = body?.textQueries[0] ?? {};
	expect(place?.isWithin(new Set(["bool"]))).toBe(true);
	expect(place?.isWithin(new Set(["nested"]))).toBe(false);
});
