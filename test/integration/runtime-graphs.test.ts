import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ZipFile } from "yazl";
import { ModelCache } from "../../sidecar/runtime/model-cache.ts";
import type { TextEmbeddingSpec } from "../../sidecar/runtime/model-spec.ts";
import { Runtime } from "../../sidecar/runtime/runtime.ts";

let folder = "";
let runtime: Runtime;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "runtime-graphs-"));
	runtime = new Runtime({
		logger: pino({ level: "silent" }),
		startTimeoutMs: 60_000,
	});
});
afterAll(async () => {
	await runtime.close();
	await rm(folder, { recursive: true, force: true });
});

function fixture(path: string): string {
	return new URL(`../fixtures/${path}`, import.meta.url).pathname;
}

const tokenizerPath = fixture("tokenizers/small-wordpiece.json");

/** A model's archive through the cache, as a deployment does it. */
async function unpacked(names: readonly string[]) {
	const zip = new ZipFile();
	for (const name of names) zip.addFile(fixture(`models/${name}`), name);
	zip.addFile(tokenizerPath, "tokenizer.json");
	zip.end();
	const path = join(folder, `${names[0]}.zip`);
	await pipeline(zip.outputStream, createWriteStream(path));
	const bytes = await readFile(path);
	const cache = new ModelCache({
		folder: join(folder, "cache"),
		limits: {
			entries: 10,
			ratio: 100,
			unpackedBytes: 1e6,
			tokenizerBytes: 1e8,
		},
	});
	return cache.ensure({
		sha256: createHash("sha256").update(bytes).digest("hex"),
		sizeBytes: bytes.byteLength,
		open: () => createReadStream(path),
	});
}

async function vectorOf(
	modelId: string,
	spec: Pick<TextEmbeddingSpec, "modelPath" | "tokenizerPath" | "poolingMode">,
): Promise<number[]> {
	const model = await runtime.load(modelId, {
		...spec,
		functionName: "TEXT_EMBEDDING",
		normalize: false,
		dimension: 2,
		allocations: 1,
		threadsPerAllocation: 1,
	});
	// Its tokens are 2, 8, 7, 3.
	const [embedding] = await model.embed(["the word"]);
	await runtime.unload(modelId);
	return [...(embedding?.vector ?? [])];
}

/** The graph's token vectors are (id, position); its sentence_embedding is their sum. */
test.each([
	["MEAN", [5, 1.5]],
	["MEAN_SQRT_LEN", [10, 3]],
	["WEIGHTED_MEAN", [5.1, 2]],
	["MAX", [8, 3]],
	["CLS", [2, 0]],
	["LAST_TOKEN", [3, 3]],
	["NONE", [20, 6]],
] as const)(
	"a graph with int32 ids, position_ids and no mask runs, and %s pools it rightly",
	async (poolingMode, expected) => {
		const files = await unpacked(["ids-and-positions.onnx"]);
		const vector = await vectorOf(poolingMode, { ...files, poolingMode });
		expect(vector).toHaveLength(2);
		for (const [i, value] of expected.entries()) {
			expect(vector[i]).toBeCloseTo(value, 5);
		}
	},
);

test("a model whose weights are in a file beside it runs from the cache", async () => {
	const files = await unpacked([
		"external-data.onnx",
		"external-data.onnx_data",
	]);
	const vector = await vectorOf("external", { ...files, poolingMode: "MEAN" });
	expect(vector).toEqual([5, -5]);
});
