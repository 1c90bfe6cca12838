import type { Tokens } from "../session.ts";

/** What a probe may ask of a model. */
export interface Probed {
	/** The values of every output that is read, for each of some inputs of equal length in one run. */
	values(group: readonly Tokens[]): Promise<Float32Array[][]>;
}

/** Which tokens a model knows. */
export interface TokenRange {
	/** Ids below this one are tokens. */
	vocabulary: number;
	/** Tokens that an input may have. */
	window: number;
}

/** Inputs of one length whose tokens look like chance, and are the same in every probe. */
export function probeInputs(
	count: number,
	length: number,
	vocabulary: number,
): Tokens[] {
	let state = length;
	const nextId = (): number => {
		// A linear congruential generator, with the constants of Numerical Recipes.
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return Math.floor((state / 2 ** 32) * vocabulary);
	};
	return Array.from({ length: count }, () => ({
		ids: Int32Array.from({ length }, nextId),
		typeIds: new Int32Array(length),
	}));
}

/**
 * Whether outputs are the same bits: also where values are no numbers, and not where one is 0 and the other -0. Outputs
 * without any values prove nothing.
 */
export function sameBits(
	some: readonly Float32Array[] | undefined,
	others: readonly Float32Array[] | undefined,
): boolean {
	if (some === undefined || some.length !== others?.length) return false;
	const pairs = some.map((values, output) => [values, others[output]] as const);
	return (
		pairs.some(([{ length }]) => length > 0) &&
		pairs.every(([a, b]) => b !== undefined && sameBytes(a, b))
	);
}

/** Whether numbers are the same bits, and as many. */
export function sameBytes(
	a: Float32Array | Int32Array,
	b: Float32Array | Int32Array,
): boolean {
	return bytesOf(a).equals(bytesOf(b));
}

function bytesOf({
	buffer,
	byteOffset,
	byteLength,
}: Float32Array | Int32Array): Buffer {
	return Buffer.from(buffer, byteOffset, byteLength);
}
