import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { put } from "../helpers/embedding-index.ts";
import {
	type FaultyOpenSearch,
	startFaultyOpenSearch,
} from "../helpers/faulty-opensearch.ts";
import { uniqueName } from "../helpers/opensearch.ts";
import { startSidecar, type TestSidecar } from "../helpers/sidecar.ts";
import { valueAt } from "./conformance/json.ts";

/* A page that shows nothing but documents is made of what the sub-queries find; any other one is OpenSearch's. */

let faulty: FaultyOpenSearch;
let sidecar: TestSidecar;
const asked: string[] = [];
const index = uniqueName("hybrid-page");
const [plain, reranking, filtering] = ["plain", "reranking", "filtering"].map(
	(name) => `${index}-${name}`,
);

/** No two of them have the same scores. */
const documents = Array.from({ length: 60 }, (_, number) => ({
	text: `${number % 2 ? "river" : "bridge"}${" stone".repeat(number)}`,
	vector: [number, 1],
	price: 2 ** 53 + 2 * number,
	rank: number,
}));

beforeAll(async () => {
	faulty = await startFaultyOpenSearch();
	faulty.fault = ({ url = "" }) => {
		asked.push(url);
		return undefined;
	};
	sidecar = await startSidecar({ OPENSEARCH_URL: faulty.url });
	const method = { name: "hnsw", engine: "lucene", space_type: "l2" };
	await put(sidecar, `/${index}`, {
		settings: { "index.knn": true, number_of_shards: 1 },
		mappings: {
			properties: {
				text: { type: "text" },
				price: { type: "long" },
				vector: { type: "knn_vector", dimension: 2, method },
			},
		},
	});
	const lines = documents.flatMap((document, number) => [
		{ index: { _id: number } },
		document,
	]);
	const body = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
	await sidecar.call("POST", `/${index}/_bulk?refresh=true`, body);
	await sidecar.call("POST", `/${index}/_forcemerge?max_num_segments=1`);
	const phase_results_processors = [{ "normalization-processor": {} }];
	for (const [name, others] of [
		[plain, {}],
		[
			reranking,
			{
				response_processors: [
					{ rerank: { by_field: { target_field: "rank" } } },
					{ truncate_hits: { target_size: 2 } },
				],
			},
		],
		[
			filtering,
			{
				request_processors: [
					{ filter_query: { query: { match: { text: "river" } } } },
				],
			},
		],
	] as const)
		await put(sidecar, `/_search/pipeline/${name}`, {
			...others,
			phase_results_processors,
		});
});
beforeEach(() => {
	asked.length = 0;
});
afterAll(async () => {
	await sidecar.call("DELETE", `/${index}`);
	for (const name of [plain, reranking, filtering])
		await sidecar.call("DELETE", `/_search/pipeline/${name}`);
	await sidecar.close();
	faulty.close();
});

const words = (text: string) => ({ match: { text } });
const near = (place: number, k = 5) => ({
	knn: { vector: { vector: [place, 1], k } },
});

interface Search {
	queries?: readonly object[];
	hybrid?: object;
	body?: object;
	parameters?: string;
	pipeline?: string | undefined;
}

async function search({
	queries = [words("river"), near(30)],
	hybrid,
	body,
	parameters = "",
	pipeline = plain,
}: Search) {
	const path = `/${index}/_search?search_pipeline=${pipeline}${parameters}`;
	return sidecar.call("POST", path, {
		...body,
		query: { hybrid: { queries, ...hybrid } },
	});
}

/** Searches for which OpenSearch was sent a page's documents. */
function pagesAsked(): string[] {
	return asked.filter((url) => url.includes("search_pipeline"));
}

/** The hits, as they are and as OpenSearch makes the same page where it is asked for more. */
async function bothWays(asking: Search) {
	const own = await search(asking);
	expect(pagesAsked(), own.text).toEqual([]);
	const body = { ...asking.body, version: false };
	const theirs = await search({ ...asking, body });
	expect(pagesAsked(), theirs.text).toHaveLength(1);
	expect(own.status).toBe(theirs.status);
	return [own, theirs].map(({ json }) => ({
		shards: valueAt(json, "_shards"),
		hits: rounded(valueAt(json, "hits")),
	}));
}

/** Scores with as many digits as they have in both. */
function rounded(hits: unknown): unknown {
	return JSON.parse(JSON.stringify(hits), (name, value) =>
		/^(?:_|max_)score$/.test(name) && value !== null
			? Number(value.toPrecision(6))
			: value,
	);
}

describe("the same page as OpenSearch's", () => {
	it.each<object>([
		{},
		{ _source: false },
		{ _source: true },
		{ _source: "text" },
		{ _source: [] },
		{ _source: { includes: ["text", "price"], excludes: "text" } },
		{ track_total_hits: true },
		{ track_total_hits: false },
		{ track_total_hits: 10 },
		{ timeout: "10s" },
		{ size: 1 },
		{ size: 60 },
	])("with %j", async (body) => {
		const [own, theirs] = await bothWays({ body });
		expect(own).toEqual(theirs);
	});

	it.each([
		["words alone", [words("river")]],
		["neighbours alone", [near(7)]],
		["words twice", [words("river"), words("bridge stone")]],
		["neighbours twice", [near(3), near(5)]],
		["several of both", [near(3), words("river"), near(9), words("bridge")]],
		["nothing", [words("nothing"), words("at all")]],
		["neighbours, and words that nothing has", [words("nothing"), near(7)]],
	])("of %s", async (_, queries) => {
		const [own, theirs] = await bothWays({ queries });
		expect(own).toEqual(theirs);
		const few = { body: { track_total_hits: 6 }, queries };
		asked.length = 0;
		const [ownFew, theirFew] = await bothWays(few);
		expect(ownFew).toEqual(theirFew);
	});

	it("of sub-queries that a filter narrows", async () => {
		const hybrid = { filter: words("bridge") };
		const [own, theirs] = await bothWays({ hybrid });
		expect(own).toEqual(theirs);
	});

	it.each(["&from=4&size=4", "&routing=a", "&preference=_local"])(
		"with %s in the URL",
		async (parameters) => {
			const hybrid = { pagination_depth: 8 };
			const [own, theirs] = await bothWays({ hybrid, parameters });
			expect(own).toEqual(theirs);
		},
	);

	it("and the same refusal of a page past the last one", async () => {
		const asking = {
			hybrid: { pagination_depth: 10 },
			parameters: "&from=40&size=10",
		};
		const own = await search(asking);
		const theirs = await search({ ...asking, body: { version: false } });
		expect(own.json).toEqual(theirs.json);
		expect(own.text).toContain("Reached end of search result");
	});
});

it("how many are found is counted over all sub-queries, each document once", async () => {
	// 30 documents with `river`; of the five nearest, two have it.
	const { json } = await search({ queries: [words("river"), near(30, 5)] });
	expect(valueAt(json, "hits.total")).toEqual({ value: 33, relation: "eq" });
});

it("numbers keep digits that JavaScript has none for", async () => {
	const { text } = await search({ queries: [near(1, 1)] });
	expect(text).toContain(`"price":${2n ** 53n + 2n}`);
	expect(pagesAsked()).toEqual([]);
});

describe("is answered in the form that the client wants", () => {
	it("indented", async () => {
		const { text, json } = await search({ parameters: "&pretty" });
		expect(text).toContain('\n  "hits" : {');
		expect(valueAt(json, "hits.hits.0._id")).toBeDefined();
	});

	it("in YAML", async () => {
		const { headers, text } = await search({ parameters: "&format=yaml" });
		expect(headers.get("content-type")).toContain("application/yaml");
		expect(text).toContain("max_score:");
	});

	it("in part", async () => {
		const parameters = "&filter_path=hits.total.value";
		expect((await search({ parameters })).json).toEqual({
			hits: { total: { value: 33 } },
		});
	});

	it("in a form that only OpenSearch can write, by OpenSearch", async () => {
		const { headers } = await search({ parameters: "&format=cbor" });
		expect(headers.get("content-type")).toBe("application/cbor");
		asked.length = 0;
		const parameters = "&rest_total_hits_as_int";
		const { json } = await search({ parameters });
		expect(valueAt(json, "hits.total")).toBe(33);
	});

	it("with the headers of OpenSearch's answers", async () => {
		const { headers } = await search({});
		expect(headers.get("x-opensearch-version")).toContain("OpenSearch/");
	});
});

describe("what else is to be shown is OpenSearch's to make", () => {
	it.each<[string, Search]>([
		["aggregations", { body: { aggs: { all: { max: { field: "price" } } } } }],
		["sort", { body: { sort: ["_score"] } }],
		["fields", { body: { fields: ["price"] } }],
		["explain", { parameters: "&explain=true" }],
		["_source in the URL", { parameters: "&_source=text" }],
		["a name", { queries: [{ match: { text: { query: "a", _name: "b" } } }] }],
		["depth", { hybrid: { pagination_depth: 50 } }],
	])("%s", async (_, asking) => {
		const { status, text } = await search(asking);
		expect(status, text).toBe(200);
		expect(pagesAsked()).toHaveLength(1);
	});

	it("and what OpenSearch runs of a pipeline is run", async () => {
		const { json } = await search({ pipeline: filtering, body: { size: 60 } });
		const texts = [valueAt(json, "hits.hits")]
			.flat()
			.map((hit) => valueAt(hit, "_source.text"));
		expect(texts.length).toBeGreaterThan(0);
		for (const text of texts) expect(text).toContain("river");
		expect(pagesAsked()).toHaveLength(1);
	});
});

it("processors of the answer have it to work on", async () => {
	const { json } = await search({ pipeline: reranking });
	expect(pagesAsked()).toEqual([]);
	const found = [valueAt(json, "hits.hits")].flat();
	const ranks = found.map((hit) => Number(valueAt(hit, "_source.rank")));
	expect(ranks).toHaveLength(2);
	expect(ranks).toEqual(ranks.toSorted((one, other) => other - one));
	expect(valueAt(json, "hits.total.value")).toBe(33);
});

it("documents that are too large for the sidecar to read are answered all the same", async () => {
	const small = await startSidecar({
		OPENSEARCH_URL: faulty.url,
		SIDECAR_ANSWER_LIMIT: 8_000,
	});
	const queries = [words("river"), near(30, 30)];
	const body = { size: 30, query: { hybrid: { queries } } };
	const path = `/${index}/_search?search_pipeline=${plain}`;
	const answer = await small.call("POST", path, body);
	expect(answer.status, answer.text).toBe(200);
	expect(answer.text.length).toBeGreaterThan(8_000);
	expect(pagesAsked()).toHaveLength(1);
	await small.close();
});
