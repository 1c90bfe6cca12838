import { type Lane, Lanes } from "../lanes.ts";
import type { ModelInput } from "../model-result.ts";
import type { TextTokenizer, TokenizedText } from "../tokenizer.ts";
import type { Runner, TimedOutput } from "./runner.ts";

/** One input to run. */
export interface Job {
	id: number;
	lane: Lane;
	input: ModelInput;
}

/** What came of a job, and the tokens that were run for it. */
export interface FinishedRun extends TimedOutput {
	tokens: TokenizedText;
}

interface Ready {
	job: Job;
	tokens: TokenizedText;
}

export interface SchedulerParts {
	tokenizer: Pick<TextTokenizer, "encode">;
	/** Those that are there at the beginning. */
	runners: readonly Runner[];
	onRun: (job: Job, run: FinishedRun) => void;
	onFailure: (job: Job, error: unknown) => void;
}

/**
 * Inputs tokenised at a time in one lane. The library works on threads of libuv's pool, of which there are
 * four: neither lane can take all of them, so that a long document does not hold up a query.
 */
const tokenizing = 2;

/**
 * Brings inputs to what runs them: two lanes, first in, first out, search first. A run takes one input, so a
 * query waits for the end of one run at most. Tokenising happens beside the runs and a little ahead of them.
 */
export class Scheduler {
	readonly #parts: SchedulerParts;
	readonly #runners: Runner[];
	readonly #waiting = new Lanes<Job>();
	readonly #ready = new Lanes<Ready>();
	readonly #tokenizing: Record<Lane, Set<number>> = {
		search: new Set(),
		ingest: new Set(),
	};
	/** Of those that are being tokenised. */
	readonly #cancelled = new Set<number>();

	constructor(parts: SchedulerParts) {
		this.#parts = parts;
		this.#runners = [...parts.runners];
	}

	/** Another one that runs inputs from now on, and at once if some wait. */
	add(runner: Runner): void {
		this.#runners.push(runner);
		this.#runNext();
		this.#tokenizeNext("search");
		this.#tokenizeNext("ingest");
	}

	submit(job: Job): void {
		this.#waiting.push(job.lane, job.id, job);
		this.#tokenizeNext(job.lane);
	}

	/** Drops an input that has not begun to run; one that runs is finished and answered. */
	cancel(id: number): void {
		const { search, ingest } = this.#tokenizing;
		if (search.has(id) || ingest.has(id)) this.#cancelled.add(id);
		this.#waiting.delete(id);
		const ready = this.#ready.delete(id);
		if (ready !== undefined) this.#tokenizeNext(ready.job.lane);
	}

	/** Tokenises while a runner may soon want more in this lane. */
	#tokenizeNext(lane: Lane): void {
		const running = this.#tokenizing[lane];
		const ahead = 2 * this.#runners.length;
		while (
			running.size < tokenizing &&
			running.size + this.#ready.sizeOf(lane) < ahead
		) {
			const job = this.#waiting.take(lane);
			if (job === undefined) return;
			running.add(job.id);
			void this.#tokenize(job);
		}
	}

	async #tokenize(job: Job): Promise<void> {
		const { lane, id } = job;
		try {
			const tokens = await this.#parts.tokenizer.encode(job.input);
			if (!this.#dropped(job)) this.#ready.push(lane, id, { job, tokens });
		} catch (error) {
			if (!this.#dropped(job)) this.#parts.onFailure(job, error);
		}
		this.#tokenizeNext(job.lane);
		this.#runNext();
	}

	#dropped({ id, lane }: Job): boolean {
		this.#tokenizing[lane].delete(id);
		return this.#cancelled.delete(id);
	}

	#runNext(): void {
		for (const runner of this.#runners) {
			if (!runner.idle) continue;
			const ready = this.#ready.take();
			if (ready === undefined) return;
			void this.#run(runner, ready);
			this.#tokenizeNext(ready.job.lane);
		}
	}

	async #run(runner: Runner, { job, tokens }: Ready): Promise<void> {
		try {
			const timed = await runner.run(tokens);
			// The runner first: what answering costs is then time it already works in.
			this.#runNext();
			this.#parts.onRun(job, { ...timed, tokens });
		} catch (error) {
			this.#runNext();
			this.#parts.onFailure(job, error);
		}
	}
}
