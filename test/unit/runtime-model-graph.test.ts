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
	[[input("input_ids"), input("pixel_values")], /input pixel_values/],
	[[input("input_ids", "float32")], /type float32/],
	[[input("attention_mask")], /no input input_ids/],
])(
	"a model that needs more than tokens says so when it is loaded (%#)",
	(inputs, reason) => {
		expect(() => graphInputs(inputs)).toThrow(reason);
	},
);
