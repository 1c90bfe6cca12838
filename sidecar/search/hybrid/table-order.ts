/**
 * Documents in the order in which neural-search's table of a shard's documents gives them. Of those with one score, this is
 * the order in which they are answered, and the last of one list and the last of another often have one score. The table is
 * one of Java's: it goes by the low bits of the documents' numbers, as many as it has use for, and where these are the
 * same, the document that was found last comes first.
 *
 * @param items as they were found
 */
export function tableOrder<T>(
	items: readonly T[],
	numberOf: (item: T) => number | undefined,
): T[] {
	const mask = tableSize(items.length) - 1;
	const placed = items.map((item, index) => {
		const number = numberOf(item) ?? index;
		return { item, bucket: (number ^ (number >>> 16)) & mask };
	});
	placed.reverse().sort((one, other) => one.bucket - other.bucket);
	return placed.map(({ item }) => item);
}

/** A table begins with 16 places and doubles when it is more than three quarters full. */
function tableSize(items: number): number {
	let size = 16;
	while (items > size * 0.75) size *= 2;
	return size;
}
