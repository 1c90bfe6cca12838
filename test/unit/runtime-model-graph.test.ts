import { expect, test } from "vitest";
import { graphInputs } from "../../sidecar/runtime/model-graph.ts";

function input(name: string, type = "int64") {
	return { name, isTensor: true, type };
}

test("a graph gets the inputs it has, in the type it wants", () => {
	expect(
		graphInputs([input("input_ids", "int32"), input("position_ids")]),
	).toEqual([
		{ name: "input_ids", filling: "input_ids", type: "int32" },
		{ name: "position_ids", filling: "position_ids", type: "int64" },
	]);
});

test("a sparse model with the input names that ml-commons asks for is fed under them", () => {
	expect(graphInputs([input("input1.input_ids")])).toEqual([
		{ name: "input1.input_ids", filling: "input_ids", type: "int64" },
	]);
});

test.each([
	["input_ids:0", "input_ids"],
	["input_mask:0", "attention_mask"],
	["segment_ids:0", "token_type_ids"],
	["input_mask", "attention_mask"],
	["segment_ids", "token_type_ids"],
	["model.encoder.position_ids", "position_ids"],
])("an input that its exporter named %s is filled as %s", (name, filling) => {
	const others = filling === "input_ids" ? [] : [input("input_ids")];
	expect(graphInputs([...others, input(name)]).at(-1)).toEqual({
		name,
		filling,
		type: "int64",
	});
});

test("a mask of any type that exporters give it is filled in that type", () => {
	const types = ["int64", "int32", "float32", "float16", "uint8", "bool"];
	for (const type of types) {
		const inputs = [input("input_ids"), input("attention_mask", type)];
		expect(graphInputs(inputs)[1]).toMatchObject({ type });
	}
});

test.each([
	[[input("input_ids"), input("pixel_values")], /input pixel_values/],
	[[input("input_ids"), input("decoder_input_ids")], /decoder_input_ids/],
	[
		[input("encoder.input_ids"), input("decoder.input_ids")],
		/encoder\.input_ids and decoder\.input_ids, which both stand for input_ids/,
	],
	[[input("input_ids", "float16")], /type float16; .* int64, int32, float32$/],
	[
		[input("input_ids"), input("attention_mask", "string")],
		/attention_mask has type string/,
	],
	[
		[{ name: "input_ids", isTensor: false }, input("attention_mask")],
		/input input_ids/,
	],
	[[input("attention_mask")], /no input input_ids/],
])(
	"a model that needs more than tokens says so when it is loaded (%#)",
	(inputs, reason) => {
		expect(() => graphInputs(inputs)).toThrow(reason);
	},
);
