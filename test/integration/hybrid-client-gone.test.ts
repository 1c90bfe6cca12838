import { once } from "node:events";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import {
	type FaultyOpenSearch,
	startFaultyOpenSearch,
} from "../helpers/faulty-opensearch.ts";
import { callOpenSearch, uniqueName } from "../helpers/opensearch.ts";
import { startSidecar, type TestSidecar } from "../helpers/sidecar.ts";

let faulty: FaultyOpenSearch;
let sidecar: TestSidecar;
const index = uniqueName("hybrid-gone");

beforeAll(async () => {
	faulty = await startFaultyOpenSearch();
	sidecar = await startSidecar({
		OPENSEARCH_URL: faulty.url,
		SIDECAR_PREDICT_TEXTS_LIMIT: 70,
	});
	await callOpenSearch("PUT", `/${index}`, {
		settings: { number_of_shards: 2, number_of_replicas: 0 },
	});
});
afterEach(() => {
	faulty.fault = undefined;
});
afterAll(async () => {
	await callOpenSearch("DELETE", `/${index}`);
	await sidecar.close();
	faulty.close();
});

const query = { hybrid: { queries: [{ match_all: {} }] } };

/** A client that goes away once OpenSearch is asked at `path`. @returns what was asked, when that call has been given up */
async function leaveAt(path: RegExp): Promise<string[]> {
	const asked: string[] = [];
	const client = new AbortController();
	const givenUp = new Promise<void>((resolve) => {
		faulty.fault = ({ url = "", socket }) => {
			asked.push(url);
			if (!path.test(url) || client.signal.aborted) return undefined;
			const closed = once(socket, "close");
			closed.then(() => resolve());
			client.abort();
			return { holds: closed };
		};
	});
	const answer = fetch(`${sidecar.url}/${index}/_search`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ query }),
		signal: client.signal,
	});
	await expect(answer).rejects.toThrow();
	await givenUp;
	return asked;
}

const runs = (urls: readonly string[]) =>
	urls.filter((url) => url.includes("_msearch"));

it.each([
	[/_search_shards/, 0],
	[/_msearch/, 1],
])(
	"of a client that has left while OpenSearch works at %s, nothing runs on",
	async (path, before) => {
		const asked = await leaveAt(path);
		expect(runs(asked)).toHaveLength(before);
		// What the sidecar still did for the first client would have come before this one's answer.
		await sidecar.call("POST", `/${index}/_search`, { query });
		expect(runs(asked)).toHaveLength(before + 1);
	},
);

it.each([
	["queries", { query }],
	["mistakes", { query: { hybrid: { queries: [] } } }],
])(
	"a request with too many %s is refused as a whole, and the setting is named",
	async (_, search) => {
		const searches = (count: number) =>
			`{}\n${JSON.stringify({ ...search, size: 0 })}\n`.repeat(count);
		const many = await sidecar.call(
			"POST",
			`/${index}/_msearch`,
			searches(200),
		);
		expect(many.status).toBe(400);
		expect(many.text).toContain("SIDECAR_PREDICT_TEXTS_LIMIT");
		const few = await sidecar.call("POST", `/${index}/_msearch`, searches(70));
		expect(few.text).not.toContain("SIDECAR_PREDICT_TEXTS_LIMIT");
	},
);
