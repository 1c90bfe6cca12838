import fc from "fast-check";
import { expect, test } from "vitest";
import { vectorJson } from "../../ingest/vector-json.ts";

test("every float of a vector comes back exactly, whatever its size", () => {
	fc.assert(
		fc.property(
			fc.float32Array({ noNaN: true, noDefaultInfinity: true }),
			(vector) => {
				const read: number[] = JSON.parse(vectorJson(vector));
				// JSON has no sign for a zero, and nothing is lost by that.
				expect(Float32Array.from(read, (value) => value + 0)).toEqual(
					vector.map((value) => value + 0),
				);
			},
		),
		{ numRuns: 500 },
	);
});

test.each([
	[0.5, "0.500000000"],
	[-0.0123456789, "-0.0123456791"],
	[0.00100000005, "0.00100000005"],
	[0.99999994, "0.999999940"],
	[0.099999994, "0.0999999940"],
	[1, "1.00000000"],
	[-1.5e-7, "-1.50000005e-7"],
	[3.4e38, "3.39999995e+38"],
	[0, "0.00000000"],
])("%s has nine digits", (value, expected) => {
	expect(vectorJson(Float32Array.of(value))).toBe(`[${expected}]`);
});

test("a vector is a list, be it empty", () => {
	expect(vectorJson(Float32Array.of(0.25, -2, 0.125))).toBe(
		"[0.250000000,-2.00000000,0.125000000]",
	);
	expect(vectorJson(new Float32Array())).toBe("[]");
});

test("what JSON can't hold is not written", () => {
	expect(() => vectorJson(Float32Array.of(1, Number.NaN))).toThrow(
		"component 1 of a vector is NaN",
	);
	expect(() => vectorJson(Float32Array.of(-Infinity))).toThrow("-Infinity");
});
