import type { Delimiter } from "./algorithm.ts";
import type { ChunkRoom } from "./chunk-room.ts";

/** Cuts a text behind each delimiter. */
export function delimitedChunks(
	text: string,
	{ delimiter }: Delimiter,
	room: ChunkRoom,
): string[] {
	const chunks: string[] = [];
	let start = 0;
	for (
		let found = text.indexOf(delimiter);
		found !== -1 && !room.isLast(chunks.length);
		found = text.indexOf(delimiter, start)
	) {
		const end = found + delimiter.length;
		chunks.push(text.slice(start, end));
		start = end;
	}
	if (start < text.length) chunks.push(text.slice(start));
	return chunks;
}
