import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createEmbeddingIndex } from "../helpers/embedding-index.ts";
import {
	deployMiniLm,
	removeModel,
	startSidecar,
	type TestSidecar,
} from "../helpers/sidecar.ts";

const header = "x-sidecar-truncated-texts";
const long = "word ".repeat(1_000);

let sidecar: TestSidecar;
let model: string;
let index: string;

beforeAll(async () => {
	sidecar = await startSidecar();
	model = await deployMiniLm(sidecar, inject("minilm").int8);
	index = await createEmbeddingIndex(sidecar, model);
});
afterAll(async () => {
	await sidecar.call("DELETE", `/${index}`);
	await removeModel(sidecar, model);
	await sidecar.close();
});

function predict(...text_docs: string[]) {
	const path = `/_plugins/_ml/models/${model}/_predict`;
	return sidecar.call("POST", path, { text_docs });
}

function search(query_text: string) {
	return sidecar.call("POST", `/${index}/_search`, {
		query: { neural: { vector: { query_text, model_id: model, k: 1 } } },
	});
}

function bulk(...texts: string[]) {
	const lines = texts.map(
		(text) => `{"index":{}}\n${JSON.stringify({ text })}\n`,
	);
	return sidecar.call("POST", `/${index}/_bulk`, lines.join(""));
}

describe("a text that was cut is never cut in silence", () => {
	it.each([
		["predict", () => predict("short", long, `${long} again`), 2, 200],
		["a kept result", () => predict(long), 1, 200],
		["a search", () => search(long), 1, 200],
		[
			"a document",
			() => sidecar.call("POST", `/${index}/_doc`, { text: long }),
			1,
			201,
		],
		["a bulk", () => bulk("a", `${long} b`, "c", `${long} d`), 2, 200],
	])("%s", async (_what, call, count, status) => {
		const answer = await call();
		expect(answer.status, answer.text).toBe(status);
		expect(answer.headers.get(header)).toBe(String(count));
	});

	it("in a bulk of several groups all are counted", async () => {
		const texts = Array.from({ length: 200 }, (_, number) =>
			number % 50 === 0 ? `${long} ${number}` : `text ${number}`,
		);
		const { json, headers } = await bulk(...texts);
		expect(json).toMatchObject({ errors: false });
		expect(headers.get(header)).toBe("4");
	});

	it.each([
		["predict", () => predict("short")],
		["a search", () => search("short")],
		["a document", () => sidecar.call("POST", `/${index}/_doc`, { text: "a" })],
		["a bulk", () => bulk("a", "b")],
		["a call that needs no model", () => sidecar.call("GET", `/${index}`)],
	])("and nothing is said of one that was not: %s", async (_what, call) => {
		expect((await call()).headers.has(header)).toBe(false);
	});
});
