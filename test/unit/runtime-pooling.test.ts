import { expect, test } from "vitest";
import { normalizeL2, pool } from "../../sidecar/runtime/pooling.ts";

/** Three tokens of dimension 2: (1, -4), (3, -8), (8, -3). */
const vectors = {
	values: Float32Array.of(1, -4, 3, -8, 8, -3),
	tokens: 3,
	dimension: 2,
};

/** Worked out by hand. */
test.each([
	["MEAN", [4, -5]],
	["MEAN_SQRT_LEN", [12 / Math.sqrt(3), -15 / Math.sqrt(3)]],
	["WEIGHTED_MEAN", [31 / 6, -29 / 6]],
	["MAX", [8, -3]],
	["CLS", [1, -4]],
	["LAST_TOKEN", [8, -3]],
] as const)("%s gives the vector that ml-commons gives", (mode, expected) => {
	const vector = [...pool(vectors, mode)];
	expect(vector).toHaveLength(2);
	for (const [i, value] of expected.entries()) {
		expect(vector[i]).toBeCloseTo(value, 5);
	}
});

test("pooling leaves the model's own output as it was", () => {
	const values = Float32Array.from(vectors.values);
	for (const mode of ["CLS", "LAST_TOKEN", "MAX"] as const) {
		normalizeL2(pool({ ...vectors, values }, mode));
	}
	expect(values).toEqual(vectors.values);
});

test("an output of another shape is refused instead of pooled into nonsense", () => {
	expect(() => pool({ ...vectors, tokens: 2 }, "MEAN")).toThrow(RangeError);
	const nothing = { values: new Float32Array(), tokens: 0, dimension: 2 };
	expect(() => pool(nothing, "MEAN")).toThrow(RangeError);
});

test("normalize_result gives length 1, and a zero vector no NaN", () => {
	expect([...normalizeL2(Float32Array.of(3, 4))]).toEqual([
		Math.fround(0.6),
		Math.fround(0.8),
	]);
	expect([...normalizeL2(Float32Array.of(0, 0))]).toEqual([0, 0]);
});
