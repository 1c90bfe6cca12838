import { Client } from "@opensearch-project/opensearch";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createEmbeddingIndex } from "../helpers/embedding-index.ts";
import { callOpenSearch } from "../helpers/opensearch.ts";
import {
	deployMiniLm,
	removeModel,
	startSidecar,
	type TestSidecar,
} from "../helpers/sidecar.ts";

let sidecar: TestSidecar;
let model: string;
let client: Client;
let index: string;

beforeAll(async () => {
	sidecar = await startSidecar();
	model = await deployMiniLm(sidecar, inject("minilm").int8);
	index = await createEmbeddingIndex(sidecar, model);
	client = new Client({ node: sidecar.url });
});
afterAll(async () => {
	await client.close();
	await sidecar.call("DELETE", `/${index}`);
	await removeModel(sidecar, model);
	await sidecar.close();
});

it("opensearch-js writes a long list with its bulk helper: what is bad is dropped and told, everything else has its vector", async () => {
	const books = Array.from({ length: 300 }, (_, number) => ({
		id: `${number}`,
		text: number === 7 ? { not: "a text" } : `book ${number} of a long shelf`,
	}));
	const dropped: unknown[] = [];
	const result = await client.helpers.bulk({
		datasource: books,
		// Several bulks at a time, so that they meet in the model's queue.
		flushBytes: 5_000,
		concurrency: 3,
		onDocument: ({ id }) => ({ index: { _index: index, _id: id } }),
		onDrop: ({ document, error }) => dropped.push({ document, error }),
		refreshOnCompletion: index,
	});
	expect(result).toMatchObject({ total: 300, successful: 299, failed: 1 });
	expect(dropped).toMatchObject([
		{
			document: { id: "7" },
			error: {
				type: "illegal_argument_exception",
				reason: expect.stringContaining("configuration doesn't match"),
			},
		},
	]);
	const withVector = await callOpenSearch("POST", `/${index}/_count`, {
		query: { exists: { field: "vector" } },
	});
	expect(withVector).toMatchObject({ count: 299 });
});
