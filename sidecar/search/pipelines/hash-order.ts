import { bucketOf, tableSize } from "../java-hash.ts";

/**
 * Names in the order in which OpenSearch finds them in a JSON object, which is that of Java's `HashMap`: its messages
 * list them so.
 *
 * @param names all that the object had, as they were put in
 */
export function inHashOrder(names: readonly string[]): string[] {
	const size = tableSize(names.length);
	const place = new Map(
		names.map((name) => [name, bucketOf(hashCode(name), size)]),
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
