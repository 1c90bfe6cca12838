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

/** Runs texts of a length as the pace says, each in the time that its way takes. @returns how many ran wide */
function run(
	pace: LonePace,
	texts: number,
	{
		tokens = 10,
		narrow,
		wide,
	}: { tokens?: number; narrow: number; wide: number },
): number {
	let ranWide = 0;
	for (let i = 0; i < texts; i++) {
		const isWide = pace.prefersWide(tokens);
		pace.ran(tokens, isWide ? wide : narrow, isWide);
		if (isWide) ranWide++;
	}
	return ranWide;
}

test("several threads are used where they are quicker, for each length by itself", () => {
	const pace = new LonePace();
	const long = { tokens: 100, narrow: 4_000, wide: 3_900 };
	run(pace, 20, { narrow: 4_000, wide: 2_000 });
	run(pace, 20, long);
	expect(run(pace, 60, { narrow: 4_000, wide: 2_000 })).toBe(60);
	expect(run(pace, 60, long)).toBe(0);
});

test("what was slower is tried again at times, so that it is found when it has become quicker", () => {
	const pace = new LonePace();
	const slow = { narrow: 1_000, wide: 2_000 };
	run(pace, 20, slow);
	expect(run(pace, 64, slow)).toBe(0);
	expect(run(pace, 10 + 128, slow)).toBe(10);
	run(pace, 10 + 256 + 10 + 512, slow);
	// By now it is tried once in 512 runs.
	const tried = run(pace, 10 * 522, slow);
	expect(tried).toBeGreaterThanOrEqual(90);
	expect(tried).toBeLessThanOrEqual(100);
	run(pace, 522, { narrow: 1_000, wide: 500 });
	const now = run(pace, 100, { narrow: 1_000, wide: 500 });
	expect(now).toBeGreaterThanOrEqual(90);
});

test("threads that have become slow, since the machine has something else to do, are given up soon", () => {
	const pace = new LonePace();
	run(pace, 60, { narrow: 1_000, wide: 500 });
	run(pace, 30, { narrow: 1_000, wide: 5_000 });
	expect(run(pace, 60, { narrow: 1_000, wide: 5_000 })).toBe(0);
});

test("the first runs of a way do not count: threads and caches are cold", () => {
	const pace = new LonePace();
	run(pace, 10, { narrow: 1_000, wide: 1 });
	run(pace, 4, { narrow: 1_000, wide: 50_000 });
	run(pace, 6, { narrow: 1_000, wide: 500 });
	expect(pace.prefersWide(10)).toBe(true);
});
