import { Readable } from "node:stream";
import { CollectedBody } from "../../http/collected-body.ts";

/** Bytes at the end of a part that are searched once more with the next one: no name is longer. */
const overlap = 1_024;

/** A stream whose beginning is read first, and whose rest is searched while it passes. */
export class SearchedStream {
	readonly #source: AsyncIterable<Buffer>;
	readonly #parts: AsyncIterator<Buffer>;
	#ended = false;

	constructor(source: AsyncIterable<Buffer>) {
		this.#source = source;
		// By hand: a loop that is left destroys what it iterates over.
		this.#parts = source[Symbol.asyncIterator]();
	}

	/** Whether all of it has been read. */
	get ended(): boolean {
		return this.#ended;
	}

	/**
	 * The whole of it or, past a number of bytes, its beginning.
	 *
	 * @param take told of the memory that is needed; what it throws ends the reading
	 */
	async upTo(bytes: number, take: (bytes: number) => void): Promise<Buffer> {
		const body = new CollectedBody(take);
		while (body.length <= bytes) {
			const { done, value } = await this.#parts.next();
			if (done) {
				this.#ended = true;
				break;
			}
			body.append(value);
		}
		return body.bytes;
	}

	/** Gives up what was not read. */
	leave(): void {
		if (this.#source instanceof Readable) this.#source.destroy();
	}

	/**
	 * All of it again, part by part.
	 *
	 * @param beginning what {@link upTo} read
	 * @param search called with what follows, before that is handed on; what it throws ends the stream
	 */
	async *rest(
		beginning: Buffer,
		search: (part: Buffer) => void,
	): AsyncGenerator<Buffer> {
		yield beginning;
		let end = beginning.subarray(-overlap);
		for (;;) {
			const { done, value } = await this.#parts.next();
			if (done) return;
			const searched = Buffer.concat([end, value]);
			search(searched);
			yield value;
			end = searched.subarray(-overlap);
		}
	}
}
