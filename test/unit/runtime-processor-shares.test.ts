import fc from "fast-check";
import { expect, test } from "vitest";
import {
	type Demand,
	sharesOf,
} from "../../sidecar/runtime/processor-shares.ts";

const nothing: Demand = {
	threads: 1,
	search: 0,
	ingest: 0,
	most: 1,
	isSearched: false,
};
const bulk = (ingest: number): Demand => ({ ...nothing, ingest });
const searched = (search: number): Demand => ({
	...nothing,
	search,
	isSearched: true,
});
const shares = (processors: number, ...demands: Demand[]) =>
	sharesOf(demands, { processors, ingestFirst: false });

test.each([
	["one model alone has all it can use", 4, [bulk(4)], [4]],
	["and no more", 4, [bulk(2)], [2]],
	["two bulks share", 4, [bulk(4), bulk(4)], [2, 2]],
	["who wants less leaves the rest", 4, [bulk(4), bulk(1)], [3, 1]],
	["searches come before any bulk", 2, [bulk(2), searched(2)], [0, 2]],
	["each search gets a run first", 2, [searched(2), searched(1)], [1, 1]],
	[
		"the next search of a model finds a processor",
		4,
		[bulk(4), searched(0)],
		[3, 1],
	],
	["unless there is but one", 1, [bulk(1), searched(0)], [1, 0]],
])("%s", (_, processors, demands, expected) => {
	expect(shares(processors, ...demands)).toEqual(expected);
});

test("a search that is alone may use several processors at once, and one that is not may not", () => {
	const lone = { ...searched(1), most: 3 };
	expect(shares(4, lone, nothing)).toEqual([3, 0]);
	expect(shares(4, lone, bulk(4))).toEqual([1, 3]);
	expect(shares(2, lone)).toEqual([2]);
});

test("bulks get a run in their turn, though searches want everything", () => {
	const demands = [searched(4), bulk(4)];
	const turn = { processors: 2, ingestFirst: true };
	expect(sharesOf(demands, turn)).toEqual([1, 1]);
});

test("never more threads than processors, no run with a part of its threads, and nobody idle while there is room", () => {
	const demand = fc.record({
		threads: fc.integer({ min: 1, max: 3 }),
		search: fc.integer({ min: 0, max: 4 }),
		ingest: fc.integer({ min: 0, max: 4 }),
		most: fc.constant(1),
		isSearched: fc.boolean(),
	});
	fc.assert(
		fc.property(
			fc.array(demand, { maxLength: 6 }),
			fc.integer({ min: 3, max: 16 }),
			fc.boolean(),
			(runs, processors, ingestFirst) => {
				const demands = runs.map((one) => ({
					...one,
					search: one.search * one.threads,
					ingest: one.ingest * one.threads,
				}));
				const found = sharesOf(demands, { processors, ingestFirst });
				const isKept = demands.some(
					(one) => one.isSearched && one.search + one.ingest === 0,
				);
				const sum = found.reduce((total, share) => total + share, 0);
				expect(sum).toBeLessThanOrEqual(processors);
				for (const [index, { threads, search, ingest }] of demands.entries()) {
					const share = found[index] ?? 0;
					expect(share % threads).toBe(0);
					const isSatisfied = share >= search + ingest;
					const isFull = processors - sum < threads;
					expect(isSatisfied || isFull || isKept).toBe(true);
				}
			},
		),
	);
});
