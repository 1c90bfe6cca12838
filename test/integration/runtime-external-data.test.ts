import { createReadStream } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ModelCache } from "../../sidecar/runtime/model-cache.ts";
import { zip } from "../helpers/function-models.ts";
import { tokensInput } from "../helpers/made-models.ts";
import { onnxModel } from "../helpers/onnx-graph.ts";
import { RuntimeModels } from "../helpers/runtime-models.ts";

let folder = "";
let models: RuntimeModels;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "external-data-"));
	models = await RuntimeModels.create();
});
afterAll(async () => {
	await models.close();
	await rm(folder, { recursive: true, force: true });
});

const tokenizer = new URL(
	"../fixtures/tokenizers/small-wordpiece.json",
	import.meta.url,
).pathname;

/** More than the tokenizer has. */
const rows = 70;

/** A row for each token id: (id, factor). */
function table(factor: number): Float32Array {
	return Float32Array.from({ length: 2 * rows }, (_, index) =>
		index % 2 === 0 ? index / 2 : factor,
	);
}

/** A graph with a table in each of these files: a token's vector is the sum of its rows. */
function graph(locations: readonly string[]): Buffer {
	const ids = tokensInput("input_ids", "int64");
	return onnxModel({
		inputs: [ids],
		constants: locations.map((location, index) => ({
			name: `table-${index}`,
			dims: [rows, 2],
			values: table(index + 1),
			location,
		})),
		nodes: [
			...locations.map((_, index) => ({
				op: "Gather",
				inputs: [`table-${index}`, "input_ids"],
				outputs: [`rows-${index}`],
			})),
			{
				op: "Sum",
				inputs: locations.map((_, index) => `rows-${index}`),
				outputs: ["last_hidden_state"],
			},
		],
		outputs: [
			{
				name: "last_hidden_state",
				type: "float32",
				dims: ["batch", "tokens", 2],
			},
		],
	});
}

function bytesOf(values: Float32Array): Buffer {
	return Buffer.from(values.buffer);
}

/** Loads an archive through the cache, as a deployment does it. */
async function load(name: string, files: Readonly<Record<string, Buffer>>) {
	const { sha256, sizeBytes, zipPath } = await zip(
		join(folder, `${name}.zip`),
		{ ...files, "tokenizer.json": await readFile(tokenizer) },
	);
	const cache = new ModelCache({
		folder: join(folder, "cache"),
		limits: {
			entries: 10,
			ratio: 100,
			unpackedBytes: 1e6,
			tokenizerBytes: 1e6,
		},
	});
	const open = () => createReadStream(zipPath);
	return models.runtime().load(name, {
		...(await cache.ensure({ sha256, sizeBytes, open })),
		functionName: "TEXT_EMBEDDING",
		poolingMode: "CLS",
		normalize: false,
		dimension: 2,
		allocations: 1,
		threadsPerAllocation: 1,
	});
}

test("a model whose weights are in several files runs, whatever its exporter calls them", async () => {
	const names = [
		"model.onnx_data",
		"model.onnx_data_1",
		"model.onnx.data",
		"encoder.weights",
		"rest.bin",
	];
	const files = names.map(
		(name, index) => [`onnx/${name}`, bytesOf(table(index + 1))] as const,
	);
	const model = await load("several", {
		"onnx/model.onnx": graph(names),
		...Object.fromEntries(files),
	});
	// Its first token is 2.
	const [embedding] = await model.embed(["the word"]);
	expect([...(embedding?.vector ?? [])]).toEqual([10, 15]);
});

test.each([
	["is not there", "gone.bin", {}],
	["is in a folder of its own", "data/a.bin", { "data/a.bin": table(1) }],
	["has another ending", "a.txt", { "a.txt": table(1) }],
])(
	"a model whose file of weights %s is refused with its name",
	async (_, location, files) => {
		const given = Object.entries(files).map(
			([name, values]) => [name, bytesOf(values)] as const,
		);
		await expect(
			load(location.replace("/", "-"), {
				"model.onnx": graph([location]),
				...Object.fromEntries(given),
			}),
		).rejects.toMatchObject({
			code: "bad_request",
			message: expect.stringContaining(location),
		});
	},
);

test("a file of weights that is too short is refused, not read beyond its end", async () => {
	const files = { "short.bin": bytesOf(Float32Array.of(1)) };
	await expect(
		load("short", { "model.onnx": graph(["short.bin"]), ...files }),
	).rejects.toMatchObject({ code: "bad_request" });
});

test("a model cannot read a file of the machine as its weights", async () => {
	const secret = join(folder, "secret.bin");
	await writeFile(secret, bytesOf(table(1)));
	// A model's folder is in the cache's, which is in this one.
	const ways = [secret, "../../secret.bin", "./x/../../../secret.bin"];
	for (const [index, location] of ways.entries())
		await expect(
			load(`secret-${index}`, { "model.onnx": graph([location]) }),
		).rejects.toMatchObject({
			code: "bad_request",
			message: expect.stringMatching(
				/escapes model directory|Absolute path not allowed/,
			),
		});
});
