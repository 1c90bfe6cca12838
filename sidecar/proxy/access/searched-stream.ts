/** Bytes at the end of a part that are searched once more with the next one: no name is longer. */
const overlap = 1_024;

/**
 * A body whose beginning was read, part by part, and whose rest is searched while it passes.
 *
 * @param search called with what follows the beginning, before that is handed on; what it throws ends the stream
 */
export async function* searchedStream(
	beginning: Buffer,
	rest: AsyncIterable<Buffer>,
	search: (part: Buffer) => void,
): AsyncGenerator<Buffer> {
	yield beginning;
	let end = beginning.subarray(-overlap);
	for await (const part of rest) {
		const searched = Buffer.concat([end, part]);
		search(searched);
		yield part;
		end = searched.subarray(-overlap);
	}
}
