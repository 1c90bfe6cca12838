import fc from "fast-check";
import { expect, test } from "vitest";
import { FairQueue } from "../../sidecar/runtime/fair-queue.ts";

function takeAll(queue: FairQueue<string, string>): string[] {
	const taken: string[] = [];
	for (;;) {
		const item = queue.take();
		if (item === undefined) return taken;
		taken.push(item);
	}
}

test("whoever comes with one text waits for one of each of the others, not for all that they have", () => {
	const queue = new FairQueue<string, string>();
	for (let i = 0; i < 100; i++) queue.push("bulk", `b${i}`, 10);
	expect([queue.take(), queue.take(), queue.take()]).toEqual([
		"b0",
		"b1",
		"b2",
	]);
	queue.push("query", "q", 10);
	expect([queue.take(), queue.take()]).toEqual(["q", "b3"]);
});

test("two requests get the same work done, whatever the length of their texts", () => {
	const queue = new FairQueue<string, string>();
	for (let i = 0; i < 40; i++) queue.push("long", `l${i}`, 30);
	for (let i = 0; i < 40; i++) queue.push("short", `s${i}`, 10);
	const taken = Array.from({ length: 24 }, () => queue.take());
	expect(taken.filter((item) => item?.startsWith("l"))).toHaveLength(6);
});

test("a request that was idle has not saved up turns", () => {
	const queue = new FairQueue<string, string>();
	for (let i = 0; i < 10; i++) queue.push("busy", `b${i}`, 10);
	for (let i = 0; i < 8; i++) queue.take();
	for (let i = 0; i < 3; i++) queue.push("late", `n${i}`, 10);
	expect(takeAll(queue)).toEqual(["n0", "b8", "n1", "b9", "n2"]);
});

test("nothing is lost or given twice, whatever comes, goes and is taken", () => {
	const steps = fc.array(
		fc.record({
			owner: fc.constantFrom("a", "b", "c"),
			cost: fc.integer({ min: 1, max: 500 }),
			next: fc.constantFrom("stay", "take", "delete"),
		}),
	);
	fc.assert(
		fc.property(steps, (done) => {
			const queue = new FairQueue<string, number>();
			const present = new Set<number>();
			for (const [item, { owner, cost, next }] of done.entries()) {
				queue.push(owner, item, cost);
				present.add(item);
				if (next === "delete") {
					expect(queue.delete(owner, item)).toBe(true);
					present.delete(item);
				} else if (next === "take") {
					const taken = queue.take();
					expect(present.delete(taken ?? -1)).toBe(true);
				}
				expect(queue.size).toBe(present.size);
			}
			expect(new Set(queue.drain())).toEqual(present);
			expect(queue.size).toBe(0);
		}),
	);
});
