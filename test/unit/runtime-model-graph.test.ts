import { expect, test } from "vitest";
import {
	chooseOutput,
	graphInputs,
} from "../../sidecar/runtime/model-graph.ts";

const tokens = { name: "token_embeddings", type: "float32", dims: [1, 5, 8] };
const sentence = { name: "sentence_embedding", type: "float32", dims: [1, 8] };
const other = { name: "pooler_output", type: "float32", dims: [1, 8] };

function input(name: string, type = "int64") {
	return { name, isTensor: true, type };
}

test("a graph gets the inputs it has, in the type it wants", () => {
	expect(
		graphInputs([input("input_ids", "int32"), input("position_ids")]),
	).toEqual([
		{ name: "input_ids", type: "int32" },
		{ name: "position_ids", type: "int64" },
	]);
});

test.each([
	[[input("input_ids"), input("pixel_values")], /input pixel_values/],
	[[input("input_ids", "float32")], /type float32/],
	[[input("attention_mask")], /no input input_ids/],
])(
	"a model that is no embedding model says so when it is loaded (%#)",
	(inputs, reason) => {
		expect(() => graphInputs(inputs)).toThrow(reason);
	},
);

test("pooling takes output 0, as in ml-commons, pooled already or not", () => {
	expect(chooseOutput([tokens, sentence], "MEAN")).toBe(tokens);
	expect(chooseOutput([sentence, tokens], "MEAN")).toBe(sentence);
});

test("NONE takes the vector that the model has pooled itself, wherever it stands", () => {
	expect(chooseOutput([tokens, other, sentence], "NONE")).toBe(sentence);
	expect(chooseOutput([tokens, other], "NONE")).toBe(other);
});

test("NONE on a model that pools nothing is refused with the outputs there are", () => {
	expect(() => chooseOutput([tokens], "NONE")).toThrow(
		/token_embeddings float32 \[1, 5, 8\]/,
	);
});

test("an output that holds no float32 is refused when the model is loaded", () => {
	const half = { ...tokens, type: "float16" };
	expect(() => chooseOutput([half], "MEAN")).toThrow(/float16/);
});
