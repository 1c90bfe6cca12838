import { type Lane, Lanes, lanes } from "../lanes.ts";
import type { ModelInput, RunOutput } from "../model-result.ts";
import type { RunTimes } from "../result-frame.ts";
import type { TextTokenizer, TokenizedText } from "../tokenizer.ts";
import { alone, type Grouping } from "./grouping.ts";
import { LaneTurns } from "./lane-turns.ts";
import { longestChecked } from "./lone-check.ts";
import { LonePace } from "./lone-pace.ts";
import type { Runner } from "./runner.ts";
import { Solitude } from "./solitude.ts";

/** One input to run. */
export interface Job {
	id: number;
	lane: Lane;
	input: ModelInput;
}

/** What came of a job, and the tokens that were run for it. */
export interface FinishedRun {
	output: RunOutput;
	times: RunTimes;
	tokens: TokenizedText;
}

/** A job whose tokens are there. */
interface Ready {
	job: Job;
	tokens: TokenizedText;
	tokenizeMicros: number;
	/** It failed together with others, which may not be its own fault. */
	alone?: boolean;
}

export interface SchedulerParts {
	tokenizer: Pick<TextTokenizer, "encode">;
	/** Those that are there at the beginning. */
	runners: readonly Runner[];
	onRun: (job: Job, run: FinishedRun) => void;
	onFailure: (job: Job, error: unknown) => void;
	/** No more threads run than `allow` said; told once for every call. */
	onAllowed?: () => void;
}

/**
 * Inputs tokenised at a time in one lane. The library works on threads of libuv's pool, of which there are
 * four: neither lane can take all of them, so that a long document does not hold up a query.
 */
const tokenizing = 2;

/**
 * Inputs of a lane whose tokens wait for a run, for each runner: where texts of equal length are looked for, some of each
 * length have to be there.
 */
const aheadAlone = 2;
const aheadGrouped = 32;

/** What is run together, or by all threads, takes no longer than this, so that a search that comes waits no longer, microseconds. */
const longestGroup = 25_000;

/** Ingest leaves a runner to searches until none has come for so long, milliseconds. */
const searchedMs = 1_000;

/** What one run changes of a token's usual time. */
const weight = 0.1;

/**
 * Brings inputs to what runs them: two lanes, first in, first out, search first. A run takes one input, or several of one
 * lane and equal length, so a query waits for the end of one run at most. Tokenising happens beside the runs and
 * a little ahead of them.
 */
export class Scheduler {
	readonly #parts: SchedulerParts;
	#grouping: Grouping = alone;
	readonly #runners: Set<Runner>;
	readonly #waiting = new Lanes<Job>();
	readonly #ready = new Lanes<Ready>();
	readonly #tokenizing: Record<Lane, Set<number>> = {
		search: new Set(),
		ingest: new Set(),
	};
	/** Of those that are being tokenised. */
	readonly #cancelled = new Set<number>();
	readonly #promoted = new Set<number>();
	readonly #turns = new LaneTurns();
	#lonePace = new LonePace([]);
	readonly #solitude = new Solitude();
	/** They run a text that is alone. */
	#lone: readonly Runner[] = [];
	/** When each run began, on `performance.now()`'s clock. */
	readonly #running = new Map<Runner, { since: number; lane: Lane }>();
	/** Who waits for the end of a runner that is in its last run. */
	readonly #leaving = new Map<Runner, () => void>();
	#allowed = Number.POSITIVE_INFINITY;
	#isTold = true;
	#searchedAt = Number.NEGATIVE_INFINITY;
	#microsPerToken = 0;

	constructor(parts: SchedulerParts) {
		this.#parts = parts;
		this.#runners = new Set(parts.runners);
	}

	/** Since when the longest of the present runs goes on, on `performance.now()`'s clock. */
	get runningSince(): number | undefined {
		let first: number | undefined;
		for (const { since } of this.#running.values())
			first = Math.min(since, first ?? since);
		return first;
	}

	/** Another one that runs inputs from now on, and at once if some wait. */
	add(runner: Runner): void {
		this.#runners.add(runner);
		this.#proceed();
	}

	/** What may be run together, from now on. */
	set grouping(grouping: Grouping) {
		this.#grouping = grouping;
		for (const lane of lanes) this.#tokenizeNext(lane);
	}

	/** What may run a text that comes alone, on this thread, where that is quicker; the first has an allocation's threads. */
	set lone(runners: readonly Runner[]) {
		this.#lone = runners;
		const threads = runners.map((runner) => runner.threads);
		this.#lonePace = new LonePace([...threads.slice(0, 1), ...threads]);
	}

	/** Gives a runner nothing more; resolves when it has ended its run. */
	async remove(runner: Runner): Promise<void> {
		this.#runners.delete(runner);
		if (!this.#running.has(runner)) return;
		await new Promise<void>((resolve) => this.#leaving.set(runner, resolve));
	}

	/** How many threads may run at a time. A run that has more by itself may go on alone. */
	allow(processors: number): void {
		this.#allowed = processors;
		this.#isTold = false;
		this.#sayAllowed();
		this.#proceed();
	}

	submit(job: Job): void {
		this.#solitude.came(performance.now(), this.#isBusy);
		this.#waiting.push(job.lane, job.id, job);
		this.#tokenizeNext(job.lane);
	}

	/** Drops an input that has not begun to run; one that runs is finished and answered. */
	cancel(id: number): void {
		if (this.#isTokenizing(id)) this.#cancelled.add(id);
		this.#waiting.delete(id);
		const ready = this.#ready.delete(id);
		if (ready !== undefined) this.#tokenizeNext(ready.job.lane);
	}

	/** Moves an input that has not begun to run to the search lane. */
	promote(id: number): void {
		if (this.#isTokenizing(id)) this.#promoted.add(id);
		const waiting = this.#waiting.delete(id);
		if (waiting !== undefined) this.submit({ ...waiting, lane: "search" });
		const ready = this.#ready.delete(id);
		if (ready === undefined) return;
		const job: Job = { ...ready.job, lane: "search" };
		this.#ready.push("search", id, { ...ready, job });
		this.#proceed();
	}

	#isTokenizing(id: number): boolean {
		return lanes.some((lane) => this.#tokenizing[lane].has(id));
	}

	#proceed(): void {
		this.#runNext();
		for (const lane of lanes) this.#tokenizeNext(lane);
	}

	/** Tokenises while a runner may soon want more in this lane. */
	#tokenizeNext(lane: Lane): void {
		const running = this.#tokenizing[lane];
		const forEach = this.#grouping.texts > 1 ? aheadGrouped : aheadAlone;
		const ahead = forEach * Math.max(1, this.#runners.size);
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
		const start = performance.now();
		try {
			const tokens = await this.#parts.tokenizer.encode(job.input);
			const tokenizeMicros = microsSince(start);
			const wanted = this.#stillWanted(job);
			if (wanted !== undefined) {
				const ready = { job: wanted, tokens, tokenizeMicros };
				this.#ready.push(wanted.lane, wanted.id, ready);
			}
		} catch (error) {
			const wanted = this.#stillWanted(job);
			if (wanted !== undefined) this.#parts.onFailure(wanted, error);
		}
		this.#tokenizeNext(job.lane);
		this.#runNext();
	}

	/** What is asked of a job now that it is tokenised. */
	#stillWanted(job: Job): Job | undefined {
		this.#tokenizing[job.lane].delete(job.id);
		const promoted = this.#promoted.delete(job.id);
		if (this.#cancelled.delete(job.id)) return undefined;
		return promoted ? { ...job, lane: "search" } : job;
	}

	#runNext(): void {
		if (this.#runLone()) return;
		for (const runner of this.#runners) {
			if (this.#running.has(runner)) continue;
			if (!this.#mayUse(runner.threads)) return;
			const lane = this.#nextLane();
			if (lane === undefined) return;
			const group = this.#takeGroup(lane);
			if (group.length === 0) return;
			void this.#run(runner, lane, group);
			this.#tokenizeNext(lane);
		}
	}

	/** Runs a text that is alone in the process on this thread, if it is short and that is quicker. */
	#runLone(): boolean {
		if (this.#running.size + this.#unready > 0) return false;
		const { search, ingest } = this.#readyCounts;
		if (search + ingest !== 1) return false;
		if (!this.#solitude.isAlone(performance.now())) return false;
		const lane = search === 1 ? "search" : "ingest";
		const [ready] = this.#ready.in(lane);
		const runner = ready && this.#loneRunnerFor(ready.tokens.ids.length);
		if (runner === undefined) return false;
		void this.#run(runner, lane, this.#takeGroup(lane));
		return true;
	}

	#loneRunnerFor(length: number): Runner | undefined {
		if (length > longestChecked) return undefined;
		if (this.#microsPerToken * length > longestGroup) return undefined;
		const runner = this.#lone[this.#lonePace.wayFor(length) - 1];
		return runner && runner.threads <= this.#allowed ? runner : undefined;
	}

	/** Whether there is an input that is not answered. */
	get #isBusy(): boolean {
		const { search, ingest } = this.#readyCounts;
		return this.#running.size + this.#unready + search + ingest > 0;
	}

	get #readyCounts(): Record<Lane, number> {
		return {
			search: this.#ready.sizeOf("search"),
			ingest: this.#ready.sizeOf("ingest"),
		};
	}

	/** Inputs that are not tokenised yet. */
	get #unready(): number {
		let count = 0;
		for (const lane of lanes)
			count += this.#waiting.sizeOf(lane) + this.#tokenizing[lane].size;
		return count;
	}

	#mayUse(threads: number): boolean {
		if (this.#running.size === 0) return this.#allowed > 0;
		return this.#used + threads <= this.#allowed;
	}

	/** Threads that run now. */
	get #used(): number {
		let used = 0;
		for (const { threads } of this.#running.keys()) used += threads;
		return used;
	}

	/** The lane that the next run is for, if there may be one. */
	#nextLane(): Lane | undefined {
		const search = this.#ready.sizeOf("search") > 0;
		const ingest = this.#ready.sizeOf("ingest") > 0;
		if (search && ingest) return this.#turns.next();
		if (search) return "search";
		return ingest && this.#mayIngest() ? "ingest" : undefined;
	}

	/** Runs that may go on at a time. */
	get #capacity(): number {
		let threads = 1;
		for (const runner of this.#runners)
			threads = Math.max(threads, runner.threads);
		const runs = Math.max(1, Math.floor(this.#allowed / threads));
		return Math.min(runs, this.#runners.size);
	}

	/** While searches come, a runner is kept for them, where there are several and ingest would be in their way. */
	#mayIngest(): boolean {
		const isSearched = performance.now() - this.#searchedAt < searchedMs;
		if (!isSearched || !this.#turns.ingestIsLong) return true;
		let ingesting = 0;
		for (const { lane } of this.#running.values())
			if (lane === "ingest") ingesting++;
		return ingesting < Math.max(1, this.#capacity - 1);
	}

	/** The next input of a lane, with others that can be run with it. */
	#takeGroup(lane: Lane): Ready[] {
		const first = this.#ready.take(lane);
		if (first === undefined) return [];
		const group = [first];
		const length = first.tokens.ids.length;
		const most = first.alone ? 1 : this.#mostTogether(lane, length);
		if (most <= 1) return group;
		for (const ready of this.#ready.in(lane)) {
			if (group.length >= most) break;
			if (ready.alone || ready.tokens.ids.length !== length) continue;
			group.push(ready);
		}
		for (const { job } of group.slice(1)) this.#ready.delete(job.id);
		return group;
	}

	/** As many as pay, take no longer than a search may wait, and leave something for other runners that are idle. */
	#mostTogether(lane: Lane, length: number): number {
		const { texts, tokens } = this.#grouping;
		if (length > tokens) return 1;
		const idle = this.#capacity - this.#running.size;
		const fair = Math.ceil((1 + this.#ready.sizeOf(lane)) / Math.max(1, idle));
		const micros = Math.max(1, this.#microsPerToken * length);
		return Math.min(texts, fair, Math.floor(longestGroup / micros));
	}

	async #run(runner: Runner, lane: Lane, group: Ready[]): Promise<void> {
		const since = performance.now();
		const isLone = this.#running.size === 0 && group.length === 1;
		this.#running.set(runner, { since, lane });
		if (lane === "search") this.#searchedAt = since;
		try {
			const { outputs, micros, elapsedMicros } = await runner.run(
				group.map(({ tokens }) => tokens),
			);
			if (this.#lone.includes(runner))
				this.#solitude.sawNothing(performance.now());
			this.#learn(lane, group, micros);
			if (isLone) this.#learnLone(group, elapsedMicros, runner);
			// The runner first: what answering costs is then time it already works in.
			this.#ended(runner);
			for (const [index, ready] of group.entries())
				this.#answer(ready, outputs[index], {
					tokenizeMicros: ready.tokenizeMicros,
					runMicros: micros,
					batch: group.length,
				});
		} catch (error) {
			this.#failed(lane, group, error);
			this.#ended(runner);
		}
	}

	#answer(
		{ job, tokens }: Ready,
		output: RunOutput | undefined,
		times: RunTimes,
	): void {
		const { onRun, onFailure } = this.#parts;
		if (output !== undefined) onRun(job, { output, times, tokens });
		else onFailure(job, new Error("the run gave nothing for this input"));
	}

	/** What fails together is tried again one by one: the others need not suffer for one of them. */
	#failed(lane: Lane, group: readonly Ready[], error: unknown): void {
		const [first, ...others] = group;
		if (first === undefined) return;
		if (others.length === 0) {
			this.#parts.onFailure(first.job, error);
			return;
		}
		for (const ready of group)
			this.#ready.push(lane, ready.job.id, { ...ready, alone: true });
	}

	#learn(lane: Lane, group: readonly Ready[], micros: number): void {
		let tokens = 0;
		for (const ready of group) tokens += ready.tokens.ids.length;
		const perToken = micros / tokens;
		this.#microsPerToken ||= perToken;
		this.#microsPerToken += weight * (perToken - this.#microsPerToken);
		this.#turns.ran(lane, micros, this.#ready.sizeOf("ingest") > 0);
	}

	#learnLone(group: readonly Ready[], micros: number, runner: Runner): void {
		// Another run that began meanwhile took its part of the machine.
		if (this.#running.size > 1) return;
		const way = 1 + this.#lone.indexOf(runner);
		for (const { tokens } of group)
			this.#lonePace.ran(tokens.ids.length, micros, way);
	}

	#ended(runner: Runner): void {
		this.#running.delete(runner);
		this.#leaving.get(runner)?.();
		this.#leaving.delete(runner);
		this.#sayAllowed();
		this.#runNext();
	}

	#sayAllowed(): void {
		if (this.#isTold || this.#used > this.#allowed) return;
		this.#isTold = true;
		this.#parts.onAllowed?.();
	}
}

function microsSince(start: number): number {
	return Math.round((performance.now() - start) * 1_000);
}
