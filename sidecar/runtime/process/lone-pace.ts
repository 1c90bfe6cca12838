/** What is known of texts of about one length, microseconds; undefined before the first run. */
interface Times {
	narrow?: number;
	wide?: number;
	/** Questions since both were known. */
	asked: number;
}

/** What one run changes of what is known. */
const weight = 0.2;

/** Several threads have to be noticeably quicker, since they take processors from others. */
const gain = 0.9;

/** In one of so many runs the other way is tried, since what else the machine does may have changed. */
const trials = 128;

/**
 * Whether a text that is run alone is run quicker by several threads than by one, learned from runs: for short texts, on
 * a machine that is busy with something else, or where threads share a core, it may not be.
 */
export class LonePace {
	/** By length, two classes for each power of two. */
	readonly #times = new Map<number, Times>();

	prefersWide(tokens: number): boolean {
		const times = this.#timesOf(tokens);
		const { narrow, wide } = times;
		if (narrow === undefined) return false;
		if (wide === undefined) return true;
		times.asked++;
		const isQuicker = wide < gain * narrow;
		return times.asked % trials === 0 ? !isQuicker : isQuicker;
	}

	ran(tokens: number, micros: number, isWide: boolean): void {
		const times = this.#timesOf(tokens);
		const way = isWide ? "wide" : "narrow";
		const known = times[way] ?? micros;
		times[way] = known + weight * (micros - known);
	}

	#timesOf(tokens: number): Times {
		const length = Math.round(2 * Math.log2(tokens));
		const times = this.#times.get(length) ?? { asked: 0 };
		this.#times.set(length, times);
		return times;
	}
}
