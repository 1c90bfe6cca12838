import { expect, test } from "vitest";
import type { RunOutput } from "../../sidecar/runtime/model-result.ts";
import {
	passes,
	recordCheck,
} from "../../sidecar/runtime/process/lone-check.ts";
import { LonePace } from "../../sidecar/runtime/process/lone-pace.ts";
import type { Runner } from "../../sidecar/runtime/process/runner.ts";
import type { Tokens } from "../../sidecar/runtime/session.ts";

function runnerOf(make: (tokens: Tokens) => RunOutput): Runner {
	return {
		threads: 1,
		run: async (inputs) => ({
			outputs: inputs.map(make),
			micros: 1,
			elapsedMicros: 1,
		}),
	};
}

const range = { vocabulary: 30_000, window: 512 };
const vectorOf = (tokens: Tokens, off = 0): RunOutput => ({
	kind: "vector",
	vector: Float32Array.from(tokens.ids, (id, i) => id + (i === 7 ? off : 0)),
});

test("threads that make the same of a text are let in", async () => {
	const one = runnerOf((tokens) => vectorOf(tokens));
	const check = await recordCheck(one, range);
	expect(await passes(one, check)).toBe(true);
});

test("threads that make something else of it are not, be it the last bit of a longer text", async () => {
	const check = await recordCheck(
		runnerOf((tokens) => vectorOf(tokens)),
		range,
	);
	const other = runnerOf((tokens) => vectorOf(tokens, 2 ** -8));
	expect(await passes(other, check)).toBe(false);
	const span = runnerOf(() => ({ kind: "span", start: 0, end: 1 }));
	expect(await passes(span, check)).toBe(false);
});

test("what could not be compared is not let in", async () => {
	const one = runnerOf((tokens) => vectorOf(tokens));
	expect(await passes(one, { inputs: [], outputs: [] })).toBe(false);
});

test("a model with a small window is compared up to that", async () => {
	const one = runnerOf((tokens) => vectorOf(tokens));
	const { inputs } = await recordCheck(one, { ...range, window: 20 });
	expect(inputs.map(({ ids }) => ids.length)).toEqual([3, 8, 20]);
});

/** Runs texts of a length as the pace says, each in the time that its way takes. @returns how many no allocation ran */
function run(
	pace: LonePace,
	texts: number,
	{
		tokens = 10,
		allocation,
		lone,
	}: { tokens?: number; allocation: number; lone: number },
): number {
	let ranLone = 0;
	for (let i = 0; i < texts; i++) {
		const way = pace.wayFor(tokens);
		pace.ran(tokens, way === 0 ? allocation : lone, way);
		if (way > 0) ranLone++;
	}
	return ranLone;
}

test("several threads are used where they are quicker, for each length by itself", () => {
	const pace = new LonePace([1, 2]);
	const long = { tokens: 100, allocation: 4_000, lone: 3_900 };
	run(pace, 20, { allocation: 4_000, lone: 2_000 });
	run(pace, 20, long);
	expect(run(pace, 60, { allocation: 4_000, lone: 2_000 })).toBe(60);
	expect(run(pace, 60, long)).toBe(0);
});

test("what was slower is tried again at times, so that it is found when it has become quicker", () => {
	const pace = new LonePace([1, 2]);
	const slow = { allocation: 1_000, lone: 2_000 };
	run(pace, 20, slow);
	expect(run(pace, 64, slow)).toBe(0);
	expect(run(pace, 10 + 128, slow)).toBe(10);
	run(pace, 10 + 256 + 10 + 512, slow);
	// By now it is tried once in 512 runs.
	const tried = run(pace, 10 * 522, slow);
	expect(tried).toBeGreaterThanOrEqual(90);
	expect(tried).toBeLessThanOrEqual(100);
	run(pace, 522, { allocation: 1_000, lone: 500 });
	const now = run(pace, 100, { allocation: 1_000, lone: 500 });
	expect(now).toBeGreaterThanOrEqual(90);
});

test("threads that have become slow, since the machine has something else to do, are given up soon", () => {
	const pace = new LonePace([1, 2]);
	run(pace, 60, { allocation: 1_000, lone: 500 });
	run(pace, 30, { allocation: 1_000, lone: 5_000 });
	expect(run(pace, 60, { allocation: 1_000, lone: 5_000 })).toBe(0);
});

test("the first runs of a way do not count: threads and caches are cold", () => {
	const pace = new LonePace([1, 2]);
	run(pace, 10, { allocation: 1_000, lone: 1 });
	run(pace, 4, { allocation: 1_000, lone: 50_000 });
	run(pace, 6, { allocation: 1_000, lone: 500 });
	expect(pace.wayFor(10)).toBe(1);
});

test("several threads have to be noticeably quicker than one that needs no other thread", () => {
	const chosen = (times: readonly number[]): number => {
		const pace = new LonePace([1, 1, 3]);
		for (let i = 0; i < 40; i++) {
			const way = pace.wayFor(10);
			pace.ran(10, times[way] ?? 0, way);
		}
		return pace.wayFor(10);
	};
	expect(chosen([1_600, 1_400, 1_350])).toBe(1);
	expect(chosen([4_200, 4_000, 2_500])).toBe(2);
	expect(chosen([1_000, 1_100, 950])).toBe(0);
});
