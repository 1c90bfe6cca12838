import { describe, expect, it } from "vitest";
import { type Prune, prune } from "../../ingest/processors/prune.ts";

/* What is left was read off neural-search 3.6, for the same weights. */

const hello = { hello: 5.25 };
const world = { ...hello, world: 4.5 };
const vector = { ...world, the: 1, in: 1, walking: 1, street: 1 };

describe("a sparse vector keeps", () => {
	it.each<[Prune["type"], number, Record<string, number>]>([
		["none", 0, vector],
		["top_k", 2, world],
		["top_k", 100, vector],
		["alpha_mass", 0.5, hello],
		["alpha_mass", 0, {}],
		["max_ratio", 0.5, world],
		["max_ratio", 0, vector],
		["abs_value", 1, vector],
		["abs_value", 4.5, world],
		["abs_value", 100, {}],
	])("with %s %d", (type, ratio, expected) => {
		expect(prune(vector, { type, ratio: Math.fround(ratio) })).toEqual(
			expected,
		);
	});

	it("as many of equal weights as there is mass for", () => {
		const kept = prune(vector, {
			type: "alpha_mass",
			ratio: Math.fround(0.9),
		});
		expect(kept).toMatchObject(world);
		expect(Object.keys(kept)).toHaveLength(4);
	});

	it("a weight that is as large as the ratio, in 32-bit floats", () => {
		const weights = { a: 1, b: 0.3 };
		const ratio = Math.fround(0.3);
		expect(prune(weights, { type: "abs_value", ratio })).toEqual(weights);
		expect(prune(weights, { type: "max_ratio", ratio })).toEqual(weights);
	});

	it("a token that is called like a property of every object", () => {
		const weights = JSON.parse('{"__proto__":2,"constructor":1}');
		const kept = prune(weights, { type: "top_k", ratio: 1 });
		expect(JSON.stringify(kept)).toBe('{"__proto__":2}');
	});
});
