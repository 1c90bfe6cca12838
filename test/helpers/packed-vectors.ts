const most = 32_767;

/** A vector of numbers from -1 to 1 in two bytes each, as base64: for a fixture with many of them. */
export function packedVector(vector: readonly number[]): string {
	const numbers = Int16Array.from(vector, (value) => Math.round(value * most));
	return Buffer.from(numbers.buffer).toString("base64");
}

/** The numbers again, right to 0.00002. */
export function unpackedVector(packed: string): number[] {
	const bytes = Buffer.from(packed, "base64");
	return Array.from(
		{ length: bytes.length / 2 },
		(_, index) => bytes.readInt16LE(2 * index) / most,
	);
}
