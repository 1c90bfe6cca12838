/** How many places one of Java's hash tables begins with, and how full it may become. */
const firstSize = 16;
const loadFactor = 0.75;

/** The places of a table with as many entries: it doubles when it is too full. */
export function tableSize(entries: number): number {
	let size = firstSize;
	while (entries > size * loadFactor) size *= 2;
	return size;
}

/** The place of a hash, 32 bits, in a table of a size: the upper bits count, too. */
export function bucketOf(hash: number, size: number): number {
	return (hash ^ (hash >>> 16)) & (size - 1);
}
