import { describe, expect, it } from "vitest";
import { ExpiringCache } from "../../sidecar/services/expiring-cache.ts";

function cacheAt(clock: { now: number }, maxEntries = 10) {
	let loads = 0;
	const cache = new ExpiringCache<number>({
		ttlMs: 100,
		maxEntries,
		now: () => clock.now,
	});
	return {
		cache,
		get: (key: string) => cache.get(key, async () => ++loads),
	};
}

describe("what the cluster said", () => {
	it("is asked for once by all who ask at the same time, and again when it is old", async () => {
		const clock = { now: 0 };
		const { get } = cacheAt(clock);
		expect(await Promise.all([get("a"), get("a")])).toEqual([1, 1]);
		clock.now = 99;
		expect(await get("a")).toBe(1);
		clock.now = 100;
		expect(await get("a")).toBe(2);
	});

	it("is there without waiting once it was said, and no longer than it is good for", async () => {
		const clock = { now: 0 };
		const { cache, get } = cacheAt(clock);
		expect(cache.peek("a")).toBeUndefined();
		const asked = get("a");
		expect(cache.peek("a")).toBeUndefined();
		await asked;
		clock.now = 99;
		expect(cache.peek("a")).toBe(1);
		clock.now = 100;
		expect(cache.peek("a")).toBeUndefined();
	});

	it("is not remembered where the question failed", async () => {
		const { cache, get } = cacheAt({ now: 0 });
		const failing = cache.get("a", () => Promise.reject(new Error("down")));
		await expect(failing).rejects.toThrow("down");
		expect(await get("a")).toBe(1);
	});

	it("does not fill the memory", async () => {
		const { get } = cacheAt({ now: 0 }, 2);
		await get("a");
		await get("b");
		await get("c");
		expect(await get("b")).toBe(2);
		expect(await get("a")).toBe(4);
	});

	it("is forgotten when it is known to have changed", async () => {
		const { cache, get } = cacheAt({ now: 0 });
		await get("a");
		cache.clear();
		expect(await get("a")).toBe(2);
	});
});
