import fc from "fast-check";
import { expect, test } from "vitest";
import type { ModelInput } from "../../sidecar/runtime/model-result.ts";
import { inputKey } from "../../sidecar/runtime/results/input-key.ts";

const text = fc.string({ unit: "binary" });
const brokenText = fc
	.array(fc.integer({ min: 0xd7fe, max: 0xe001 }), { maxLength: 4 })
	.map((units) => String.fromCharCode(...units));
const someText = fc.oneof(text, brokenText, fc.constantFrom("", "t", "p1:"));
const input: fc.Arbitrary<ModelInput> = fc.oneof(
	someText,
	fc.tuple(someText, someText),
);

test("inputs have one key if they are equal, and only then: nobody gets another text's vector", () => {
	fc.assert(
		fc.property(input, input, (a, b) => {
			const equal = JSON.stringify(a) === JSON.stringify(b);
			expect(inputKey(a) === inputKey(b)).toBe(equal);
		}),
		{ numRuns: 2_000 },
	);
});

test("a pair is told from its texts as one, and from a pair that is cut elsewhere", () => {
	const keys = [
		"ab",
		"p1:ab",
		["a", "b"],
		["ab", ""],
		["", "ab"],
		["1:a", "b"],
	] as const;
	expect(new Set(keys.map(inputKey)).size).toBe(keys.length);
});

test("halves of surrogate pairs, which UTF-8 has no spelling for, are told apart", () => {
	const keys = [
		"\ud800",
		"\ud801",
		"\udc00",
		"\ufffd",
		"\ud800\udc00",
		["\ud800", "\udc00"],
		["\ud800\udc00", ""],
	] as const;
	expect(new Set(keys.map(inputKey)).size).toBe(keys.length);
});

test("a key takes a byte a character, whatever the text", () => {
	for (const key of ["", "snö", "\ud800", "a".repeat(100_000)].map(inputKey)) {
		expect(key).toHaveLength(32);
		expect(Buffer.from(key, "latin1").toString("latin1")).toBe(key);
	}
});
