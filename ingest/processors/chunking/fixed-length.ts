import type { FixedCharLength, FixedTokenLength } from "./algorithm.ts";
import type { ChunkRoom } from "./chunk-room.ts";

/** Cuts a text into chunks of as many UTF-16 code units; the last one may be shorter. */
export function chunksOfChars(
	text: string,
	{ charLimit, overlapRate }: FixedCharLength,
	room: ChunkRoom,
): string[] {
	const step = charLimit - Math.floor(charLimit * overlapRate);
	const chunks: string[] = [];
	for (let start = 0; start < text.length; start += step) {
		const end = start + charLimit;
		if (end >= text.length || room.isLast(chunks.length)) {
			chunks.push(text.slice(start));
			break;
		}
		chunks.push(text.slice(start, end));
	}
	return chunks;
}

/**
 * Cuts a text into chunks of as many tokens; what stands between two tokens belongs to the first of them, and what stands
 * before them all to the first chunk. A text without tokens has no chunks.
 *
 * @param starts where the text's tokens begin, in UTF-16 code units
 */
export function chunksOfTokens(
	{ text, starts }: { text: string; starts: readonly number[] },
	{ tokenLimit, overlapRate }: FixedTokenLength,
	room: ChunkRoom,
): string[] {
	const step = tokenLimit - Math.floor(tokenLimit * overlapRate);
	const chunks: string[] = [];
	for (let first = 0; first < starts.length; first += step) {
		const start = first === 0 ? 0 : starts[first];
		const end = starts[first + tokenLimit];
		if (end === undefined || room.isLast(chunks.length)) {
			chunks.push(text.slice(start));
			break;
		}
		chunks.push(text.slice(start, end));
	}
	return chunks;
}
