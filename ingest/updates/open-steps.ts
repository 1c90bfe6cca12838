import { isDeepStrictEqual } from "node:util";
import { PreparedDocument } from "../document.ts";
import { parseObject } from "../json-tree.ts";
import type { Step } from "../step.ts";
import { emptiedIn } from "./partial-steps.ts";

/** A document before and after it was changed, as JSON texts. */
export interface ChangedDocument {
	readonly before: string;
	readonly source: string;
}

/**
 * The steps that have something to do for a document that was changed; the others are marked: what they made of the same
 * texts before stands in it. What lost its source is emptied.
 */
export function openSteps(
	document: PreparedDocument,
	{ source, before }: ChangedDocument,
	steps: readonly Step[],
): Step[] {
	const stored = PreparedDocument.parse(Buffer.from(before));
	const [now, then] = [source, before].map((text) =>
		parseObject(text, { allowComments: false }),
	);
	if (!stored || !now || !then) return [...steps];
	for (const { json, ...place } of emptiedIn(now, then, steps))
		document.put(place, json);
	// What one step makes another one may read: from the first on that has something to do, all have.
	const first = steps.findIndex(
		(step) =>
			step.stages.length > 0 ||
			step.repeats !== undefined ||
			!isDone(step, document, stored),
	);
	const open = first === -1 ? steps.length : first;
	for (const step of steps.slice(0, open)) document.markDone(step);
	return steps.slice(open);
}

/** Whether a step finds the texts that it found before, and in their places what it made of them. */
function isDone(
	step: Step,
	document: PreparedDocument,
	stored: PreparedDocument,
): boolean {
	const now = document.find(step);
	const then = stored.find(step);
	if ("failure" in now || "failure" in then) return false;
	return (
		isDeepStrictEqual(now.slots, then.slots) &&
		now.slots.every((slot) => {
			const made = document.standing(slot);
			return made !== undefined && made === stored.standing(slot);
		})
	);
}
