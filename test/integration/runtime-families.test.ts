import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { ModelInput } from "../../sidecar/runtime/model-result.ts";
import type {
	LoadedModel,
	PlainSpec,
} from "../../sidecar/runtime/model-spec.ts";
import { Runtime } from "../../sidecar/runtime/runtime.ts";
import {
	MadeModels,
	mirrorGraph,
	positionsGraph,
	tokensInput,
} from "../helpers/made-models.ts";
import { type GraphNode, onnxModel } from "../helpers/onnx-graph.ts";

let models: MadeModels;
beforeAll(async () => {
	const logger = pino({ level: "silent" });
	models = await MadeModels.create(
		new Runtime({ logger, startTimeoutMs: 60_000 }),
	);
});
afterEach(() => models.unload());
afterAll(() => models.close());

const tokenizerPath = new URL(
	"../fixtures/tokenizers/small-wordpiece.json",
	import.meta.url,
).pathname;

/** Its tokens are these. */
const text = "the word";
const ids = [2, 8, 7, 3];

/** What each input is filled with for that text. */
const fillings: Readonly<Record<string, readonly number[]>> = {
	input_ids: ids,
	attention_mask: [1, 1, 1, 1],
	token_type_ids: [0, 0, 0, 0],
	position_ids: [0, 1, 2, 3],
};

function sum(values: readonly number[] | undefined): number {
	return (values ?? []).reduce((total, value) => total + value, 0);
}

async function vectorOf(
	model: LoadedModel,
	of: string = text,
): Promise<number[]> {
	const [embedding] = await model.embed([of]);
	return [...(embedding?.vector ?? [])];
}

const others = ["attention_mask", "token_type_ids", "position_ids"];
/** Every one of them there or not, in either type. */
const combinations = (["int64", "int32"] as const).flatMap((type) =>
	Array.from({ length: 8 }, (_, chosen) => ({
		type,
		names: ["input_ids", ...others.filter((_, bit) => chosen & (1 << bit))],
	})),
);

describe("a graph is fed what it asks for, and nothing else", () => {
	test.each(combinations)("$names as $type", async ({ type, names }) => {
		const graph = mirrorGraph(names.map((name) => tokensInput(name, type)));
		const model = await models.embedding(graph, {
			tokenizerPath,
			dimension: names.length,
			poolingMode: "NONE",
		});
		expect(model.facts.inputs).toEqual(names);
		expect(await vectorOf(model)).toEqual(
			names.map((name) => sum(fillings[name])),
		);
	});

	test.each(["float32", "float16", "uint8", "bool"] as const)(
		"a mask and token types as %s",
		async (type) => {
			const graph = mirrorGraph([
				tokensInput("input_ids", "int64"),
				tokensInput("attention_mask", type),
				tokensInput("token_type_ids", type),
			]);
			const spec = { tokenizerPath, dimension: 3 };
			const model = await models.embedding(graph, spec);
			expect(await vectorOf(model)).toEqual([5, 1, 0]);
		},
	);

	test("ids and positions as float32, under the names of a module", async () => {
		const graph = mirrorGraph([
			tokensInput("encoder.position_ids", "float32"),
			tokensInput("encoder.input_ids", "float32"),
		]);
		const spec = { tokenizerPath, dimension: 2 };
		const model = await models.embedding(graph, spec);
		expect(await vectorOf(model)).toEqual([1.5, 5]);
	});
});

describe("a model with half precision answers as one with single precision", () => {
	test.each([
		["MEAN", [5, 1.5]],
		["CLS", [2, 0]],
		["MAX", [8, 3]],
		["LAST_TOKEN", [3, 3]],
		["NONE", [20, 6]],
	] as const)("%s", async (poolingMode, expected) => {
		const inputs = ["input_ids", "position_ids"].map((name) =>
			tokensInput(name, "int64"),
		);
		const model = await models.embedding(mirrorGraph(inputs, "float16"), {
			tokenizerPath,
			dimension: 2,
			poolingMode,
		});
		expect(await vectorOf(model)).toEqual(expected);
	});

	/** A value for each token, or their mean, as halves. */
	function halves(names: readonly string[], { pooled }: { pooled: boolean }) {
		const half = { to: 10 };
		return onnxModel({
			inputs: [tokensInput("input_ids", "int64")],
			nodes: names.flatMap((name): GraphNode[] => [
				{
					op: "Cast",
					inputs: ["input_ids"],
					outputs: [`${name}-whole`],
					attributes: half,
				},
				pooled
					? {
							op: "ReduceMean",
							inputs: [`${name}-whole`],
							outputs: [name],
							attributes: { axes: [1], keepdims: 1 },
						}
					: {
							op: "Identity",
							inputs: [`${name}-whole`],
							outputs: [name],
						},
			]),
			outputs: names.map((name) => ({
				name,
				type: "float16",
				dims: ["batch", pooled ? 1 : "tokens"],
			})),
		});
	}

	async function answer(
		functionName: PlainSpec["functionName"],
		graph: Buffer,
		input: ModelInput,
	) {
		const model = await models.load(graph, {
			functionName,
			tokenizerPath,
			allocations: 1,
			threadsPerAllocation: 1,
		});
		const [result] = await model.run([input]);
		return result;
	}

	test("the score of a pair", async () => {
		const graph = halves(["logits"], { pooled: true });
		// Without special tokens around pairs: 8 and 7.
		expect(
			await answer("TEXT_SIMILARITY", graph, ["the", "word"]),
		).toMatchObject({ kind: "vector", vector: Float32Array.of(7.5) });
	});

	test("an answer in a context", async () => {
		const graph = halves(["start_logits", "end_logits"], { pooled: false });
		expect(
			await answer("QUESTION_ANSWERING", graph, ["word", "the word"]),
		).toMatchObject({ kind: "answer", answer: "the" });
	});
});

describe("a window beyond the usual 512", () => {
	const words = (count: number) => "word ".repeat(count);

	test.each([1024, 8192])(
		"of %i tokens is read to its end",
		async (maxLength) => {
			const model = await models.embedding(positionsGraph(maxLength), {
				tokenizerPath,
				dimension: 2,
				maxLength,
				poolingMode: "LAST_TOKEN",
			});
			const [whole, cut] = await model.embed([
				words(maxLength - 2),
				words(maxLength),
			]);
			expect(whole).toMatchObject({ tokens: maxLength, truncated: false });
			expect([...(whole?.vector ?? [])]).toEqual([maxLength - 1, 1]);
			expect(cut).toMatchObject({ tokens: maxLength, truncated: true });
			expect(cut?.vector).toEqual(whole?.vector);
		},
	);

	test.each([
		["512 of 2048", 512, 2048, { asInput: false }],
		["1000 of 1024", 1000, 1024, { asInput: false }],
		["4096 of 8192", 4096, 8192, { asInput: false }],
		["1000 of 2048, as an input", 1000, 2048, { asInput: true }],
	])(
		"with positions for %s tokens is refused when the model is loaded, not at the first long text",
		async (_, positions, maxLength, options) => {
			await expect(
				models.embedding(positionsGraph(positions, options), {
					tokenizerPath,
					dimension: 2,
					maxLength,
				}),
			).rejects.toMatchObject({
				code: "bad_request",
				message: expect.stringContaining(`its window is ${maxLength}: `),
			});
		},
	);

	test("of which the model has every position is taken, also where positions are an input", async () => {
		const graph = positionsGraph(2048, { asInput: true });
		const spec = { tokenizerPath, dimension: 2, maxLength: 2048 };
		const model = await models.embedding(graph, spec);
		expect(await vectorOf(model, words(2046))).toEqual([1023.5, 1]);
	});
});
