import {
	array,
	assert,
	constantFrom,
	integer,
	property,
	record,
} from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import {
	type Claim,
	MemoryBudget,
} from "../../sidecar/runtime/memory/memory-budget.ts";

let now = 0;
let busy: Set<string>;
let budget: MemoryBudget;
beforeEach(() => {
	now = 0;
	busy = new Set();
	budget = new MemoryBudget(100, ({ modelId }) => busy.has(modelId));
});

/** A model that is in memory. */
function loaded(modelId: string, bytes: number): Claim {
	const claim = budget.claim(modelId, bytes, ++now);
	expect(budget.admit(claim)).toEqual({ kind: "fits" });
	budget.loaded(claim, ++now);
	return claim;
}

/** Who has to leave for a model of so many bytes. */
function evictedFor(bytes: number): string[] {
	const claim = budget.claim("new", bytes, ++now);
	const admission = budget.admit(claim);
	return admission.kind === "waits"
		? admission.evict.map(({ modelId }) => modelId).sort()
		: [admission.kind];
}

describe("the memory of models", () => {
	it("is given while there is some", () => {
		loaded("a", 60);
		expect(evictedFor(40)).toEqual(["fits"]);
		expect(budget.inUse).toBe(100);
	});

	it("is taken from the least recently used", () => {
		const first = loaded("first", 30);
		loaded("second", 30);
		loaded("third", 30);
		budget.touch(first, ++now);
		expect(evictedFor(30)).toEqual(["second"]);
	});

	it("is taken from as few as are enough", () => {
		loaded("small", 10);
		loaded("large", 60);
		loaded("other", 20);
		// The small one was used longest ago, but would not be enough, and then is not needed.
		expect(evictedFor(60)).toEqual(["large"]);
		expect(budget.inUse).toBe(150);
	});

	it("is taken from several where one is not enough, and not from those used last", () => {
		for (const id of ["a", "b", "c", "d"]) loaded(id, 25);
		expect(evictedFor(50)).toEqual(["a", "b"]);
	});

	it("is taken from a model at work only when all the idle ones are not enough", () => {
		loaded("busy", 50);
		loaded("idle", 50);
		busy.add("busy");
		expect(evictedFor(50)).toEqual(["idle"]);
	});

	it("is taken from a model at work too, where it must be", () => {
		loaded("busy", 100);
		busy.add("busy");
		expect(evictedFor(1)).toEqual(["busy"]);
	});

	it("is free only when a model that leaves is gone", () => {
		const old = loaded("old", 80);
		const claim = budget.claim("new", 80, ++now);
		expect(budget.admit(claim)).toEqual({ kind: "waits", evict: [old] });
		budget.leave(old);
		expect(budget.admit(claim)).toEqual({ kind: "waits", evict: [] });
		budget.release(old);
		expect(budget.admit(claim)).toEqual({ kind: "fits" });
	});

	it("is not promised twice to two that wait for the same model's end", () => {
		const old = loaded("old", 80);
		const one = budget.claim("one", 60, ++now);
		expect(budget.admit(one)).toMatchObject({ kind: "waits", evict: [old] });
		budget.leave(old);
		const two = budget.claim("two", 50, ++now);
		expect(budget.admit(two)).toEqual({
			kind: "refused",
			shortage: { need: 50, budget: 100, inUse: 140, staying: [one] },
		});
		budget.release(two);
		const three = budget.claim("three", 40, ++now);
		expect(budget.admit(three)).toEqual({ kind: "waits", evict: [] });
		budget.release(old);
		expect(budget.admit(one)).toEqual({ kind: "fits" });
		expect(budget.admit(three)).toEqual({ kind: "fits" });
	});

	it("of a model that is still loading can't be taken", () => {
		const loading = budget.claim("loading", 70, ++now);
		budget.admit(loading);
		const claim = budget.claim("new", 40, ++now);
		expect(budget.admit(claim)).toMatchObject({
			kind: "refused",
			shortage: { staying: [loading] },
		});
	});

	it("is refused to a model that is larger than all of it, and nobody leaves", () => {
		loaded("a", 50);
		expect(evictedFor(101)).toEqual(["refused"]);
	});

	it("is not taken from anybody for a model that nobody waits for", () => {
		const there = loaded("there", 70);
		const claim = budget.claim("new", 40, ++now);
		expect(budget.admit(claim, { evicts: false })).toEqual({
			kind: "refused",
			shortage: { need: 40, budget: 100, inUse: 70, staying: [there] },
		});
		const small = budget.claim("small", 10, ++now);
		budget.release(claim);
		expect(budget.admit(small, { evicts: false })).toEqual({ kind: "fits" });
	});

	it("that was estimated wrongly is made up for by those without work, but not by the one used last", () => {
		const [a, b, c] = [loaded("a", 30), loaded("b", 30), loaded("c", 30)];
		expect(budget.overrun()).toEqual([]);
		budget.correct(c, 60);
		expect(budget.overrun()).toEqual([a]);
		busy.add("a");
		expect(budget.overrun()).toEqual([b]);
		busy.clear();
		budget.correct(c, 300);
		expect(new Set(budget.overrun())).toEqual(new Set([a, b]));
		for (const claim of [a, b]) {
			budget.leave(claim);
			budget.release(claim);
		}
		expect(budget.overrun()).toEqual([]);
	});

	it("is never overdrawn, and everybody who waits gets it, whatever happens in which order", () => {
		const step = record({
			what: constantFrom("ask", "load", "touch", "end", "busy"),
			which: integer({ min: 0, max: 20 }),
			bytes: integer({ min: 1, max: 100 }),
		});
		assert(
			property(array(step, { maxLength: 60 }), (steps) => {
				busy = new Set();
				budget = new MemoryBudget(100, ({ modelId }) => busy.has(modelId));
				const claims: Claim[] = [];
				const ask = (claim: Claim): void => {
					const admission = budget.admit(claim);
					if (admission.kind === "refused") {
						budget.release(claim);
						claims.splice(claims.indexOf(claim), 1);
					}
					if (admission.kind === "waits")
						for (const other of admission.evict) budget.leave(other);
				};
				const inState = (...states: Claim["state"][]) =>
					claims.filter(({ state }) => states.includes(state));
				const end = (claim: Claim): void => {
					budget.release(claim);
					claims.splice(claims.indexOf(claim), 1);
					for (const waiting of inState("waiting")) ask(waiting);
				};
				for (const { what, which, bytes } of steps) {
					const pick = (list: Claim[]) => list[which % (list.length || 1)];
					if (what === "ask") {
						const claim = budget.claim(`model ${claims.length}`, bytes, ++now);
						claims.push(claim);
						ask(claim);
					}
					const loading = pick(inState("loading"));
					if (what === "load" && loading) budget.loaded(loading, ++now);
					const used = pick(inState("loaded"));
					if (what === "touch" && used) budget.touch(used, ++now);
					if (what === "busy" && used) busy.add(used.modelId);
					const leaving = pick(inState("leaving"));
					if (what === "end" && leaving) end(leaving);
					const present = inState("loading", "loaded", "leaving");
					const sum = present.reduce((total, one) => total + one.bytes, 0);
					expect(sum).toBeLessThanOrEqual(100);
				}
				for (const claim of inState("leaving")) end(claim);
				expect(inState("waiting", "leaving")).toEqual([]);
			}),
		);
	});
});
