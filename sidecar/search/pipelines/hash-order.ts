/** How many entries Java's `HashMap` begins with room for, and how full it may become. */
const firstCapacity = 16;
const loadFactor = 0.75;

/**
 * Names in the order in which OpenSearch finds them in a JSON object, which is that of Java's `HashMap`: its messages
 * list them so.
 *
 * @param names all that the object had, as they were put in
 */
export function inHashOrder(names: readonly string[]): string[] {
	let capacity = firstCapacity;
	while (names.length > capacity * loadFactor) capacity *= 2;
	const place = new Map(
		names.map((name) => {
			const hash = hashCode(name);
			return [name, (hash ^ (hash >>> 16)) & (capacity - 1)];
		}),
	);
	return [...names].sort((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0));
}

/** Java's `String.hashCode`: over UTF-16 units, in 32 bits. */
function hashCode(text: string): number {
	let hash = 0;
	for (let index = 0; index < text.length; index++)
		hash = (Math.imul(31, hash) + text.charCodeAt(index)) | 0;
	return hash;
}
