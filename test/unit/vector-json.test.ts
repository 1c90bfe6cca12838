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
	[0.5, "0.5"],
	[-0.0123456789, "-0.012345679"],
	[0.00100000005, "0.001"],
	[0.99999994, "0.99999994"],
	[0.099999994, "0.099999994"],
	[0.1, "0.1"],
	[0.10000002, "0.10000002"],
	[1, "1"],
	[-1.5e-7, "-1.5e-7"],
	[3.4e38, "3.4e+38"],
	[16777217, "16777216"],
	[0, "0"],
])("%s has no more digits than it needs", (value, expected) => {
	expect(vectorJson(Float32Array.of(value))).toBe(`[${expected}]`);
});

test("a vector is a list, be it empty", () => {
	expect(vectorJson(Float32Array.of(0.25, -2, 0.125))).toBe("[0.25,-2,0.125]");
	expect(vectorJson(new Float32Array())).toBe("[]");
});

test("what JSON can't hold is not written", () => {
	expect(() => vectorJson(Float32Array.of(1, Number.NaN))).toThrow(
		"component 1 of a vector is NaN",
	);
	expect(() => vectorJson(Float32Array.of(-Infinity))).toThrow("-Infinity");
});
