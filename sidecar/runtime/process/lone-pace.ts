/** What is known of texts of about one length. */
interface Known {
	/** How they are run now. */
	way: number;
	/** Runs in this way since it was chosen. */
	runs: number;
	/** Ways that are still to be tried before the next choice; undefined where one is chosen. */
	untried: number[] | undefined;
	/** Runs until the other ways are tried again. */
	until: number;
	/** Usual time of a run in each way, microseconds; undefined before it has been tried. */
	times: (number | undefined)[];
}

/** What one run changes of what is known. */
const weight = 0.2;

/** More threads have to be noticeably quicker, since they take processors from others. */
const gainOfThreads = 0.9;

/** Runs of a trial; of those the first are not counted, since caches and threads are cold. */
const trialRuns = 10;
const coldRuns = 4;

/**
 * Runs after which the other ways are tried again: soon at first, since code that is new is slow, and later seldom, since
 * what else the machine does may have changed.
 */
const firstUntil = 32;
const lastUntil = 512;

/**
 * How a text that is run alone is run quickest, learned from runs: by an allocation, which is another thread, or by one of the
 * sessions for such texts. Several threads may not be quicker for short texts, for a small model, on a machine that is busy
 * with something else, or where they share a core.
 */
export class LonePace {
	/** By length, two classes for each power of two. */
	readonly #known = new Map<number, Known>();
	readonly #threads: readonly number[];

	/** @param threads of each way, the allocation's first */
	constructor(threads: readonly number[]) {
		this.#threads = threads;
	}

	/** Which way is to be taken, 0 for an allocation. */
	wayFor(tokens: number): number {
		return this.#knownOf(tokens).way;
	}

	/** @param micros until the output was there, with the way to another thread and back */
	ran(tokens: number, micros: number, way: number): void {
		const known = this.#knownOf(tokens);
		if (known.way !== way) return;
		known.runs++;
		if (known.runs > coldRuns) {
			// A trial begins with what it finds itself.
			const isFirst = known.untried && known.runs === coldRuns + 1;
			const before = isFirst ? micros : (known.times[way] ?? micros);
			known.times[way] = before + weight * (micros - before);
		}
		if (known.untried) {
			if (known.runs >= trialRuns) this.#tryNext(known, known.untried);
		} else if (known.runs >= known.until || this.#isDisappointing(known)) {
			this.#tryNext(known, this.#others(way));
		}
	}

	#tryNext(known: Known, [next, ...untried]: readonly number[]): void {
		known.runs = 0;
		known.untried = untried;
		if (next === undefined) this.#choose(known);
		else known.way = next;
	}

	/** After all have been tried the quickest way. */
	#choose(known: Known): void {
		let chosen = 0;
		for (const way of this.#others(chosen))
			if (this.#isBetter(known, way, chosen)) chosen = way;
		known.way = chosen;
		known.untried = undefined;
		known.until = Math.min(lastUntil, 2 * known.until);
	}

	/** Whether the way that was chosen is no longer the quickest one, as far as is known. */
	#isDisappointing(known: Known): boolean {
		return (
			known.runs >= trialRuns &&
			this.#others(known.way).some((way) =>
				this.#isBetter(known, way, known.way),
			)
		);
	}

	#isBetter({ times }: Known, way: number, than: number): boolean {
		const [mine = Number.POSITIVE_INFINITY, other = Number.POSITIVE_INFINITY] =
			[times[way], times[than]];
		const [threads = 1, others = 1] = [this.#threads[way], this.#threads[than]];
		return mine < (threads > others ? gainOfThreads : 1) * other;
	}

	#others(way: number): number[] {
		return [...this.#threads.keys()].filter((other) => other !== way);
	}

	#knownOf(tokens: number): Known {
		const length = Math.round(2 * Math.log2(tokens));
		let known = this.#known.get(length);
		if (known === undefined) {
			known = {
				way: 0,
				runs: 0,
				untried: this.#others(0),
				until: firstUntil,
				times: [],
			};
			this.#known.set(length, known);
		}
		return known;
	}
}
