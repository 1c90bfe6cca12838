import fc from "fast-check";
import { expect, test } from "vitest";
import {
	fillingOf,
	floatsOf,
	valuesFor,
} from "../../sidecar/runtime/graph-values.ts";
import { fromHalves, toHalves } from "../../sidecar/runtime/half-floats.ts";

const tokens = { ids: Int32Array.of(2, 8, 3), typeIds: Int32Array.of(0, 0, 1) };

test("every input of a text follows from its tokens, none of which is padding", () => {
	expect(fillingOf("input_ids", tokens)).toEqual(tokens.ids);
	expect(fillingOf("token_type_ids", tokens)).toEqual(tokens.typeIds);
	expect(fillingOf("attention_mask", tokens)).toEqual(Int32Array.of(1, 1, 1));
	expect(fillingOf("position_ids", tokens)).toEqual(Int32Array.of(0, 1, 2));
});

test("a graph gets its values in the type it declares", () => {
	const values = Int32Array.of(0, 1, 30_522);
	expect(valuesFor("int64", values)).toEqual(BigInt64Array.of(0n, 1n, 30_522n));
	expect(valuesFor("int32", values)).toEqual(values);
	expect(valuesFor("float32", values)).toEqual(Float32Array.of(0, 1, 30_522));
	const flags = Int32Array.of(0, 1);
	expect(valuesFor("float16", flags)).toEqual(Uint16Array.of(0, 0x3c00));
	expect(valuesFor("uint8", flags)).toEqual(Uint8Array.of(0, 1));
	expect(valuesFor("bool", flags)).toEqual(Uint8Array.of(0, 1));
});

/** From IEEE 754: binary16. */
test.each([
	[0x0000, 0],
	[0x8000, -0],
	[0x0001, 2 ** -24],
	[0x03ff, 2 ** -14 * (1023 / 1024)],
	[0x0400, 2 ** -14],
	[0x3555, 0.333251953125],
	[0x3c00, 1],
	[0xc000, -2],
	[0x7bff, 65_504],
	[0x7c00, Infinity],
	[0xfc00, -Infinity],
	[0x7e00, Number.NaN],
])("the half %i is the number %d", (bits, number) => {
	expect(fromHalves(Uint16Array.of(bits))).toEqual(Float32Array.of(number));
});

test("whole numbers that a half holds come back from it as they were", () => {
	fc.assert(
		fc.property(fc.array(fc.integer({ min: 0, max: 2048 })), (numbers) => {
			const halves = toHalves(Int32Array.from(numbers));
			expect([...fromHalves(halves)]).toEqual(numbers);
		}),
	);
});

test("float32 is read where it lies, halves wherever their bits lie, and nothing else at all", () => {
	const values = Float32Array.of(1, 2);
	expect(floatsOf("float32", values)).toBe(values);
	const bits = Uint16Array.of(0, 0x3c00, 0x4000);
	expect(floatsOf("float16", bits.subarray(1))).toEqual(values);
	expect(floatsOf("int64", BigInt64Array.of(1n))).toBeUndefined();
	expect(floatsOf("nothing", undefined)).toBeUndefined();
});
