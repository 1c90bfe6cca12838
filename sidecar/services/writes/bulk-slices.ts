import { Readable } from "node:stream";
import type { PreparedItem } from "./ingest.ts";

/** A part of a bulk that is sent on in a request of its own. */
export interface BulkSlice {
	/** In their order; of a body that is a stream, those before what can't be told apart. */
	readonly items: readonly PreparedItem[];
	/** The lines of those that are sent. */
	readonly body: Buffer | Readable;
	/** Nothing follows. */
	readonly last: boolean;
}

export interface SliceLimits {
	/** A slice ends at this size; a larger item is one by itself. */
	bytes: number;
	/** Each has a result of some hundred bytes in an answer that is read whole. */
	items: number;
}

/**
 * Cuts what is ready to be sent into slices. From an item on that is no action, everything is one stream: OpenSearch
 * refuses it, or knows better what it is.
 */
export async function* slicesOf(
	groups: AsyncIterable<readonly PreparedItem[]>,
	limits: SliceLimits,
): AsyncGenerator<BulkSlice> {
	const source = groups[Symbol.asyncIterator]();
	let streams = false;
	let open = new OpenSlice();
	/** Complete, but what follows it has not been seen yet. */
	let complete: OpenSlice | undefined;
	try {
		for await (const group of leftOpen(source))
			for (const [at, item] of group.entries()) {
				const size = sizeOf(item);
				const alone = item.unreadable || open.unreadable;
				const full =
					open.bytes + size > limits.bytes || open.items.length >= limits.items;
				if (open.items.length > 0 && (alone || full)) {
					if (complete) yield complete.close(false);
					complete = open;
					open = new OpenSlice();
				}
				if (item.item.action === undefined && !isBlank(item)) {
					if (complete) yield complete.close(false);
					streams = true;
					const rest = streamed(open, group.slice(at), source);
					const body = Readable.from(rest, { objectMode: false });
					// One that nobody begins to read is closed without a word to its source.
					body.once("close", () => void source.return?.());
					yield { items: open.items, body, last: true };
					return;
				}
				open.add(item, size);
			}
	} finally {
		if (!streams) await source.return?.();
	}
	if (open.isEmpty && complete) {
		yield complete.close(true);
		return;
	}
	if (complete) yield complete.close(false);
	yield open.close(true);
}

/** A loop that is left ends what it iterates over; this goes on where it was left. */
function leftOpen<T>(source: AsyncIterator<T>): AsyncIterable<T> {
	return { [Symbol.asyncIterator]: () => ({ next: () => source.next() }) };
}

/** Items that are gathered for a request; in memory at most the limit and one item more. */
class OpenSlice {
	readonly items: PreparedItem[] = [];
	readonly lines = new Lines();
	bytes = 0;
	unreadable = false;

	add(item: PreparedItem, size: number): void {
		if (item.item.action) this.items.push(item);
		this.bytes += size;
		this.unreadable ||= item.unreadable;
		if (item.held) return;
		for (const line of item.lines) this.lines.add(line);
	}

	/** Nothing but blank lines. */
	get isEmpty(): boolean {
		return this.items.length === 0;
	}

	close(last: boolean): BulkSlice {
		// Only the last line of the whole body is to be as it came, whatever OpenSearch makes of that.
		if (!last) this.lines.end();
		const body = Buffer.concat(this.lines.pieces);
		return { items: this.items, body, last };
	}
}

const lineBreak = 0x0a;
const newLine = Buffer.from("\n");

/** Lines one behind the other. Those that stand so in memory, as they came, are one piece. */
class Lines {
	readonly #pieces: Piece[] = [];
	#last: Piece | undefined;
	/** Whether the last line, if there is one, has its line break. */
	#ended = true;

	add(line: Buffer): void {
		// The last line of a body may have no end, and may now be followed by another one.
		this.end();
		const { buffer, byteOffset: start, length } = line;
		const last = this.#last;
		if (last?.end === start && last.buffer === buffer) last.end += length;
		else {
			this.#last = { buffer, start, end: start + length };
			this.#pieces.push(this.#last);
		}
		this.#ended = line[length - 1] === lineBreak;
	}

	/** Has the last line end in a line break. */
	end(): void {
		if (this.#ended) return;
		this.#ended = true;
		this.add(newLine);
	}

	get pieces(): Buffer[] {
		return this.#pieces.map(({ buffer, start, end }) =>
			Buffer.from(buffer, start, end - start),
		);
	}
}

interface Piece {
	readonly buffer: ArrayBufferLike;
	readonly start: number;
	/** The byte behind it. */
	end: number;
}

async function* streamed(
	open: OpenSlice,
	group: readonly PreparedItem[],
	rest: AsyncIterator<readonly PreparedItem[]>,
): AsyncGenerator<Buffer> {
	try {
		yield* open.lines.pieces;
		for (const { lines } of group) yield* lines;
		for await (const next of leftOpen(rest))
			for (const { lines } of next) yield* lines;
	} finally {
		// A stream that nobody reads to its end.
		await rest.return?.();
	}
}

function isBlank({ lines }: PreparedItem): boolean {
	return lines.every((line) => line.toString("latin1").trim() === "");
}

function sizeOf({ lines }: PreparedItem): number {
	let bytes = 0;
	for (const line of lines) bytes += line.length;
	return bytes;
}
