import { expect, test } from "vitest";
import { findGrouping } from "../../sidecar/runtime/preparation/find-grouping.ts";
import type { Probed } from "../../sidecar/runtime/preparation/probe-inputs.ts";
import type { Tokens } from "../../sidecar/runtime/session.ts";

interface FakeModel {
	/** What a run of so many texts of one length takes, milliseconds; as long as each alone, less a third, if left out. */
	cost?: (texts: number, tokens: number) => number;
	/** The largest group in which every bit is as it is alone. */
	identical?: (tokens: number) => number;
	/** The largest group that can be run. */
	possible?: number;
	window?: number;
	budgetMs?: number;
}

const savesAThird = (texts: number, tokens: number) =>
	tokens * (texts === 1 ? 1 : texts * 0.67);

/** Finds the grouping of a model that computes something of each text, on a clock that the runs alone move. */
function groupingOf({
	cost = savesAThird,
	identical = () => 8,
	possible = 8,
	window = 512,
	budgetMs = Number.POSITIVE_INFINITY,
}: FakeModel) {
	let time = 0;
	const seen: Tokens[] = [];
	const model: Probed = {
		async values(group) {
			seen.push(...group);
			const tokens = group[0]?.ids.length ?? 0;
			time += cost(group.length, tokens);
			if (group.length > possible) throw new Error("Got invalid dimensions");
			const off = group.length > identical(tokens) ? 1e-7 : 0;
			return group.map(({ ids }) => [
				Float32Array.from(ids, (id) => id / 7 + off),
			]);
		},
	};
	const grouping = findGrouping(model, {
		vocabulary: 100,
		window,
		now: () => time,
		isOver: () => time > budgetMs,
	});
	return { grouping, seen, time: () => time };
}

test("texts run together in a model that makes of each what it makes of it alone", async () => {
	const { grouping, seen } = groupingOf({});
	expect(await grouping).toEqual({ texts: 8, tokens: 64 });
	const ids = seen.flatMap((tokens) => [...tokens.ids]);
	expect(Math.min(...ids)).toBe(0);
	expect(Math.max(...ids)).toBe(99);
});

test("a last bit that differs in a group keeps a model's texts apart", async () => {
	const { grouping } = groupingOf({ identical: () => 1 });
	expect(await grouping).toEqual({ texts: 1, tokens: 0 });
});

test("no group is larger than the largest that was right at every length", async () => {
	expect(await groupingOf({ identical: () => 4 }).grouping).toEqual({
		texts: 4,
		tokens: 64,
	});
	const later = (tokens: number) => (tokens < 24 ? 8 : 3);
	expect(await groupingOf({ identical: later }).grouping).toEqual({
		texts: 2,
		tokens: 64,
	});
	const atLast = (tokens: number) => (tokens < 64 ? 8 : 1);
	expect(await groupingOf({ identical: atLast }).grouping).toEqual({
		texts: 1,
		tokens: 0,
	});
});

test("a graph for one text runs each alone, and is no error", async () => {
	const { grouping } = groupingOf({ possible: 1 });
	expect(await grouping).toEqual({ texts: 1, tokens: 0 });
});

test("texts run together up to the length at which that saves time, and none where it never does", async () => {
	const upTo16 = (texts: number, tokens: number) =>
		texts > 1 && tokens <= 16 ? tokens * texts * 0.5 : tokens * texts;
	const { grouping } = groupingOf({ cost: upTo16 });
	expect(await grouping).toEqual({ texts: 8, tokens: 16 });
	const saving = (part: number) => (texts: number, tokens: number) =>
		tokens * texts * (texts === 1 ? 1 : part);
	expect(await groupingOf({ cost: saving(0.97) }).grouping).toEqual({
		texts: 1,
		tokens: 0,
	});
	expect(await groupingOf({ cost: saving(0.9) }).grouping).toEqual({
		texts: 8,
		tokens: 64,
	});
});

test("one length at which a group is slow by chance does not end the search", async () => {
	const slowAt8 = (texts: number, tokens: number) =>
		tokens === 8 ? 2 * texts * tokens : savesAThird(texts, tokens);
	const cost = (texts: number, tokens: number) =>
		texts === 1 ? tokens : slowAt8(texts, tokens);
	expect(await groupingOf({ cost }).grouping).toEqual({ texts: 8, tokens: 64 });
});

test("a slow model is left with what was proven in time, and lengths it has no positions for are not run", async () => {
	const slow = groupingOf({ budgetMs: 300 });
	expect(await slow.grouping).toEqual({ texts: 8, tokens: 5 });
	// The last run may begin just before the time is over.
	expect(slow.time()).toBeLessThan(600);
	expect(await groupingOf({ budgetMs: 0 }).grouping).toEqual({
		texts: 1,
		tokens: 0,
	});
	const short = groupingOf({ window: 13 });
	expect(await short.grouping).toEqual({ texts: 8, tokens: 13 });
	expect(Math.max(...short.seen.map(({ ids }) => ids.length))).toBe(13);
});
