import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
	readIdf,
	TokenWeights,
} from "../../sidecar/runtime/process/token-weights.ts";

let folder = "";
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "token-weights-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function idf(json: string) {
	const path = join(folder, "idf.json");
	await writeFile(path, json);
	return await readIdf(path);
}

test("a text's words have their weights, each once, and 1 where nothing is known of them", async () => {
	const weights = new TokenWeights(
		["", "the", "word", "of"],
		new Map([
			["the", 0.25],
			["", 9],
		]),
	);
	const ids = Int32Array.of(0, 2, 1, 2, 3, 0);
	const run = await weights.run([{ ids, typeIds: new Int32Array(6) }]);
	expect(run.outputs).toEqual([
		{
			kind: "weights",
			ids: Int32Array.of(2, 1, 3),
			weights: Float32Array.of(1, 0.25, 1),
		},
	]);
});

test("a model without idf.json has no weights of its own", async () => {
	expect(await readIdf(join(folder, "none.json"))).toEqual(new Map());
});

test("weights are read by token, whatever a token is called", async () => {
	const read = await idf('{"the": 0.5, "__proto__": 2}');
	expect([...read]).toEqual([
		["the", 0.5],
		["__proto__", 2],
	]);
});

test.each([
	["no JSON", "{", /is not JSON/],
	["a list", "[1]", /holds no object/],
	["words for weights", '{"the": "heavy"}', /no number for "the"/],
	["weights beyond 32-bit floats", '{"the": 1e39}', /no number for "the"/],
])(
	"an idf.json that is %s is refused with the reason",
	async (_, json, reason) => {
		await expect(idf(json)).rejects.toMatchObject({
			code: "bad_request",
			message: expect.stringMatching(reason),
		});
	},
);
