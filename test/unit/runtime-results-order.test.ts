import { describe, expect, it } from "vitest";
import type { ModelResult } from "../../sidecar/runtime/model-result.ts";
import { ResultCache } from "../../sidecar/runtime/results/result-cache.ts";
import { resultBytes } from "../../sidecar/runtime/results/result-size.ts";
import { S3Fifo } from "../../sidecar/runtime/results/s3-fifo.ts";
import { pseudoRandom } from "../helpers/pseudo-random.ts";

const result: ModelResult = {
	kind: "vector",
	vector: new Float32Array(384),
	tokens: 3,
	truncated: false,
};

/** Queries of `distinct` kinds, the n-th most frequent one with a frequency of 1/n. */
function zipf(distinct: number): () => string {
	const random = pseudoRandom();
	const bounds: number[] = [];
	let total = 0;
	for (let rank = 1; rank <= distinct; rank++) {
		total += 1 / rank;
		bounds.push(total);
	}
	return () => {
		const drawn = random.next().value * total;
		return `query ${bounds.findIndex((bound) => drawn < bound)}`;
	};
}

/** The cache that gives way to what is newest. */
class LruCache {
	readonly #keys = new Set<string>();
	readonly #size: number;

	constructor(size: number) {
		this.#size = size;
	}

	/** @returns whether it was there; it is now */
	look(key: string): boolean {
		const found = this.#keys.delete(key);
		this.#keys.add(key);
		const [oldest] = this.#keys;
		if (this.#keys.size > this.#size && oldest !== undefined)
			this.#keys.delete(oldest);
		return found;
	}
}

/** The part of queries that find their result, with so many documents' texts between two queries. */
function hitRates(textsBetween: number): { here: number; lru: number } {
	const size = 500;
	const maxBytes = size * resultBytes(result);
	const space = new ResultCache({ maxBytes }).open("model");
	const lru = new LruCache(size);
	const look = (key: string, lane: "search" | "ingest") => {
		const found = space.get(key) !== undefined;
		if (!found) space.put(key, { ...result }, lane);
		return found;
	};
	const query = zipf(5_000);
	const queries = 20_000;
	let document = 0;
	let [here, inLru] = [0, 0];
	for (let n = 0; n < queries; n++) {
		for (let between = 0; between < textsBetween; between++) {
			const key = `document ${document++}`;
			look(key, "ingest");
			lru.look(key);
		}
		const key = query();
		if (look(key, "search")) here++;
		if (lru.look(key)) inLru++;
	}
	return { here: here / queries, lru: inLru / queries };
}

describe("what gives way", () => {
	it("is a bulk's new texts, not what searches use again and again", () => {
		const alone = hitRates(0);
		const beside = hitRates(20);
		expect(alone.here).toBeGreaterThan(alone.lru);
		expect(alone.here).toBeGreaterThan(0.65);
		expect(beside.here).toBeGreaterThan(0.9 * alone.here);
		expect(beside.lru).toBeLessThan(0.5 * alone.lru);
	});

	it("is not what a bulk brings again and again", () => {
		const space = new ResultCache({ maxBytes: 100 * resultBytes(result) }).open(
			"model",
		);
		for (let n = 0; n < 10_000; n++) {
			for (const key of ["category", String(n)])
				if (!space.get(key)) space.put(key, { ...result }, "ingest");
		}
		expect(space.stats().hits).toBe(9_999);
	});

	it("is soon what was in use once and is not any more", () => {
		const cache = new ResultCache({ maxBytes: 100 * resultBytes(result) });
		const space = cache.open("model");
		const use = (kind: string) => {
			let hits = 0;
			for (let n = 0; n < 2_000; n++) {
				const key = `${kind} ${n % 80}`;
				if (space.get(key)) hits++;
				else space.put(key, { ...result }, "search");
			}
			return hits;
		};
		use("yesterday's");
		expect(use("today's")).toBeGreaterThan(1_500);
	});

	it("is found quickly even if all there is was used", () => {
		const fifo = new S3Fifo<object>();
		for (let n = 0; n < 5_000; n++)
			fifo.put(String(n), {}, { bytes: 1_000, leavesGhost: true });
		for (let use = 0; use < 3; use++)
			for (let n = 0; n < 5_000; n++) fifo.get(String(n));
		expect(fifo.evict()).toBe(true);
		expect(fifo.size).toBe(4_999);
		// Of 15,000 looks that it would take to find an unused one, a thousand were enough.
		expect(fifo.get("999")).toBeUndefined();
	});

	it("is in the end all there is, ghosts included", () => {
		const fifo = new S3Fifo<object>();
		for (let n = 0; n < 1_000; n++)
			fifo.put(String(n), {}, { bytes: 3_000, leavesGhost: true });
		let evicted = 0;
		while (fifo.evict()) {
			evicted++;
			expect(fifo.size).toBe(1_000 - evicted);
			expect(fifo.bytes).toBeLessThanOrEqual(fifo.size * 3_300);
		}
		expect(evicted).toBe(1_000);
		expect(fifo.bytes).toBe(0);
		expect(fifo.get("1")).toBeUndefined();
	});
});
