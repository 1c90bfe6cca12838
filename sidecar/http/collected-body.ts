const nothing = Buffer.alloc(0);

/**
 * The bytes of a body that is read whole, in one piece of memory that grows with them to twice their size at most. The
 * pieces that a body arrives in are not kept: a single byte of one can hold the 64 KiB that it was read into. A first
 * one that fills its memory is: most bodies are such a piece.
 */
export class CollectedBody {
	readonly #take: (bytes: number) => void;
	#memory: Buffer = nothing;
	#length = 0;

	/** @param take told of memory that is needed; what it throws, `append` throws */
	constructor(take: (bytes: number) => void) {
		this.#take = take;
	}

	get length(): number {
		return this.#length;
	}

	/** What was appended so far. */
	get bytes(): Buffer {
		return this.#length === this.#memory.length
			? this.#memory
			: this.#memory.subarray(0, this.#length);
	}

	append(piece: Uint8Array): void {
		if (this.#length === 0 && fillsMemory(piece)) {
			this.#take(piece.length);
			this.#memory = piece;
			this.#length = piece.length;
			return;
		}
		const needed = this.#length + piece.length;
		if (needed > this.#memory.length) {
			const size = Math.max(needed, 2 * this.#memory.length);
			this.#take(size - this.#memory.length);
			const grown = Buffer.allocUnsafeSlow(size);
			if (this.#length > 0) this.bytes.copy(grown);
			this.#memory = grown;
		}
		this.#memory.set(piece, this.#length);
		this.#length = needed;
	}
}

function fillsMemory(piece: Uint8Array): piece is Buffer {
	return Buffer.isBuffer(piece) && piece.length === piece.buffer.byteLength;
}
