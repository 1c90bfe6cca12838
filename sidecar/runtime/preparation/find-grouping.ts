import { alone, type Grouping } from "../process/grouping.ts";
import type { Tokens } from "../session.ts";
import {
	type Probed,
	probeInputs,
	sameBits,
	type TokenRange,
} from "./probe-inputs.ts";

export interface GroupingProbe extends TokenRange {
	/** A clock that says which is quicker, milliseconds. */
	now: () => number;
	/** Whether what has been proven has to be enough. */
	isOver: () => boolean;
}

/** Lengths that are tried out, tokens: odd and even, and around the sizes of the kernels' blocks. */
const lengths = [1, 2, 3, 5, 8, 13, 16, 24, 32, 48, 64];

/** Texts that run together at most. */
export const mostTexts = 8;

/** Groups that are tried out at every length, and one more that changes from length to length. */
const sizes = [2, 4, mostTexts];
const oddSizes = [3, 5, 6, 7];

/** A group has to take at most this part of the time that its texts take alone. */
const worthwhile = 0.95;

/** A length at which groups do not pay may be chance; after so many in a row longer texts are not tried. */
const mostWithout = 2;

interface Trial {
	inputs: readonly Tokens[];
	/** What each has alone, output by output. */
	expected: readonly Float32Array[][];
	/** What one takes alone, milliseconds: their mean, since a group too is all of them. */
	aloneMs: number;
}

/**
 * Finds out what a model may run together: how many texts of equal length, so that every bit is as it is alone at every length
 * that was tried, and up to which length that saves time. A graph that takes one text only, or whose values differ,
 * runs each alone.
 */
export async function findGrouping(
	model: Probed,
	probe: GroupingProbe,
): Promise<Grouping> {
	const { vocabulary, window, now, isOver } = probe;
	const found: Grouping = { ...alone };
	let texts = mostTexts;
	let without = 0;
	for (const [index, length] of lengths.entries()) {
		if (length > window || isOver()) break;
		const inputs = probeInputs(mostTexts, length, vocabulary);
		const trial = await runAlone(model, inputs, now);
		// Texts of that length can't be run at all.
		if (trial === undefined) continue;
		const odd = oddSizes[index % oddSizes.length] ?? mostTexts;
		const tried = [...sizes, odd].sort((a, b) => a - b);
		let groupMs = Number.POSITIVE_INFINITY;
		for (const size of tried) {
			// What has not been seen at this length is not proven for it.
			if (isOver()) return found;
			if (size > texts) break;
			const ms = await runTogether(model, trial, { size, now });
			if (ms === undefined) {
				texts = Math.max(...[1, ...sizes].filter((fine) => fine < size));
				found.texts = Math.min(found.texts, texts);
				break;
			}
			if (sizes.includes(size)) groupMs = ms / size;
		}
		if (texts === 1) return { ...alone };
		if (groupMs <= worthwhile * trial.aloneMs) {
			found.texts = texts;
			found.tokens = length;
			without = 0;
		} else if (++without === mostWithout) break;
	}
	return found;
}

async function runAlone(
	model: Probed,
	inputs: readonly Tokens[],
	now: () => number,
): Promise<Trial | undefined> {
	const expected: Float32Array[][] = [];
	const start = now();
	for (const input of inputs) {
		const rows = await model.values([input]).catch(() => undefined);
		if (rows?.[0] === undefined) return undefined;
		expected.push(rows[0]);
	}
	return { inputs, expected, aloneMs: (now() - start) / inputs.length };
}

/** The time that a group takes, milliseconds; undefined if it can't be run or anything in it is not as it is alone. */
async function runTogether(
	model: Probed,
	{ inputs, expected }: Trial,
	{ size, now }: { size: number; now: () => number },
): Promise<number | undefined> {
	const start = now();
	const rows = await model.values(inputs.slice(0, size)).catch(() => undefined);
	const ms = now() - start;
	const alike = expected
		.slice(0, size)
		.every((outputs, row) => sameBits(outputs, rows?.[row]));
	return alike ? ms : undefined;
}
