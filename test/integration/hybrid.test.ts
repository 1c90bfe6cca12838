import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RefusedCall } from "../../sidecar/errors.ts";
import { defaultCombination } from "../../sidecar/search/hybrid/combination.ts";
import { HybridService } from "../../sidecar/services/search/hybrid-service.ts";
import { SearchedShards } from "../../sidecar/services/search/searched-shards.ts";
import type { ClientCall } from "../../sidecar/services/writes/client-call.ts";
import {
	hybridIndices,
	makeHybridIndices,
} from "../helpers/hybrid-cases/documents.ts";
import {
	type Answered,
	readAnswered,
	readHybridRecording,
} from "../helpers/hybrid-cases/recording.ts";
import {
	hybridCases,
	hybridTargets,
} from "../helpers/hybrid-cases/searches.ts";
import {
	callOpenSearch,
	opensearchUrl,
	uniqueName,
} from "../helpers/opensearch.ts";

const recording = readHybridRecording();
const prefix = uniqueName("hybrid");
const alias = `${prefix}-cheap`;
const text = { match: { title: "river bridge" } };
const place = { knn: { place: { vector: [0.5, 0.5, 0.5, 0.5], k: 10 } } };
const query = { hybrid: { queries: [text, place] } };

const call: ClientCall = async ({ method, url, body }) => {
	const answer = await fetch(opensearchUrl() + url, {
		method,
		...(body !== undefined && {
			headers: { "content-type": "application/json" },
			body,
		}),
	});
	return { status: answer.status, body: await answer.text() };
};
const service = new HybridService({
	shards: new SearchedShards({ ttlMs: 1_000, now: () => performance.now() }),
});

beforeAll(async () => {
	await makeHybridIndices(callOpenSearch, prefix);
	const filter = { range: { price: { lt: 20 } } };
	await callOpenSearch("POST", "/_aliases", {
		actions: [{ add: { index: `${prefix}-three`, alias, filter } }],
	});
});

afterAll(async () => {
	for (const name of Object.keys(hybridIndices))
		await callOpenSearch("DELETE", `/${prefix}-${name}`);
});

interface Search {
	body: Readonly<Record<string, unknown>>;
	target?: string;
	parameters?: Readonly<Record<string, string>>;
}

/** The final body and what OpenSearch answers to it. */
async function search(
	{ body, target, parameters = {} }: Search,
	through: ClientCall = call,
) {
	const plan = await service.finalBody({
		body: JSON.stringify({ _source: false, ...body }),
		target,
		parameters: new Map(Object.entries(parameters)),
		combination: defaultCombination,
		explained: true,
		sampleFactor: 1,
		takesAnswer: false,
		call: through,
	});
	const left = Object.entries(parameters).filter(
		([name]) => !plan.spentParameters.has(name),
	);
	const url = `${target === undefined ? "" : `/${target}`}/_search?${new URLSearchParams(left)}`;
	const answer = await call({ method: "POST", url, body: plan.body });
	expect(answer.status, answer.body).toBe(200);
	return { plan, answer: readAnswered(JSON.parse(answer.body)) };
}

/** Documents by their index, without what the run's name adds. */
function shortened(answer: Answered, start: string): Answered {
	const text = JSON.stringify(answer);
	return readAnswered(JSON.parse(text.replaceAll(`"${start}-`, '"')));
}

function keysOf({ hits }: Answered): string[] {
	return (hits.hits ?? []).map(({ _index, _id }) => `${_index}/${_id}`);
}

/** Scores with the documents that have them: which of those comes first may depend on how a shard has grown. */
function byScore({ hits }: Answered): Map<string, string[]> {
	const documents = new Map<string, string[]>();
	for (const { _index, _id, _score } of hits.hits ?? []) {
		const score = Number(_score).toFixed(5);
		documents.set(score, [...(documents.get(score) ?? []), `${_index}/${_id}`]);
	}
	for (const ofScore of documents.values()) ofScore.sort();
	return documents;
}

/*
 * On one shard, on three and over both indices, hits, scores and all that is counted are neural-search's; it was asked the
 * same over the same documents.
 */
describe.each(hybridTargets)("like neural-search on %s", (...target) => {
	const named = target.map((name) => `${prefix}-${name}`).join(",");
	it.each(hybridCases)("$name", async ({ name, body, parameters = {} }) => {
		const recorded = recording.searches[`${target.join(",")} / ${name}`];
		if (!recorded) throw new Error("not recorded");
		const { answer } = await search({ body, target: named, parameters });
		const own = shortened(answer, prefix);
		const theirs = shortened(recorded, "hybrid");
		expect(own.hits.total).toEqual(theirs.hits.total);
		expect(own.aggregations).toEqual(theirs.aggregations);
		const [mine, expected] = [byScore(own), byScore(theirs)];
		const last = [...expected.keys()].at(-1);
		expect([...mine.keys()]).toEqual([...expected.keys()]);
		// Of documents with the last score, any may be on the page.
		for (const [score, documents] of expected)
			if (score !== last) expect(mine.get(score)).toEqual(documents);
	});
});

describe("also", () => {
	it("finds in a point in time what it finds in its indices", async () => {
		for (const target of [`${prefix}-three`, `${prefix}-one,${prefix}-three`]) {
			const opened = await call({
				method: "POST",
				url: `/${target}/_search/point_in_time?keep_alive=1m`,
			});
			const { pit_id: id } = JSON.parse(opened.body);
			const inTime = await search({ body: { query, pit: { id } } });
			const inIndices = await search({ body: { query }, target });
			expect(byScore(inTime.answer)).toEqual(byScore(inIndices.answer));
			await callOpenSearch("DELETE", "/_search/point_in_time", {
				pit_id: [id],
			});
		}
	});

	it("an alias' filter holds for the candidates, too", async () => {
		const filter = { range: { price: { lt: 20 } } };
		const filtered = { hybrid: { ...query.hybrid, filter } };
		for (const other of ["", `,${prefix}-one`]) {
			const { answer } = await search({
				body: { size: 5, query },
				target: alias + other,
			});
			const prices = await priceOf(keysOf(answer));
			for (const [key, price] of prices)
				if (key.startsWith(`${prefix}-three`)) expect(price).toBeLessThan(20);
		}
		const aliased = await search({
			body: { size: 5, query: { hybrid: { queries: [text] } } },
			target: alias,
		});
		const narrowed = await search({
			body: {
				size: 5,
				query: { hybrid: { ...filtered.hybrid, queries: [text] } },
			},
			target: `${prefix}-three`,
		});
		expect(byScore(aliased.answer)).toEqual(byScore(narrowed.answer));
	});

	it("pages follow on each other: each hit stands on one of them", async () => {
		const deep = { hybrid: { ...query.hybrid, pagination_depth: 30 } };
		const target = `${prefix}-three`;
		const all = await search({ body: { size: 60, query: deep }, target });
		const paged: string[] = [];
		for (let from = 0; from < keysOf(all.answer).length; from += 7) {
			const page = await search({
				body: { from, size: 7, query: deep },
				target,
			});
			expect(page.answer.hits.max_score).toBe(all.answer.hits.max_score);
			paged.push(...keysOf(page.answer));
		}
		expect(paged).toEqual(keysOf(all.answer));
	});

	it("says with each hit how it got its score", async () => {
		const { plan, answer } = await search({
			body: { query, explain: true },
			target: `${prefix}-three`,
		});
		for (const { _index, _id, _score } of answer.hits.hits ?? []) {
			const explained = plan.explanations?.get(JSON.stringify([_index, _id]));
			expect(explained?.description).toBe("arithmetic_mean combination of:");
			const scores =
				explained?.details.map(({ normalized }) => normalized?.value ?? 0) ??
				[];
			const sum = scores.reduce((all, score) => all + score, 0);
			expect(sum / 2).toBeCloseTo(_score ?? 0, 6);
		}
	});

	it("the hits of a group come in the order of their scores", async () => {
		const target = `${prefix}-three`;
		const { answer } = await search({
			target,
			body: {
				query,
				collapse: {
					field: "category",
					inner_hits: { name: "group", size: 50, _source: false },
				},
			},
		});
		const added = await callOpenSearch("POST", `/${target}/_search`, {
			size: 100,
			query: { bool: { should: query.hybrid.queries } },
		});
		const order = keysOf(readAnswered(added));
		expect(answer.hits.hits).toHaveLength(7);
		for (const { _index, _id, inner_hits } of answer.hits.hits ?? []) {
			const [first, ...others] = keysOf(readAnswered(inner_hits?.group));
			expect(first).toBe(`${_index}/${_id}`);
			const places = others.map((key) => order.indexOf(key));
			expect(places).toEqual([...places].sort((one, next) => one - next));
		}
	});

	it("a client that may search, but not several times at once, gets the same", async () => {
		const target = `${prefix}-one,${prefix}-three`;
		const asked: string[] = [];
		const restricted: ClientCall = async (request) => {
			if (request.url === "/_msearch") return { status: 403, body: "{}" };
			asked.push(request.url);
			return call(request);
		};
		const alone = await search({ body: { query }, target }, restricted);
		const together = await search({ body: { query }, target });
		expect(alone.plan.body).toBe(together.plan.body);
		expect(asked.filter((url) => url.includes("/_search?"))).toHaveLength(8);
	});

	it("what OpenSearch says against a sub-query is the answer", async () => {
		const wrong = { knn: { place: { vector: [1, 2], k: 3 } } };
		const refused = search({
			body: { query: { hybrid: { queries: [text, wrong] } } },
			target: `${prefix}-three`,
		});
		await expect(refused).rejects.toThrow(RefusedCall);
		await expect(refused).rejects.toHaveProperty("answer.status", 400);
		const nowhere = search({ body: { query }, target: `${prefix}-nowhere` });
		await expect(nowhere).rejects.toHaveProperty("answer.status", 404);
	});
});

async function priceOf(keys: readonly string[]): Promise<Map<string, number>> {
	const prices = new Map<string, number>();
	for (const key of keys) {
		const [index, id] = key.split("/");
		const { body } = await call({
			method: "GET",
			url: `/${index}/_source/${id}`,
		});
		prices.set(key, Number(JSON.parse(body).price));
	}
	return prices;
}
