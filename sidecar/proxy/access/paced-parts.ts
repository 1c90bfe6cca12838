import { setImmediate } from "node:timers/promises";

/** Bytes of a part that is looked at in one go: as many lines as that, at worst, are a few milliseconds of work. */
const partBytes = 16_384;

/**
 * The same bytes in parts of a bounded size. Between two parts other requests have their turn: what has arrived
 * already comes without a wait, and a body that costs much to look at would have the process for itself.
 */
export async function* pacedParts(
	source: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
	for await (const piece of source)
		for (let start = 0; start < piece.length; start += partBytes) {
			yield piece.subarray(start, start + partBytes);
			await setImmediate();
		}
}
