import { isRecord } from "../../integration/conformance/json.ts";
import { cosine } from "../vectors.ts";

/** In place of a value: a dense vector, whatever its numbers. */
export const anyVector = "<vector>";

export interface CompareOptions {
	/**
	 * Whether this processor computes what the recording one did. Those of int8 models multiply with other instructions
	 * elsewhere, some of which saturate: only directions are compared then.
	 */
	sameNumbers: boolean;
}

/** From here on, numbers are a vector. */
const longList = 8;

const tolerance = 1e-5;

/** Of the vectors of all-MiniLM-L6-v2. */
const denseLength = 384;

/** Where two outcomes differ, each with the values of both; numbers may be 1e-5 apart. */
export function differencesBetween(
	ours: unknown,
	theirs: unknown,
	options: CompareOptions,
): string[] {
	return differing({ ours, theirs, path: "" }, options);
}

interface Pair {
	ours: unknown;
	theirs: unknown;
	path: string;
}

function differing(pair: Pair, options: CompareOptions): string[] {
	const { ours, theirs, path } = pair;
	if (isAlike(pair, options)) return [];
	if (Array.isArray(ours) && Array.isArray(theirs)) {
		const length = Math.max(ours.length, theirs.length);
		return Array.from({ length }, (_, at) => at).flatMap((at) =>
			differing(
				{ ours: ours[at], theirs: theirs[at], path: `${path}.${at}` },
				options,
			),
		);
	}
	if (isRecord(ours) && isRecord(theirs)) {
		const keys = new Set([...Object.keys(theirs), ...Object.keys(ours)]);
		return [...keys].flatMap((key) =>
			differing(
				{ ours: ours[key], theirs: theirs[key], path: `${path}.${key}` },
				options,
			),
		);
	}
	return [`${path.slice(1)}: ${shown(ours)}, expected ${shown(theirs)}`];
}

/** Whether two values are told alike at once; false where their parts have to be looked at. */
function isAlike(
	{ ours, theirs }: Pair,
	{ sameNumbers }: CompareOptions,
): boolean {
	if (theirs === anyVector)
		return isVector(ours) && ours.length === denseLength;
	if (typeof ours === "number" && typeof theirs === "number")
		return Math.abs(ours - theirs) <= tolerance * Math.max(1, Math.abs(theirs));
	if (!sameNumbers && isVector(ours) && isVector(theirs))
		return ours.length === theirs.length && cosine(ours, theirs) >= 0.999;
	return ours === theirs;
}

function isVector(value: unknown): value is number[] {
	return (
		Array.isArray(value) &&
		value.length >= longList &&
		value.every((one) => Number.isFinite(one))
	);
}

function shown(value: unknown): string {
	if (isVector(value)) return `a vector of ${value.length}`;
	const json = JSON.stringify(value, (_key, one) =>
		isVector(one) ? anyVector : one,
	);
	return json ?? "nothing";
}
