import { gzipSync } from "node:zlib";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
	type GlossIndex,
	idsIn,
	startGlossIndex,
} from "../helpers/gloss-index.ts";
import { opensearchUrl, uniqueName } from "../helpers/opensearch.ts";
import { textAt } from "../helpers/sidecar.ts";

let glosses: GlossIndex;
beforeAll(async () => {
	glosses = await startGlossIndex();
});
afterAll(() => glosses.close());

const pet = "a pet that purrs";
const call = (method: string, path: string, body?: unknown) =>
	glosses.sidecar.call(method, path, body);
const ofIndex = (path: string) => `/${glosses.index}${path}`;
const unknownModel = () => ({
	neural: { vector: { query_text: "a", model_id: "unknown" } },
});

describe("queries for models work wherever a request holds a query", () => {
	it.each(["GET", "POST"] as const)("_count by %s", async (method) => {
		const body = JSON.stringify({ query: glosses.neural(pet, { k: 2 }) });
		for (const path of ["/_count", "/_count?filter_path=count"]) {
			const answer = await request(glosses.sidecar.url + ofIndex(path), {
				method,
				headers: { "content-type": "application/json" },
				body,
			});
			expect(await answer.body.json()).toMatchObject({ count: 2 });
		}
	});

	it("_count of all indices, gzipped", async () => {
		const query = glosses.neural(pet, { k: 1 });
		const answer = await request(`${glosses.sidecar.url}/_count`, {
			method: "POST",
			headers: {
				"content-type": "application/json",
				"content-encoding": "gzip",
			},
			body: gzipSync(
				JSON.stringify({
					query: {
						bool: {
							filter: [{ term: { _index: glosses.index } }, query],
						},
					},
				}),
			),
		});
		expect(await answer.body.json()).toMatchObject({ count: 1 });
	});

	it("_explain", async () => {
		const body = { query: glosses.neural(pet) };
		for (const [id, matched] of [
			["cat", true],
			["violin", false],
		])
			expect(
				(await call("POST", ofIndex(`/_explain/${id}`), body)).json,
			).toMatchObject({ _id: id, matched });
	});

	it("_search with the body in its URL", async () => {
		const source = encodeURIComponent(
			JSON.stringify({ query: glosses.neural(pet) }),
		);
		const type = "source_content_type=application/json";
		const path = ofIndex(`/_search?size=1&source=${source}&${type}`);
		expect(idsIn((await call("GET", path)).json)).toEqual(["cat"]);
	});

	it("_search through a wrapper, within a template, in UTF-16 and with comments", async () => {
		const inner = JSON.stringify(glosses.neural(pet));
		const wrapper = {
			wrapper: { query: Buffer.from(inner).toString("base64") },
		};
		for (const query of [wrapper, { template: { bool: { must: wrapper } } }]) {
			const { json } = await call("POST", ofIndex("/_search"), { query });
			expect(idsIn(json)).toEqual(["cat"]);
		}
		const text = `{"query":/* a pet */${inner}}`;
		for (const body of [text, `\ufeff${text}`, Buffer.from(text, "utf16le")]) {
			const { json } = await call("POST", ofIndex("/_search"), body);
			expect(idsIn(json)).toEqual(["cat"]);
		}
	});

	it("_search in a terms lookup, and in the old names of OpenSearch's language", async () => {
		const lookup = {
			index: glosses.index,
			path: "neural",
			query: glosses.neural(pet),
		};
		for (const [query, expected] of [
			[{ terms: { neural: lookup } }, ["cat"]],
			[
				{ bool: { mustNot: [glosses.neural(pet)] } },
				["plumber", "violin", "glacier"],
			],
		] as const) {
			const { json } = await call("POST", ofIndex("/_search"), { query });
			expect(idsIn(json).sort()).toEqual([...expected].sort());
		}
	});

	it("_search page by page, by scroll", async () => {
		const first = await call("POST", ofIndex("/_search?scroll=1m&size=1"), {
			query: glosses.neural(pet, { k: 2 }),
		});
		const scroll_id = textAt(first.json, "_scroll_id");
		const next = await call("POST", "/_search/scroll", { scroll_id });
		expect(idsIn(first.json)).toEqual(["cat"]);
		expect(idsIn(next.json)).toHaveLength(1);
		await call("DELETE", "/_search/scroll", { scroll_id });
	});

	it("_search in a point in time, whose index no URL names", async () => {
		const path = ofIndex("/_search/point_in_time?keep_alive=1m");
		const id = textAt((await call("POST", path)).json, "pit_id");
		const { json } = await call("POST", "/_search", {
			pit: { id },
			query: glosses.neural(pet),
		});
		expect(idsIn(json)).toEqual(["cat"]);
		await call("DELETE", "/_search/point_in_time", { pit_id: [id] });
	});

	it("_field_caps", async () => {
		const { status, text } = await call(
			"POST",
			ofIndex("/_field_caps?fields=gloss"),
			{ index_filter: glosses.neural(pet) },
		);
		expect(status, text).toBe(200);
	});
});

describe("a hybrid query is the sum of its queries where no hits are answered", () => {
	const hybrid = () => ({
		query: {
			hybrid: {
				queries: [glosses.neural(pet), { term: { neural: "violin" } }],
			},
		},
	});

	it("_count, _validate/query and _explain", async () => {
		const counted = await call("POST", ofIndex("/_count"), hybrid());
		expect(counted.json).toMatchObject({ count: 2 });
		const path = ofIndex("/_validate/query");
		const valid = await call("POST", path, hybrid());
		expect(valid.json).toMatchObject({ valid: true });
		for (const id of ["cat", "violin"])
			expect(
				(await call("POST", ofIndex(`/_explain/${id}`), hybrid())).json,
			).toMatchObject({ matched: true });
	});

	it.each(["_delete_by_query", "_update_by_query", "_search?scroll=1m"])(
		"but %s refuses it",
		async (api) => {
			const { status, json } = await call("POST", ofIndex(`/${api}`), hybrid());
			expect(status).toBe(400);
			expect(textAt(json, "error", "root_cause", 0, "reason")).toBe(
				"Scroll operation is not supported in hybrid query",
			);
		},
	);
});

describe("_validate/query says whether a query can be run", () => {
	const validate = (query: object, parameters = "") =>
		call("POST", ofIndex(`/_validate/query${parameters}`), { query });

	it("one for a model can", async () => {
		const { json } = await validate(glosses.neural(pet), "?explain=true");
		expect(json).toMatchObject({ valid: true });
	});

	it("one for a model that is not there can't, with the reason", async () => {
		const { status, json } = await validate(unknownModel());
		expect({ status, json }).toEqual({
			status: 200,
			json: {
				_shards: { total: 0, successful: 0, failed: 0 },
				valid: false,
				explanations: [
					{
						valid: false,
						error: expect.stringContaining("Failed to find model"),
					},
				],
			},
		});
	});

	it("one that can't be parsed tells why only if asked", async () => {
		const query = { neural: { vector: { query_text: "a", kk: 1 } } };
		expect((await validate(query)).json).toEqual({ valid: false });
		expect((await validate(query, "?explain=true&pretty")).json).toEqual({
			valid: false,
			error: "ParsingException[[neural] query does not support [kk]]",
		});
	});
});

describe("what works on all the documents that a query finds", () => {
	it("_reindex, _update_by_query and _delete_by_query take those", async () => {
		const copy = uniqueName("copy");
		await call("PUT", `/${copy}`, {
			settings: { "index.knn": true },
			mappings: {
				properties: {
					vector: {
						type: "knn_vector",
						dimension: 384,
						method: {
							name: "hnsw",
							engine: "lucene",
							space_type: "cosinesimil",
						},
					},
				},
			},
		});
		const copied = await call("POST", "/_reindex?refresh=true", {
			source: { index: glosses.index, query: glosses.neural(pet, { k: 3 }) },
			dest: { index: copy },
		});
		expect(copied.json).toMatchObject({ created: 3, failures: [] });
		const updated = await call(
			"POST",
			`/${copy}/_update_by_query?refresh=true`,
			{
				query: glosses.neural(pet, { k: 2 }),
				script: { source: "ctx._source.found = true" },
			},
		);
		expect(updated.json).toMatchObject({ updated: 2 });
		const deleted = await call(
			"POST",
			`/${copy}/_delete_by_query?refresh=true`,
			{ query: glosses.neural(pet) },
		);
		expect(deleted.json).toMatchObject({ deleted: 1 });
		const left = await call("GET", `/${copy}/_search?q=found:true`);
		expect(idsIn(left.json)).toHaveLength(1);
		expect(idsIn(left.json)).not.toContain("cat");
		await call("DELETE", `/${copy}`);
	});

	it("fail for a model that is not there, and change nothing", async () => {
		for (const api of ["_delete_by_query", "_update_by_query"]) {
			const { status, json } = await call("POST", ofIndex(`/${api}`), {
				query: unknownModel(),
			});
			expect(status).toBe(404);
			expect(textAt(json, "error", "reason")).toContain("Failed to find model");
		}
		const { json } = await call("GET", ofIndex("/_count"));
		expect(json).toMatchObject({ count: 4 });
	});
});

describe("what is OpenSearch's alone goes on as it came", () => {
	it.each<[string, string, object | undefined]>([
		["POST", "/_count", { query: { term: { neural: "cat" } } }],
		["POST", "/_search_shards", { query: { neural: {} } }],
		["POST", "/_rank_eval", { requests: [] }],
		["GET", "/_search?source=neural", undefined],
		["POST", "/_validate/query?explain", { query: { neurall: {} } }],
		["POST", "/_field_caps?fields=neural", { query: {} }],
		["POST", "/_delete_by_query", { query: { match: { neural: "nothing" } } }],
	])("%s %s", async (method, path, body) => {
		const through = await call(method, ofIndex(path), body);
		const straight = await request(opensearchUrl() + ofIndex(path), {
			method: method === "GET" ? "GET" : "POST",
			...(body && {
				headers: { "content-type": "application/json" },
				body: JSON.stringify(body),
			}),
		});
		expect(withoutTimes(through.text)).toBe(
			withoutTimes(await straight.body.text()),
		);
		expect(through.status).toBe(straight.statusCode);
	});
});

function withoutTimes(text: string): string {
	return text.replaceAll(/"took":\d+/g, '"took":0');
}
