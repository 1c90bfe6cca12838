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
		run: async (inputs) => ({ outputs: inputs.map(make), micros: 1 }),
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
	const check = await recordCheck(one, { ...range, window: 2 });
	expect(await passes(one, check)).toBe(false);
});

test("several threads are used where they are quicker, for each length by itself", () => {
	const pace = new LonePace();
	expect(pace.prefersWide(10)).toBe(false);
	pace.ran(10, 4_000, false);
	expect(pace.prefersWide(10)).toBe(true);
	pace.ran(10, 2_000, true);
	expect(pace.prefersWide(10)).toBe(true);
	pace.ran(100, 4_000, false);
	pace.ran(100, 3_900, true);
	expect(pace.prefersWide(100)).toBe(false);
});

test("what was slower is tried again at times, so that it is found when it has become quicker", () => {
	const pace = new LonePace();
	pace.ran(10, 1_000, false);
	pace.ran(10, 2_000, true);
	const wide = Array.from({ length: 512 }, () => pace.prefersWide(10));
	expect(wide.filter(Boolean)).toHaveLength(4);
	for (let i = 0; i < 20; i++) pace.ran(10, 500, true);
	expect(pace.prefersWide(10)).toBe(true);
});
