import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test, vi } from "vitest";
import type { ModelArtifact } from "../../sidecar/dev/model-artifact.ts";
import { ModelCache } from "../../sidecar/runtime/model-cache.ts";
import type { PlainSpec } from "../../sidecar/runtime/model-spec.ts";
import {
	type FunctionModels,
	makeFunctionModels,
} from "../helpers/function-models.ts";
import { RuntimeModels } from "../helpers/runtime-models.ts";

let folder = "";
let archives: FunctionModels;
let models: RuntimeModels;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "runtime-functions-"));
	archives = await makeFunctionModels(inject("minilm").int8, folder);
	models = await RuntimeModels.create();
});
afterAll(async () => {
	await models.close();
	await rm(folder, { recursive: true, force: true });
});

async function load(
	functionName: PlainSpec["functionName"],
	{ sha256, sizeBytes, zipPath }: ModelArtifact,
) {
	const cache = new ModelCache({
		folder: join(folder, "cache"),
		limits: {
			entries: 10,
			ratio: 100,
			unpackedBytes: 1e9,
			tokenizerBytes: 1e8,
		},
	});
	const open = () => createReadStream(zipPath);
	return models.runtime().load(functionName, {
		...(await cache.ensure({ sha256, sizeBytes, open })),
		functionName,
		allocations: 1,
		threadsPerAllocation: 1,
	});
}

const pairs = Array.from(
	{ length: 40 },
	(_, index) => ["water pipes", `plumber ${index}`] as const,
);

test("pairs that wait or run when their model's process is killed are compared all the same", async () => {
	const model = await load("TEXT_SIMILARITY", archives.textSimilarity);
	const expected = await model.run(pairs);
	const answer = model.run(pairs);
	const { pid } = model.stats();
	if (pid === undefined) throw new Error("no process");
	process.kill(pid, "SIGKILL");
	expect(await answer).toEqual(expected);
	await vi.waitFor(() => expect(model.stats().state).toBe("ready"));
	expect(model.stats()).toMatchObject({
		restarts: 1,
		failed: 0,
		queued: { search: 0, ingest: 0 },
	});
});

test("a question that nobody waits for any more leaves the queue, and a query overtakes the rest", async () => {
	const model = await load("QUESTION_ANSWERING", archives.questionAnswering);
	const controller = new AbortController();
	const questions = pairs.map(([, text]) => ["Who?", text] as const);
	const abandoned = model.run(questions, { signal: controller.signal });
	const query = model.run([["Who?", "He did."]], { lane: "search" });
	controller.abort(new Error("client left"));
	await expect(abandoned).rejects.toThrow("client left");
	expect(await query).toMatchObject([{ kind: "answer", tokens: 8 }]);
	expect(model.stats()).toMatchObject({
		queued: { search: 0, ingest: 0 },
		rejected: 0,
	});
});

test("a text's weights are the same to the last bit, alone and among others", async () => {
	const model = await load("SPARSE_ENCODING", archives.sparseEncoding);
	const texts = pairs.slice(0, 8).map(([, text]) => text);
	const together = await model.run(texts);
	for (const [index, text] of texts.entries())
		expect(await model.run([text])).toEqual([together[index]]);
	expect(model.facts.vocabulary).toHaveLength(30_522);
});

test("a tokenizer alone answers without a graph, and gives no vectors", async () => {
	const model = await load("SPARSE_TOKENIZE", archives.sparseTokenize);
	expect(await model.run(["hello hello"])).toEqual([
		{
			kind: "weights",
			ids: Int32Array.of(7592),
			weights: Float32Array.of(5.25),
			tokens: 4,
			truncated: false,
		},
	]);
	await expect(model.embed(["hello"])).rejects.toMatchObject({
		code: "bad_request",
	});
});
