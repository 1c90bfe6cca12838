import { expect } from "vitest";
import { differencesBetween } from "./ingest-cases/compare.ts";

export interface RecordedAnswer {
	/** What the sidecar answers. */
	ours: unknown;
	/** What neural-search has answered. */
	theirs: unknown;
	/** The same with what the sidecar is to answer otherwise. */
	expected: unknown;
	/** Whether a difference is written down. */
	differs: boolean;
	/** Whether the numbers are to be the same, too. */
	sameNumbers: boolean;
}

/** @throws AssertionError where the sidecar does not answer as it should, or a difference is none any more */
export function expectAsRecorded({
	ours,
	theirs,
	expected,
	differs,
	sameNumbers,
}: RecordedAnswer): void {
	const found = differencesBetween(ours, expected, { sameNumbers });
	expect(found, found.join("\n")).toEqual([]);
	if (differs)
		expect(
			differencesBetween(ours, theirs, { sameNumbers }),
			"a difference that is none any more",
		).not.toEqual([]);
}
