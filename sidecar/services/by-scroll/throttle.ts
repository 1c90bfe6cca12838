import { setTimeout } from "node:timers/promises";

/** The longest that a timer can wait, milliseconds. */
const longestMs = 2 ** 31 - 1;

/** Holds a reindex back, so that it writes so many documents a second and no more. */
export class Throttle {
	readonly #now: () => number;
	readonly #ended: AbortSignal;
	#rate: number;
	#changed = new AbortController();
	#until: number | undefined;
	#heldMs = 0;

	/**
	 * @param rate documents a second; infinite for as many as can be
	 * @param ended nothing is held back any more
	 */
	constructor(
		rate: number,
		{ now, ended }: { now: () => number; ended: AbortSignal },
	) {
		this.#rate = rate;
		this.#now = now;
		this.#ended = ended;
	}

	get rate(): number {
		return this.#rate;
	}

	/** A wait that is under way is made shorter by it, and never longer: the scroll is kept for no longer than was said. */
	set rate(rate: number) {
		this.#rate = rate;
		this.#changed.abort();
		this.#changed = new AbortController();
	}

	/** How long it has held back in all, milliseconds. */
	get heldMs(): number {
		return Math.round(this.#heldMs);
	}

	/** For how long it still will, milliseconds. */
	get remainingMs(): number {
		return this.#until === undefined
			? 0
			: Math.max(0, Math.round(this.#until - this.#now()));
	}

	/** How long to wait with the next documents, milliseconds, after so many that were begun at a moment. */
	delay(begunAt: number, documents: number): number {
		return this.#delayAt(this.#now(), begunAt, documents);
	}

	#delayAt(moment: number, begunAt: number, documents: number): number {
		const due = begunAt + (documents / this.#rate) * 1_000;
		return Math.max(0, due - moment);
	}

	/** Waits as long as {@link delay} says. */
	async hold(begunAt: number, documents: number): Promise<void> {
		const start = this.#now();
		let until = Number.POSITIVE_INFINITY;
		while (!this.#ended.aborted) {
			until = Math.min(until, start + this.#delayAt(start, begunAt, documents));
			const from = this.#now();
			const ms = until - from;
			if (ms <= 0) break;
			this.#until = until;
			const signal = AbortSignal.any([this.#ended, this.#changed.signal]);
			await setTimeout(Math.min(Math.ceil(ms), longestMs), undefined, {
				signal,
			}).catch(() => undefined);
			this.#heldMs += this.#now() - from;
		}
		this.#until = undefined;
	}
}
