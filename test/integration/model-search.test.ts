import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { callOpenSearch, uniqueName } from "../helpers/opensearch.ts";
import {
	miniLmMeta,
	startSidecar,
	type TestSidecar,
	textAt,
} from "../helpers/sidecar.ts";

const models = "/_plugins/_ml/models";
const { int8 } = inject("minilm");
/** All models of this file have it in their names. */
const family = uniqueName("searched").replaceAll("-", "");
let sidecar: TestSidecar;
const ids: string[] = [];

/** A task that a sidecar on another node has left. */
const task = uniqueName("task");

beforeAll(async () => {
	sidecar = await startSidecar();
	for (const [name, description] of [
		["one", "index script percolate"],
		["two", "the sidecar"],
		["three", "."],
	]) {
		const meta = { ...miniLmMeta(int8, `${family} ${name}`), description };
		const { json } = await sidecar.call(
			"POST",
			`${models}/_register_meta`,
			meta,
		);
		const id = textAt(json, "model_id");
		ids.push(id);
		await sidecar.call("POST", `${models}/${id}/upload_chunk/0`, "x");
	}
	await callOpenSearch("PUT", `/.ml-sidecar-task/_doc/${task}?refresh=true`, {
		task_type: "DEPLOY_MODEL",
		function_name: "TEXT_EMBEDDING",
		state: "COMPLETED",
		worker_node: ["a"],
		create_time: 1,
		last_update_time: 1,
		is_async: true,
		model_id: family,
		sidecar: { coordinator: "coordinator7" },
	});
});
afterAll(async () => {
	for (const id of ids) await sidecar.call("DELETE", `${models}/${id}`);
	await callOpenSearch("DELETE", `/.ml-sidecar-task/_doc/${task}?refresh=true`);
	await sidecar.close();
});

const mine = { match: { name: family } };

async function search(body: unknown, kind = "models") {
	return sidecar.call("POST", `/_plugins/_ml/${kind}/_search`, body);
}

function names({ json }: { json: unknown }): string[] {
	const hits = Reflect.get(Object(Reflect.get(Object(json), "hits")), "hits");
	if (!Array.isArray(hits)) throw new Error(JSON.stringify(json));
	return hits.map((hit) => textAt(hit, "_source", "name").split(" ")[1] ?? "");
}

describe("a search among models", () => {
	it("finds a model by its name, as clients that benchmark do, and tells its id", async () => {
		const answer = await search({
			query: {
				bool: {
					should: [{ term: { "name.keyword": `${family} two` } }],
					must_not: [{ exists: { field: "chunk_number" } }],
				},
			},
		});
		expect(answer.json).toMatchObject({
			timed_out: false,
			hits: {
				total: { value: 1, relation: "eq" },
				hits: [
					{
						_id: ids[1],
						_version: expect.any(Number),
						_seq_no: expect.any(Number),
						_primary_term: 1,
						_source: { model_id: ids[1], model_state: "REGISTERING" },
					},
				],
			},
		});
		const byPhrase = await search({
			query: { match_phrase: { name: { query: `${family} two` } } },
			size: 1000,
		});
		expect(names(byPhrase)).toEqual(["two"]);
	});

	it("sorts, pages, counts and shows what is asked for", async () => {
		const body = {
			query: mine,
			sort: [{ created_time: "desc" }],
			from: 1,
			size: 1,
			_source: ["name"],
			aggs: { states: { terms: { field: "model_state" } } },
		};
		const answer = await search(body);
		expect(names(answer)).toEqual(["two"]);
		expect(answer.json).toMatchObject({
			hits: {
				total: { value: 3 },
				hits: [{ _source: { name: `${family} two` } }],
			},
			aggregations: {
				states: { buckets: [{ key: "REGISTERING", doc_count: 3 }] },
			},
		});
	});

	it("scores as the query does, and nothing where there is none", async () => {
		const all = await search({ query: { match_all: {} }, size: 1 });
		expect(all.json).toMatchObject({
			hits: { max_score: 1, hits: [{ _score: 1 }] },
		});
		const filtered = await search({ query: { bool: { filter: [mine] } } });
		expect(filtered.json).toMatchObject({ hits: { max_score: 0 } });
		expect((await search({ size: 1 })).json).toMatchObject({
			hits: { max_score: 0 },
		});
	});

	it("is a GET with a body, or one without and the search in a parameter", async () => {
		const source = encodeURIComponent(JSON.stringify({ query: mine, size: 2 }));
		const url = `${models}/_search?source=${source}`;
		const answer = await sidecar.call(
			"GET",
			`${url}&source_content_type=application/json`,
		);
		expect(names(answer)).toHaveLength(2);
		const untyped = await sidecar.call("GET", url);
		expect([untyped.status, textAt(untyped.json, "error", "reason")]).toEqual([
			400,
			"source and source_content_type parameters are required",
		]);
	});

	it.each([undefined, "", "x", [], '"a"'])("is not %j", async (body) => {
		expect((await search(body)).status).toBe(400);
	});

	it("has no parameters of the URL that ml-commons does not know", async () => {
		const answer = await sidecar.call("POST", `${models}/_search?size=1`, {});
		expect(answer.status).toBe(400);
	});

	it("that OpenSearch refuses is refused in OpenSearch's words, with the lines of the client's text", async () => {
		const text = '{\n\n  "query": {\n    "nonsense": {} }\n}';
		const answer = await search(text);
		expect(answer.status).toBe(400);
		expect(answer.json).toMatchObject({
			error: {
				type: "parsing_exception",
				reason: "unknown query [nonsense]",
				line: 4,
			},
		});
	});

	it("does not find a model that is being deleted", async () => {
		const { json } = await sidecar.call(
			"POST",
			`${models}/_register_meta`,
			miniLmMeta(int8, `${family} gone`),
		);
		const id = textAt(json, "model_id");
		ids.push(id);
		await callOpenSearch(
			"POST",
			`/.ml-sidecar-model/_update/${id}?refresh=true`,
			{
				doc: { sidecar: { deleting: true } },
			},
		);
		expect(
			names(await search({ query: mine, sort: ["created_time"] })),
		).toEqual(["one", "two", "three"]);
	});

	it("finds nothing of the index that is not there yet", async () => {
		const answer = await search(
			{ query: { match: { name: family } } },
			"model_groups",
		);
		expect(answer.status).toBe(200);
	});
});

/** What a document has besides: hashes of chunks, nodes, where its chunks are. */
const internals =
	/"sidecar"|chunk_index|chunks-small|"chunks"|"workers"|coordinator|[0-9a-f]{64}/;

/** Ways by which a part of a document comes out of a search. */
const ways: [string, object][] = [
	["its source", {}],
	["its source by name", { _source: ["sidecar", "sidecar.*", "*"] }],
	[
		"its source by includes",
		{ _source: { includes: ["sidecar*"], excludes: [] } },
	],
	[
		"fields",
		{
			fields: ["*", "sidecar.*", "sidecar.coordinator", "sidecar.chunk_index"],
		},
	],
	[
		"doc values",
		{
			docvalue_fields: [
				"sidecar.*",
				"sidecar.chunk_index",
				"sidecar.coordinator",
				"sidecar.registering_node",
			],
		},
	],
	["stored fields", { stored_fields: ["*", "_source"] }],
	[
		"top hits",
		{ size: 0, aggs: { a: { top_hits: { _source: ["sidecar"], size: 5 } } } },
	],
	[
		"top hits of an aggregation that is called as the source is",
		{ size: 0, aggs: { _source: { top_hits: { size: 5 } } } },
	],
	[
		"collapsed hits that are called as the source is",
		{ collapse: { field: "model_id", inner_hits: { name: "_source" } } },
	],
	[
		"collapsed hits",
		{
			collapse: { field: "model_id", inner_hits: { name: "a", _source: true } },
		},
	],
	[
		"terms",
		{
			size: 0,
			aggs: {
				a: { terms: { field: "sidecar.chunk_index" } },
				b: { terms: { field: "sidecar.coordinator" } },
			},
		},
	],
	[
		"highlights",
		{ highlight: { require_field_match: false, fields: { "*": {} } } },
	],
	["explanations", { explain: true }],
	["profiles of what is searched", { profile: true }],
	[
		"sort values",
		{
			sort: [
				{ "sidecar.chunk_index": { order: "asc", unmapped_type: "keyword" } },
			],
		},
	],
];

describe("what only the sidecars need does not come out of a search", () => {
	it.each(ways)("by %s", async (_way, body) => {
		const model = await search({
			query: { terms: { model_id: ids } },
			...body,
		});
		const found = await search(
			{ query: { term: { model_id: family } }, ...body },
			"tasks",
		);
		for (const { status, text } of [model, found]) {
			expect(status).toBe(200);
			expect(text).toMatch(/"value":[13]/);
			// The hash of the whole is the client's own.
			expect(
				text.replaceAll(int8.sha256, "").replaceAll("sidecar.deleting", ""),
			).not.toMatch(internals);
		}
	});

	it.each([
		{ term: { "sidecar.coordinator": "coordinator7" } },
		{ query_string: { query: "coordinator7" } },
		{ query_string: { query: "sidecar.coordinator:*" } },
		{ multi_match: { query: "coordinator7", fields: ["*"] } },
		{ exists: { field: "sidecar" } },
		{ prefix: { "sidecar.chunk_index": "." } },
	])("and nothing is found by it: %j", async (query) => {
		for (const kind of ["models", "tasks"])
			expect((await search({ query }, kind)).json).toMatchObject({
				hits: { total: { value: 0 } },
			});
	});

	it("nor do documents that are no models", async () => {
		const stolen = await search({
			query: {
				terms: {
					model_id: { index: ".ml-sidecar-task", id: task, path: "model_id" },
				},
			},
		});
		expect([stolen.status, textAt(stolen.json, "error", "reason")]).toEqual([
			400,
			"[index] is not supported in a search of the model API: it reads documents of another index",
		]);
		const { text } = await search({ size: 10_000, query: { match_all: {} } });
		expect(text).not.toMatch(/chunks-small|"content"|chunk_number/);
	});
});

describe("a task", () => {
	it("is searched for like a model", async () => {
		const { json } = await search(
			{ query: { term: { model_id: family } } },
			"tasks",
		);
		expect(json).toMatchObject({
			hits: {
				total: { value: 1 },
				hits: [
					{ _id: task, _source: { worker_node: ["a"], state: "COMPLETED" } },
				],
			},
		});
	});

	it("can't be cancelled: only batch jobs can", async () => {
		const path = "/_plugins/_ml/tasks";
		const known = await sidecar.call("POST", `${path}/${task}/_cancel`);
		expect([known.status, textAt(known.json, "error", "reason")]).toEqual([
			400,
			"The task ID you provided does not have any associated batch job",
		]);
		const unknown = await sidecar.call("POST", `${path}/nope/_cancel`);
		expect([unknown.status, textAt(unknown.json, "error", "reason")]).toEqual([
			404,
			"Fail to find task",
		]);
	});
});
