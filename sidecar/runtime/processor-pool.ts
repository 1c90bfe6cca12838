import type { Lane } from "./lanes.ts";
import { type Demand, sharesOf } from "./processor-shares.ts";

export interface ProcessorMemberOptions {
	/** Threads of one run. */
	threads: number;
	/**
	 * Lets the member run so many threads at a time. After fewer than before it has to say when it runs no more than
	 * that.
	 */
	grant: (processors: number) => void;
}

/** How long a turn is while more is wanted than there is, milliseconds. */
const turnMs = 100;

/** In one of so many turns ingest goes first, so that searches of one model can't shut out ingest of another. */
const ingestTurns = 10;

/** A model that has been searched is expected to be searched again for so long, milliseconds. */
const searchedMs = 1_000;

/**
 * The processors that models may use, lent to their processes. A process that has work is lent what `sharesOf` gives
 * it, and keeps it, also without work, until another one needs it: a model that is alone is never asked for anything.
 * What is asked back counts as lent until it has been given back, so that never more threads run than there are
 * processors.
 */
export class ProcessorPool {
	readonly processors: number;
	readonly #now: () => number;
	readonly #members = new Set<ProcessorMember>();
	#turn = 0;
	#timer: NodeJS.Timeout | undefined;

	/** @param now milliseconds, of a clock that never goes back */
	constructor(processors: number, now: () => number) {
		this.processors = processors;
		this.#now = now;
	}

	/** Adds a process; it has nothing until it wants something. */
	join(options: ProcessorMemberOptions): ProcessorMember {
		const member: ProcessorMember = new ProcessorMember(options, {
			processors: this.processors,
			now: this.#now,
			onChange: () => this.#share(),
			onLeave: () => this.#members.delete(member),
		});
		this.#members.add(member);
		return member;
	}

	#share(): void {
		const members = this.#inTurn();
		const demands = members.map((member) => member.demand());
		const shares = sharesOf(demands, {
			processors: this.processors,
			ingestFirst: this.#turn % ingestTurns === ingestTurns - 1,
		});
		const shared = members.map((member, index) => ({
			member,
			share: shares[index] ?? 0,
		}));
		let shortage = -this.processors;
		for (const { member, share } of shared)
			shortage += Math.max(share, member.granted);
		for (const { member, share } of shared) {
			const surplus = member.granted - share;
			if (shortage <= 0 || surplus <= 0) continue;
			const back = Math.min(surplus, shortage);
			member.set(member.granted - back);
			shortage -= back;
		}
		for (const { member, share } of shared) {
			const more = Math.min(share, member.lent + this.#free());
			if (more > member.granted) member.set(more);
		}
		this.#takeTurns(demands);
	}

	/** Who came first in the last turn comes last in this one. */
	#inTurn(): ProcessorMember[] {
		const members = [...this.#members];
		const first = this.#turn % Math.max(1, members.length);
		return [...members.slice(first), ...members.slice(0, first)];
	}

	#free(): number {
		let free = this.processors;
		for (const { lent } of this.#members) free -= lent;
		return free;
	}

	/** Shares anew later, while that may give something else without anybody's asking. */
	#takeTurns(demands: readonly Demand[]): void {
		const wants = demands.map(({ search, ingest }) => search + ingest);
		const wanted = wants.reduce((sum, want) => sum + want, 0);
		const isContended =
			wanted > this.processors && wants.filter((want) => want > 0).length > 1;
		const isKept = demands.some(
			({ isSearched }, index) => isSearched && wants[index] === 0,
		);
		if (wanted === 0 || !(isContended || isKept)) return;
		this.#timer ??= setTimeout(() => {
			this.#timer = undefined;
			this.#turn++;
			this.#share();
		}, turnMs).unref();
	}
}

/** What a process can use. */
export interface ProcessSize {
	runs: number;
	threads: number;
	most: number;
}

interface Membership {
	processors: number;
	now: () => number;
	onChange: () => void;
	onLeave: () => void;
}

/** A process that is lent processors. */
export class ProcessorMember {
	/** What it may use. */
	granted = 0;
	/** What it may still be using. */
	lent = 0;
	#threads: number;
	#wanted: Record<Lane, number> = { search: 0, ingest: 0 };
	#runs = 1;
	#most = 1;
	#searchedAt = Number.NEGATIVE_INFINITY;
	readonly #grant: (processors: number) => void;
	readonly #membership: Membership;

	constructor(options: ProcessorMemberOptions, membership: Membership) {
		this.#membership = membership;
		this.#grant = options.grant;
		this.#threads = Math.min(options.threads, membership.processors);
	}

	/** What runs inputs in it, the threads of each, and the most that it has for one input. */
	resize({ runs, threads, most }: ProcessSize): void {
		const { processors } = this.#membership;
		this.#runs = runs;
		this.#threads = Math.min(threads, processors);
		this.#most = Math.min(most, processors);
		this.#membership.onChange();
	}

	/** How many inputs of each lane it has to run. */
	want(inputs: Record<Lane, number>): void {
		if (inputs.search > 0) this.#searchedAt = this.#membership.now();
		const wanted = {
			search: Math.min(inputs.search, this.#runs),
			ingest: Math.min(inputs.ingest, this.#runs),
		};
		const { search, ingest } = this.#wanted;
		if (search === wanted.search && ingest === wanted.ingest) return;
		this.#wanted = wanted;
		this.#membership.onChange();
	}

	demand(): Demand {
		const threads = this.#threads;
		const { search, ingest } = this.#wanted;
		return {
			threads,
			search: search * threads,
			ingest: Math.min(ingest, this.#runs - search) * threads,
			most: this.#most,
			isSearched: this.#membership.now() - this.#searchedAt < searchedMs,
		};
	}

	/** Changes what it may use. */
	set(granted: number): void {
		this.granted = granted;
		const isIdle = this.#wanted.search + this.#wanted.ingest === 0;
		this.lent = isIdle ? granted : Math.max(this.lent, granted);
		this.#grant(granted);
	}

	/** It runs no more threads than this. */
	returned(processors: number): void {
		const lent = Math.max(processors, this.granted);
		if (lent >= this.lent) return;
		this.lent = lent;
		this.#membership.onChange();
	}

	/** It has ended. */
	leave(): void {
		this.#membership.onLeave();
		this.#membership.onChange();
	}
}
