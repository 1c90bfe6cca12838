import { afterAll, afterEach, beforeAll, expect, inject, it } from "vitest";
import { createEmbeddingIndex, put } from "../helpers/embedding-index.ts";
import {
	type FaultyOpenSearch,
	startFaultyOpenSearch,
} from "../helpers/faulty-opensearch.ts";
import {
	deployMiniLm,
	removeModel,
	startSidecar,
	type TestSidecar,
} from "../helpers/sidecar.ts";
import { vectorsOf } from "../helpers/vectors.ts";
import { valueAt } from "./conformance/json.ts";

let faulty: FaultyOpenSearch;
let sidecar: TestSidecar;
let model: string;
let index: string;

const texts = ["a slowly moving mass of ice", "ice cream", "a kind of river"];

beforeAll(async () => {
	faulty = await startFaultyOpenSearch();
	sidecar = await startSidecar({ OPENSEARCH_URL: faulty.url });
	model = await deployMiniLm(sidecar, inject("minilm").int8);
	index = await createEmbeddingIndex(sidecar, model);
	for (const [id, text] of texts.entries())
		await put(sidecar, `/${index}/_doc/${id}`, { text });
	await sidecar.call("POST", `/${index}/_refresh`);
});
afterEach(() => {
	faulty.fault = undefined;
});
afterAll(async () => {
	await sidecar.call("DELETE", `/${index}`);
	await removeModel(sidecar, model);
	await sidecar.close();
	faulty.close();
});

const match = { match: { text: "ice river" } };
const neural = (query_text = "a glacier") => ({
	neural: { vector: { query_text, model_id: model, k: 3 } },
});

function search(queries: readonly object[], rest: object = {}) {
	return sidecar.call("POST", `/${index}/_search`, {
		...rest,
		query: { hybrid: { queries } },
	});
}

it("what needs no model is searched for while the model reads", async () => {
	// The index is known then.
	await search([match]);
	const asked: string[] = [];
	const both = new Promise<void>((resolve) => {
		faulty.fault = ({ url = "" }) => {
			if (!/_m?search\?/.test(url)) return undefined;
			asked.push(url);
			if (asked.length === 2) resolve();
			// One that waits for the other's answer would wait for ever.
			return asked.length <= 2 ? { holds: both } : undefined;
		};
	});
	const early = await search([match, neural()]);
	expect(early.status, early.text).toBe(200);
	const predicted = await sidecar.call(
		"POST",
		`/_plugins/_ml/models/${model}/_predict`,
		{ text_docs: ["a glacier"] },
	);
	const [vector] = vectorsOf(predicted.json);
	const given = { knn: { vector: { vector, k: 3 } } };
	faulty.fault = undefined;
	const together = await search([match, given]);
	expect(valueAt(early.json, "hits")).toEqual(valueAt(together.json, "hits"));
});

it("that a model fails is told before what OpenSearch says", async () => {
	const wrong = { match: { text: { query: "ice", operator: "neither" } } };
	const late = { timeout: "1nanos" };
	expect(await search([wrong, neural()])).toHaveProperty("status", 400);
	for (const [place, words] of [wrong, match].entries()) {
		// What was read before needs no time.
		const queries = [words, neural(`unread ${place}`)];
		expect(await search(queries, late)).toHaveProperty("status", 408);
	}
});

it("what the filter of all sub-queries needs of a model is waited for", async () => {
	const filter = { bool: { filter: [neural()] } };
	const query = { hybrid: { queries: [match], filter } };
	const answer = await sidecar.call("POST", `/${index}/_search`, { query });
	expect(answer.status, answer.text).toBe(200);
	expect(valueAt(answer.json, "hits.total.value")).toBe(3);
});
