import { afterAll, beforeAll, expect, it } from "vitest";
import { field } from "../helpers/gloss-index.ts";
import { callOpenSearch, uniqueName } from "../helpers/opensearch.ts";
import { startSidecar, type TestSidecar } from "../helpers/sidecar.ts";

let sidecar: TestSidecar;
const prefix = uniqueName("hybrid-shards");
const [routed, single, wrong] = ["routed", "single", "wrong"].map(
	(name) => `${prefix}-${name}`,
);

/** Documents with `water` among ever more other words: the longer, the less it scores. */
const water = Array.from({ length: 12 }, (_, more) => ({
	_id: String(more % 4),
	routing: `r${more}`,
	text: `water${" x".repeat(more)}`,
}));

async function makeIndex(
	index: string | undefined,
	mappings: unknown,
	{
		shards,
		documents,
	}: { shards: number; documents: readonly Record<string, unknown>[] },
) {
	await callOpenSearch("PUT", `/${index}`, {
		settings: { number_of_shards: shards, number_of_replicas: 0 },
		mappings,
	});
	const lines = documents.flatMap(({ _id, routing, ...source }) => [
		JSON.stringify({ index: { _id, routing } }),
		JSON.stringify(source),
	]);
	await callOpenSearch(
		"POST",
		`/${index}/_bulk?refresh=true`,
		`${lines.join("\n")}\n`,
	);
}

beforeAll(async () => {
	sidecar = await startSidecar();
	const text = { properties: { text: { type: "text" } } };
	await makeIndex(routed, text, {
		shards: 3,
		documents: [...water, { _id: "0", text: "water alone" }],
	});
	const big = { type: "long" };
	await makeIndex(
		single,
		{ properties: { ...text.properties, big } },
		{
			shards: 1,
			// JavaScript's own numbers are not exact there.
			documents: Array.from({ length: 6 }, (_, more) => ({
				_id: `s${more}`,
				text: "ice",
				big: `${2n ** 53n + BigInt(more)}`,
			})),
		},
	);
	await makeIndex(
		wrong,
		{ properties: { text: { type: "long" } } },
		{ shards: 1, documents: [{ _id: "w", text: 1 }] },
	);
});

afterAll(async () => {
	for (const index of [routed, single, wrong])
		await callOpenSearch("DELETE", `/${index}`);
	await sidecar.close();
});

async function answerTo(path: string, body: unknown) {
	const { status, json } = await sidecar.call("POST", path, body);
	expect(status, JSON.stringify(json)).toBe(200);
	return json;
}

function hitsIn(json: unknown): unknown[] {
	const hits = field(field(json, "hits"), "hits");
	if (!Array.isArray(hits)) throw new Error(JSON.stringify(json));
	return hits;
}

/** Each document by what names it, in the answer's order. */
async function found(target: string | undefined, body: unknown) {
	const json = await answerTo(`/${target}/_search`, body);
	return hitsIn(json).map((hit) =>
		["_index", "_id", "_routing"].map((name) => field(hit, name)),
	);
}

const match = { match: { text: "water" } };
const hybrid = (...queries: unknown[]) => ({ hybrid: { queries } });

it("documents of one id on several shards keep each its own score and place", async () => {
	for (const size of [1, 3, 4, 6, 20]) {
		// A document's id alone does not say which of them it is.
		const plain = await found(routed, { size, query: match });
		const combined = await found(routed, { size, query: hybrid(match) });
		expect(combined).toEqual(plain);
		const several = await found(`${routed},${single}`, {
			size,
			query: hybrid(match),
		});
		expect(several).toEqual(plain);
	}
});

it("and is explained by its own", async () => {
	const pipeline = { response_processors: [{ hybrid_score_explanation: {} }] };
	const [plain, combined] = await Promise.all([
		answerTo(`/${routed}/_search`, { size: 20, explain: true, query: match }),
		answerTo(`/${routed}/_search`, {
			size: 20,
			explain: true,
			query: hybrid(match),
			search_pipeline: pipeline,
		}),
	]);
	const scores = hitsIn(plain).map((hit) => field(hit, "_score"));
	const explained = hitsIn(combined).map((hit) => {
		const [normalized] = detailsOf(field(hit, "_explanation"));
		const [own] = detailsOf(normalized);
		return field(own, "value");
	});
	expect(explained).toEqual(scores);
});

function detailsOf(explanation: unknown): unknown[] {
	return [field(explanation, "details")].flat();
}

it("groups whose numbers differ in the last digit stay groups of their own", async () => {
	const collapse = { field: "big" };
	const groups = await found(single, {
		size: 20,
		collapse,
		query: hybrid({ match_all: {} }),
	});
	expect(groups).toHaveLength(6);
});

it("a shard that can't run a sub-query keeps no other from being searched", async () => {
	const target = `/${routed},${wrong}/_search`;
	const query = hybrid(match, { match_all: {} });
	const answer = await answerTo(target, { size: 20, query });
	const plain = await answerTo(target, { size: 20, query: match });
	expect(field(answer, "_shards")).toMatchObject({
		total: 4,
		successful: 3,
		failed: 1,
	});
	expect(field(field(answer, "_shards"), "failures")).toHaveLength(1);
	expect(hitsIn(answer)).toHaveLength(hitsIn(plain).length);
});

it("but refuses the search where no shard may fail, or all do", async () => {
	const query = hybrid(match, { match_all: {} });
	for (const path of [
		`/${routed},${wrong}/_search?allow_partial_search_results=false`,
		`/${wrong}/_search`,
	]) {
		const { status, json } = await sidecar.call("POST", path, { query });
		expect({ path, status }).toEqual({ path, status: 400 });
		expect(JSON.stringify(json)).toContain("For input string");
	}
});

it("over several indices, pages follow on each other as in one large page", async () => {
	const target = `${routed},${single}`;
	const deep = {
		hybrid: {
			queries: [{ match_none: {} }, { match_all: {} }],
			pagination_depth: 30,
		},
	};
	const all = await found(target, { size: 30, query: deep });
	const paged: unknown[] = [];
	for (let from = 0; from < all.length; from += 3)
		paged.push(...(await found(target, { from, size: 3, query: deep })));
	expect(paged).toEqual(all);
});

it("everything is searched with hidden indices, and the sidecar's own are left out", async () => {
	const search = {
		query: hybrid(
			{ bool: { filter: [{ term: { _index: single } }] } },
			{ term: { text: "ice" } },
		),
		size: 3,
		// Indices of other tests may have pipelines, and be gone in a moment.
		search_pipeline: "_none",
	};
	const lines = [{ expand_wildcards: "all" }, search];
	const body = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
	const several = await answerTo("/_msearch", body);
	const [first] = [field(several, "responses")].flat();
	const alone = await answerTo("/_search?expand_wildcards=all", search);
	for (const answer of [first, alone]) expect(hitsIn(answer)).toHaveLength(3);
});
