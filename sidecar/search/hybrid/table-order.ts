import { bucketOf, tableSize } from "../java-hash.ts";

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
	const size = tableSize(items.length);
	const placed = items.map((item, index) => {
		const number = numberOf(item) ?? index;
		return { item, bucket: bucketOf(number, size) };
	});
	placed.reverse().sort((one, other) => one.bucket - other.bucket);
	return placed.map(({ item }) => item);
}
