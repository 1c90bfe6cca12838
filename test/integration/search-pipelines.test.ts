import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
	callOpenSearch,
	opensearchUrl,
	uniqueName,
} from "../helpers/opensearch.ts";
import { startSidecar, type TestSidecar, textAt } from "../helpers/sidecar.ts";

/** Long enough for a cached pipeline to be wrong in a test, if nobody says that it is another one. */
const cacheMs = 3_600_000;

let sidecar: TestSidecar;
let other: TestSidecar;
const made: string[] = [];

beforeAll(async () => {
	sidecar = await startSidecar({ SIDECAR_PIPELINE_CACHE_MS: cacheMs });
	other = await startSidecar({ SIDECAR_PIPELINE_CACHE_MS: cacheMs });
});
afterAll(async () => {
	for (const path of made.reverse()) await sidecar.call("DELETE", path);
	await other.close();
	await sidecar.close();
});

/** Of OpenSearch's own. */
const filter = { filter_query: { query: { match_all: {} } } };
const rename = { rename_field: { field: "t", target_field: "u" } };
/** Of the sidecar's. */
const enricher = { neural_query_enricher: { default_model_id: "m" } };
const rerank = { rerank: { by_field: { target_field: "n" } } };
const whole = {
	version: 7,
	request_processors: [filter, enricher],
	phase_results_processors: [{ "normalization-processor": {} }],
	description: "all kinds",
	response_processors: [rename, rerank, { truncate_hits: { target_size: 3 } }],
};

async function put(
	definition: object | string,
	id = uniqueName("search"),
	through: TestSidecar = sidecar,
): Promise<string> {
	const path = `/_search/pipeline/${id}`;
	const { status, text } = await through.call("PUT", path, definition);
	if (status !== 200) throw new Error(text);
	made.push(path);
	return id;
}

describe("a search pipeline with processors that OpenSearch does not know", () => {
	it("is stored with the others, and read back as it was written", async () => {
		const id = await put(whole);
		const path = `/_search/pipeline/${id}`;
		expect((await sidecar.call("GET", path)).text).toBe(
			JSON.stringify({ [id]: whole }),
		);
		const stored = Object(await callOpenSearch("GET", path))[id];
		expect(stored).toMatchObject({
			version: 7,
			request_processors: [filter],
			phase_results_processors: [],
			response_processors: [rename],
		});
	});

	it("is read back among others: by list, by pattern and with all", async () => {
		const prefix = uniqueName("among");
		const own = await put(whole, `${prefix}-own`);
		const core = await put({ response_processors: [rename] }, `${prefix}-core`);
		const expected = {
			[own]: whole,
			[core]: { response_processors: [rename] },
		};
		for (const ids of [`/${core},${own}`, `/${prefix}*`, ""]) {
			const { json } = await sidecar.call("GET", `/_search/pipeline${ids}`);
			expect(json).toMatchObject(expected);
		}
	});

	it("is read back in every form that OpenSearch has for pipelines", async () => {
		const id = await put(whole);
		// The same, had OpenSearch stored it: its own kinds alone.
		const lookalike = await put({ ...whole, ...onlyCore }, `${id}-core`);
		for (const form of [
			"pretty",
			"format=yaml",
			`filter_path=*.response_processors.rename_field`,
			"filter_path=*.version&pretty",
		]) {
			const truth = await fetch(
				`${opensearchUrl()}/_search/pipeline/${lookalike}?${form}`,
			);
			const theirs = (await truth.text()).replaceAll(lookalike, id);
			const ours = await sidecar.call("GET", `/_search/pipeline/${id}?${form}`);
			const partsOf = (text: string) => text.split("\n").slice(0, 3);
			expect(partsOf(ours.text), form).toEqual(partsOf(theirs));
		}
	});
	const onlyCore = {
		request_processors: [filter],
		phase_results_processors: [],
		response_processors: [rename],
	};

	it("has its numbers and texts written as OpenSearch writes them", async () => {
		const params =
			'{"z":1.0,"a":0.30,"e":1e3,"s":1e-5,"big":123456789012345678901234567890,"d":0.12345678901234567890,"neg":-0.0,"l":12345678901,"n":null,"t":"\\u00e9\\/\\n"}';
		const script = `{"script":{"source":"int i = 1;","params":${params}}}`;
		const core = await put(`{"request_processors":[${script}]}`);
		const own = await put(
			`{ "request_processors": [ ${script}, ${JSON.stringify(enricher)} ] }`,
		);
		const paramsOf = async (id: string) => {
			const { text } = await sidecar.call("GET", `/_search/pipeline/${id}`);
			return /"params":(\{.*?\})/.exec(text)?.[1];
		};
		const expected = await paramsOf(core);
		expect(expected).toContain("1.0E-5");
		expect(await paramsOf(own)).toBe(expected);
	});

	it("is gone for the cluster and for clients once it is deleted", async () => {
		const id = await put(whole);
		const path = `/_search/pipeline/${id}`;
		expect((await sidecar.call("DELETE", path)).status).toBe(200);
		expect((await sidecar.call("GET", path)).status).toBe(404);
		const again = await sidecar.call("DELETE", path);
		expect(textAt(again.json, "error", "reason")).toBe(
			`pipeline [${id}] is missing`,
		);
	});

	it("is what another sidecar shows and replaces at once", async () => {
		await other.call("GET", "/_search/pipeline");
		const id = await put(whole);
		const path = `/_search/pipeline/${id}`;
		expect((await other.call("GET", path)).json).toEqual({ [id]: whole });
		await put({ response_processors: [rename] }, id, other);
		expect((await sidecar.call("GET", path)).json).toEqual({
			[id]: { response_processors: [rename] },
		});
	});

	it("is refused for what is wrong with it, and nothing is stored", async () => {
		const id = uniqueName("refused");
		const path = `/_search/pipeline/${id}`;
		const refusals = [
			[
				{ phase_results_processors: [{ "score-ranker-processor": { x: 1 } }] },
				"parse_exception",
			],
			[{ response_processors: [{ rerank: {} }] }, "illegal_argument_exception"],
			// OpenSearch says these, of what is left for it.
			[
				{ request_processors: [enricher, { nope: {} }] },
				"illegal_argument_exception",
			],
			[{ request_processors: [enricher], foo: 1 }, "parse_exception"],
			[{ request_processors: [enricher], description: 5 }, "parse_exception"],
			[
				{ request_processors: [enricher], response_processors: [enricher] },
				"illegal_argument_exception",
			],
		] as const;
		for (const [definition, type] of refusals) {
			const { status, json } = await sidecar.call("PUT", path, definition);
			expect(status).toBe(400);
			expect(textAt(json, "error", "type")).toBe(type);
		}
		expect((await sidecar.call("GET", path)).status).toBe(404);
	});
});

describe("a search pipeline with OpenSearch's own processors", () => {
	it("passes byte for byte, there and back", async () => {
		await put(whole);
		const id = await put('{ "version" : 1, "response_processors": [ ] }');
		for (const query of ["", "?pretty", "?format=yaml", "?filter_path=*.v*"]) {
			const path = `/_search/pipeline/${id}${query}`;
			const truth = await fetch(`${opensearchUrl()}${path}`);
			expect((await sidecar.call("GET", path)).text).toBe(await truth.text());
		}
	});

	it.each(["no JSON", "[]", '{"foo":1}', ""])(
		"is OpenSearch's to refuse: %j",
		async (body) => {
			const path = `/_search/pipeline/${uniqueName("search")}`;
			const truth = await fetch(`${opensearchUrl()}${path}`, {
				method: "PUT",
				headers: { "content-type": "application/json" },
				body,
			});
			const { status, text } = await sidecar.call("PUT", path, body);
			expect(status).toBe(truth.status);
			expect(text).toBe(await truth.text());
		},
	);
});

describe("a search", () => {
	const index = uniqueName("ranked");
	/** Ids, as they come. */
	const found = async (through: TestSidecar, query = ""): Promise<string[]> => {
		const { json } = await through.call("POST", `/${index}/_search${query}`, {
			sort: ["t"],
		});
		return Object(json).hits.hits.map((hit: { _id: string }) => hit._id);
	};

	beforeAll(async () => {
		await sidecar.call("PUT", `/${index}`, {
			settings: { number_of_replicas: 0 },
			mappings: { properties: { t: { type: "integer" } } },
		});
		made.push(`/${index}`);
		for (const n of [1, 2, 3])
			await sidecar.call("PUT", `/${index}/_doc/${n}?refresh=true`, {
				t: n,
				n,
			});
	});

	it("runs through another pipeline as soon as any sidecar has heard of it", async () => {
		expect(await found(sidecar)).toEqual(["1", "2", "3"]);
		const id = await put({ response_processors: [rerank] }, undefined, other);
		const settings = { "index.search.default_pipeline": id };
		await other.call("PUT", `/${index}/_settings`, settings);
		expect(await found(sidecar)).toEqual(["3", "2", "1"]);
		expect(await found(sidecar, "?search_pipeline=_none")).toEqual([
			"1",
			"2",
			"3",
		]);
		await other.call("DELETE", `/_search/pipeline/${id}`);
		await other.call("PUT", `/${index}/_settings`, {
			"index.search.default_pipeline": null,
		});
		expect(await found(sidecar)).toEqual(["1", "2", "3"]);
	});

	it("through a pipeline that is not there fails as OpenSearch says it", async () => {
		const path = `/${index}/_search?search_pipeline=not-there`;
		const { status, json } = await sidecar.call("GET", path);
		expect(status).toBe(400);
		expect(textAt(json, "error", "reason")).toBe(
			"Pipeline not-there is not defined",
		);
	});
});
