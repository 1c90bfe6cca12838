/**
 * How many chunks the strings of one document may still become. Every string that is still to come gets one at least,
 * with all of it, however small the limit is.
 */
export class ChunkRoom {
	#left: number | undefined;
	#strings: number;

	/**
	 * @param limit chunks of all strings together; undefined where there is no limit
	 * @param strings how many strings that are not empty will be cut
	 */
	constructor(limit: number | undefined, strings: number) {
		this.#left = limit;
		this.#strings = strings;
	}

	/** Whether the next chunk of the string that is being cut, after so many, has to be all that is left of it. */
	isLast(chunks: number): boolean {
		return this.#left !== undefined && chunks + this.#strings >= this.#left;
	}

	/** A string has been cut into so many. */
	take(chunks: number): void {
		this.#strings--;
		if (this.#left !== undefined) this.#left -= chunks;
	}
}
