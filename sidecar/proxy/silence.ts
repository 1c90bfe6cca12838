/**
 * Measures how long OpenSearch has been silent while it was its turn: to take more of the body, to answer, or
 * to go on with its answer. Time in which the client is the slow side does not count.
 */
export class Silence {
	readonly #timer: NodeJS.Timeout;
	#owed = true;

	/**
	 * It is OpenSearch's turn at first.
	 *
	 * @param timeoutMs of silence until `tooLong` is called, once
	 */
	constructor(timeoutMs: number, tooLong: () => void) {
		this.#timer = setTimeout(() => {
			if (this.#owed) tooLong();
			else this.#timer.refresh();
		}, timeoutMs);
	}

	/** Time counts from now on; the turn stays. */
	restart(): void {
		this.#timer.refresh();
	}

	/** It is OpenSearch's turn, from now on. */
	awaitOpenSearch(): void {
		this.#owed = true;
		this.#timer.refresh();
	}

	/** It is the client's turn. */
	awaitClient(): void {
		this.#owed = false;
	}

	stop(): void {
		clearTimeout(this.#timer);
	}
}
