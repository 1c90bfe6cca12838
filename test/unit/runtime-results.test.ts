import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ModelResult } from "../../sidecar/runtime/model-result.ts";
import { ResultCache } from "../../sidecar/runtime/results/result-cache.ts";
import { resultBytes } from "../../sidecar/runtime/results/result-size.ts";

const facts = { tokens: 3, truncated: false };

function vector(values: number, first = 0): ModelResult {
	const numbers = new Float32Array(values);
	numbers[0] = first;
	return { kind: "vector", vector: numbers, ...facts };
}

const small = vector(4);
const smallBytes = resultBytes(small);

describe("results that are kept", () => {
	it("are found again by their key, and by no other", () => {
		const space = new ResultCache({ maxBytes: 10_000 }).open("model");
		const result = vector(4, 1);
		space.put("a", result, "search");
		expect(space.get("a")).toBe(result);
		expect(space.get("b")).toBeUndefined();
		expect(space.stats()).toEqual({
			hits: 1,
			misses: 1,
			evictions: 0,
			entries: 1,
			bytes: smallBytes,
			maxBytes: 10_000,
		});
	});

	it("never take more than is allowed, of one model or of all", () => {
		const model = fc.integer({ min: 0, max: 2 });
		const limit = fc.option(fc.integer({ min: 0, max: 40_000 }), {
			nil: undefined,
		});
		const step = fc.oneof(
			{
				weight: 20,
				arbitrary: fc.record({
					model,
					key: fc.integer({ min: 0, max: 60 }),
					values: fc.integer({ min: 1, max: 2_000 }),
					lane: fc.constantFrom("search" as const, "ingest" as const),
				}),
			},
			fc.record({ model, limit }),
			fc.record({ model, closes: fc.constant(true) }),
			fc.record({ model, clears: fc.constant(true) }),
		);
		fc.assert(
			fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
				const maxBytes = 50_000;
				const cache = new ResultCache({ maxBytes });
				const spaces = [0, 1, 2].map((n) => cache.open(`model ${n}`));
				for (const step of steps) {
					const space = spaces[step.model] ?? cache.open("none");
					if ("key" in step) {
						const key = String(step.key);
						if (!space.get(key)) space.put(key, vector(step.values), step.lane);
					} else if ("limit" in step) space.resize(step.limit);
					else if ("clears" in step) space.clear();
					else {
						space.close();
						spaces[step.model] = cache.open(`model ${step.model}`);
					}
					const all = spaces.map((space) => space.stats());
					for (const { bytes, maxBytes, entries } of all) {
						expect(bytes).toBeLessThanOrEqual(maxBytes);
						expect(bytes > 0).toBe(entries > 0);
					}
					const total = cache.stats();
					expect(total.bytes).toBeLessThanOrEqual(maxBytes);
					expect(total.bytes).toBe(sum(all.map(({ bytes }) => bytes)));
					expect(total.entries).toBe(sum(all.map(({ entries }) => entries)));
				}
			}),
			{ numRuns: 200 },
		);
	});

	it("leave out what is larger than all that may be kept, and nothing gives way to it", () => {
		const space = new ResultCache({ maxBytes: 2 * smallBytes }).open("model");
		space.put("a", small, "search");
		space.put("large", vector(1_000), "search");
		expect(space.get("large")).toBeUndefined();
		expect(space.get("a")).toBeDefined();
	});

	it("are none with a limit of 0, and then nothing counts as missed", () => {
		const none = new ResultCache({ maxBytes: 0 }).open("model");
		const off = new ResultCache({ maxBytes: 10_000 }).open("model", 0);
		for (const space of [none, off]) {
			space.put("a", small, "search");
			expect(space.get("a")).toBeUndefined();
			expect(space.stats()).toMatchObject({ misses: 0, entries: 0, bytes: 0 });
		}
	});

	it("are forgotten when that is asked for, of one model or of all, and then computed anew", () => {
		const cache = new ResultCache({ maxBytes: 100_000 });
		const [one, other] = [cache.open("one"), cache.open("other")];
		for (const key of ["a", "b", "c"]) one.put(key, small, "search");
		other.put("a", small, "search");
		expect(one.clear()).toBe(3);
		expect(one.get("a")).toBeUndefined();
		expect(other.get("a")).toBeDefined();
		one.put("a", small, "search");
		other.close();
		expect(cache.clear()).toBe(2);
		expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0, evictions: 0 });
		expect(cache.open("other").get("a")).toBeUndefined();
	});

	it("are forgotten by what they are of, also those of a model that has left memory", () => {
		const cache = new ResultCache({ maxBytes: 100_000 });
		const [gone, there] = [cache.open("gone"), cache.open("there")];
		for (const space of [gone, there]) space.put("a", small, "search");
		gone.close();
		expect(cache.clear("gone")).toBe(1);
		expect(cache.clear("nobody's")).toBe(0);
		expect(cache.open("gone").get("a")).toBeUndefined();
		expect(there.get("a")).toBeDefined();
		expect(cache.clear("there")).toBe(1);
		expect(there.get("a")).toBeUndefined();
	});

	it("give way when the limit shrinks", () => {
		const space = new ResultCache({ maxBytes: 100_000 }).open("model");
		for (let n = 0; n < 20; n++) space.put(String(n), small, "ingest");
		space.resize(5 * smallBytes);
		expect(space.stats()).toMatchObject({ entries: 5, evictions: 15 });
		space.resize(0);
		expect(space.stats()).toMatchObject({ entries: 0, bytes: 0 });
	});

	it("are one thing for models of one content and configuration, each with its own counts and limit", () => {
		const cache = new ResultCache({ maxBytes: 100_000 });
		const [one, twin] = [cache.open("same"), cache.open("same", 0)];
		one.put("a", small, "search");
		twin.resize(4 * smallBytes);
		expect(twin.get("a")).toBe(small);
		expect(one.stats().hits).toBe(0);
		expect(twin.stats().maxBytes).toBe(4 * smallBytes);
		for (let n = 0; n < 20; n++) one.put(String(n), small, "ingest");
		expect(twin.stats().entries).toBe(21);
		one.close();
		expect(twin.stats().entries).toBe(4);
	});

	it("are still there when a model is deployed again soon, and are the first to go if not", () => {
		const cache = new ResultCache({ maxBytes: 10 * smallBytes });
		const [left, right] = [cache.open("left"), cache.open("right")];
		for (const key of ["a", "b", "c"]) left.put(key, small, "search");
		for (let n = 0; n < 7; n++) right.put(String(n), small, "search");
		left.close();
		const again = cache.open("left");
		expect(again.get("a")).toBeDefined();
		again.close();
		for (let n = 7; n < 10; n++) right.put(String(n), small, "search");
		expect(right.stats()).toMatchObject({ entries: 10, evictions: 0 });
		expect(cache.open("left").get("a")).toBeUndefined();
		expect(cache.stats()).toMatchObject({ entries: 10, evictions: 3 });
	});

	it("are not taken from a model that has little for one that has much", () => {
		const cache = new ResultCache({ maxBytes: 20 * smallBytes });
		const [little, much] = [cache.open("little"), cache.open("much")];
		for (const key of ["a", "b", "c"]) little.put(key, small, "ingest");
		for (let n = 0; n < 1_000; n++) much.put(String(n), small, "ingest");
		expect(little.stats()).toMatchObject({ entries: 3, evictions: 0 });
	});

	it("are nothing to a model that has left memory, whatever still comes of its runs", () => {
		const cache = new ResultCache({ maxBytes: 10_000 });
		const space = cache.open("model");
		space.close();
		space.close();
		space.put("a", small, "search");
		space.resize(5_000);
		expect(space.get("a")).toBeUndefined();
		expect(cache.stats()).toMatchObject({ entries: 0, misses: 0 });
	});

	it("can't be exchanged by one taker for all the others", () => {
		const space = new ResultCache({ maxBytes: 10_000 }).open("model");
		space.put("a", vector(4, 1), "search");
		const taken = space.get("a") ?? {};
		expect(() => Object.assign(taken, { tokens: 9 })).toThrow(TypeError);
	});

	it("keep no more memory alive than they count", () => {
		const space = new ResultCache({ maxBytes: 100_000 }).open("model");
		const frame = new ArrayBuffer(1_000_000);
		const ids = new Int32Array(frame, 0, 2).fill(7);
		const weights = new Float32Array(frame, 8, 2).fill(0.5);
		const part = new Float32Array(frame, 8, 2);
		space.put("w", { kind: "weights", ids, weights, ...facts }, "search");
		space.put("v", { kind: "vector", vector: part, ...facts }, "search");
		const [w, v] = [space.get("w"), space.get("v")];
		expect(w).toMatchObject({ ids, weights });
		expect(v).toMatchObject({ vector: part });
		if (w?.kind !== "weights" || v?.kind !== "vector")
			throw new Error("not kept");
		for (const { buffer } of [w.ids, w.weights, v.vector])
			expect(buffer.byteLength).toBe(8);
	});
});

function sum(numbers: readonly number[]): number {
	return numbers.reduce((total, number) => total + number, 0);
}
