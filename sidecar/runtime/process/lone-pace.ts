/** What is known of texts of about one length. */
interface Known {
	/** Whether several threads run them now. */
	isWide: boolean;
	/** Runs in this way since it was chosen. */
	runs: number;
	/** Whether it was chosen to see how long it takes. */
	isTrial: boolean;
	/** Runs until the other way is tried again. */
	until: number;
	/** Usual time of a run, microseconds; undefined before it has been tried. */
	narrow?: number;
	wide?: number;
}

/** What one run changes of what is known. */
const weight = 0.2;

/** Several threads have to be noticeably quicker, since they take processors from others. */
const gain = 0.9;

/** Runs of a trial; of those the first are not counted, since caches and threads are cold. */
const trialRuns = 10;
const coldRuns = 4;

/**
 * Runs after which the other way is tried again: soon at first, since code that is new is slow, and later seldom, since what
 * else the machine does may have changed.
 */
const firstUntil = 32;
const lastUntil = 512;

/**
 * Whether a text that is run alone is run quicker by several threads than by one, learned from runs: for short texts, on
 * a machine that is busy with something else, or where threads share a core, it may not be.
 */
export class LonePace {
	/** By length, two classes for each power of two. */
	readonly #known = new Map<number, Known>();

	prefersWide(tokens: number): boolean {
		return this.#knownOf(tokens).isWide;
	}

	ran(tokens: number, micros: number, isWide: boolean): void {
		const known = this.#knownOf(tokens);
		if (known.isWide !== isWide) return;
		known.runs++;
		const way = isWide ? "wide" : "narrow";
		if (known.runs > coldRuns) {
			// A trial begins with what it finds itself.
			const isFirst = known.isTrial && known.runs === coldRuns + 1;
			const before = isFirst ? micros : (known[way] ?? micros);
			known[way] = before + weight * (micros - before);
		}
		if (known.isTrial) {
			if (known.runs >= trialRuns) this.#choose(known);
		} else if (known.runs >= known.until || isDisappointing(known)) {
			tryOther(known);
		}
	}

	/** After both have been tried the quicker way. */
	#choose(known: Known): void {
		const { narrow, wide } = known;
		if (narrow === undefined || wide === undefined) {
			tryOther(known);
			return;
		}
		known.isWide = wide < gain * narrow;
		known.isTrial = false;
		known.runs = 0;
		known.until = Math.min(lastUntil, 2 * known.until);
	}

	#knownOf(tokens: number): Known {
		const length = Math.round(2 * Math.log2(tokens));
		let known = this.#known.get(length);
		if (known === undefined) {
			known = { isWide: false, runs: 0, isTrial: true, until: firstUntil };
			this.#known.set(length, known);
		}
		return known;
	}
}

/** Whether the way that was chosen is no longer the quicker one, as far as is known. */
function isDisappointing({ isWide, runs, narrow, wide }: Known): boolean {
	if (runs < trialRuns || narrow === undefined || wide === undefined)
		return false;
	return isWide ? wide > narrow : gain * narrow > wide;
}

function tryOther(known: Known): void {
	known.isWide = !known.isWide;
	known.isTrial = true;
	known.runs = 0;
}
