/** For so long after two texts were there at once none is taken for one that comes alone, milliseconds. */
const crowdedMs = 250;

/**
 * What is seen so soon after a run on the thread that schedules had come while it lasted, milliseconds: nobody is answered and
 * asks again as quickly.
 */
const unseenMs = 0.25;

/**
 * Whether texts come one at a time, each when the one before it has been answered. Where several clients ask at once, a run
 * by several threads would be in the way of the next text, though none may be seen to wait when it begins.
 */
export class Solitude {
	#crowdedUntil = Number.NEGATIVE_INFINITY;
	#unseenUntil = Number.NEGATIVE_INFINITY;

	/**
	 * A text has come.
	 *
	 * @param now milliseconds, of a clock that never goes back
	 * @param others whether another one is not answered yet
	 */
	came(now: number, others: boolean): void {
		if (others || now < this.#unseenUntil) this.#crowdedUntil = now + crowdedMs;
	}

	/** A run has ended in which no text could be seen to come. */
	sawNothing(now: number): void {
		this.#unseenUntil = now + unseenMs;
	}

	isAlone(now: number): boolean {
		return now >= this.#crowdedUntil;
	}
}
