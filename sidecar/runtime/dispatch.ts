import { FairQueue } from "./fair-queue.ts";
import type { Lane } from "./lanes.ts";
import type { ToProcess } from "./messages.ts";
import type { RunJob, RunRequest } from "./run-request.ts";

/** A process that takes inputs. */
export interface Connection {
	/** What runs inputs in it. */
	readonly allocations: number;
	send(message: ToProcess): void;
	/** Sends what is sent meanwhile in one go. */
	batch(send: () => void): void;
}

/**
 * What a process is given ahead, for each allocation: enough to keep it busy over a round trip, and to find texts of
 * equal length, few enough that little waits behind them or is run again when it ends. Two are given whatever
 * they have.
 */
const ahead: Record<Lane, { inputs: number; tokens: number }> = {
	search: { inputs: 8, tokens: 256 },
	ingest: { inputs: 64, tokens: 1_024 },
};
const leastAhead = 2;

/**
 * The inputs of a model that are not answered: those that wait, in two lanes and fair between requests, and those that
 * its process has. What a process had when it ended is suspected of having ended it: such inputs are given one at a time
 * and with nothing beside them, so that none of them is lost by another one's fault; searches take turns with them.
 */
export class Dispatch {
	readonly #waiting: Record<Lane, FairQueue<RunRequest, RunJob>> = {
		search: new FairQueue(),
		ingest: new FairQueue(),
	};
	readonly #suspects = new Set<RunJob>();
	readonly #sent = new Map<number, RunJob>();
	readonly #held: Record<Lane, { inputs: number; tokens: number }> = {
		search: { inputs: 0, tokens: 0 },
		ingest: { inputs: 0, tokens: 0 },
	};
	#allocations = 1;
	#connection: Connection | undefined;
	/** Whether the last thing that was given was a suspect. */
	#suspected = false;
	/** Dropped while there were suspects, and not answered: each may still end the process. None outlives it. */
	readonly #abandoned = new Set<number>();

	/** Of the connected process. */
	set allocations(allocations: number) {
		this.#allocations = allocations;
	}

	wait(job: RunJob): void {
		this.#waiting[job.lane].push(job.owner, job, job.tokens);
	}

	/** Has an input of the ingest lane run as one of a search, which wants it too. */
	promote(job: RunJob, owner: RunRequest): void {
		const wasSent = this.#sent.has(job.id);
		const waited = this.#waiting[job.lane].delete(job.owner, job);
		if (wasSent) this.#release(job);
		job.lane = "search";
		job.owner = owner;
		if (waited) this.wait(job);
		if (!wasSent) return;
		this.#take(job);
		this.#connection?.send({ kind: "promote", id: job.id });
	}

	/** Forgets an input that nobody wants any more. */
	drop(job: RunJob): void {
		const isCareful = this.#isCareful;
		if (this.answered(job.id) !== undefined) {
			if (isCareful) this.#abandoned.add(job.id);
			else this.#connection?.send({ kind: "cancel", id: job.id });
		}
		this.#suspects.delete(job);
		this.#waiting[job.lane].delete(job.owner, job);
	}

	/** The input that the connected process has answered; undefined for one that has been dropped. */
	answered(id: number): RunJob | undefined {
		this.#abandoned.delete(id);
		const job = this.#sent.get(id);
		if (job === undefined) return undefined;
		this.#sent.delete(id);
		this.#release(job);
		return job;
	}

	/** From now on this process gets the inputs. */
	connect(connection: Connection): void {
		this.#connection = connection;
		this.send();
	}

	/** The process has ended. @returns what it had, and gets again unless it is dropped */
	disconnect(): RunJob[] {
		this.#connection = undefined;
		this.#suspected = false;
		this.#abandoned.clear();
		const lost = [...this.#sent.values()];
		this.#sent.clear();
		for (const job of lost) {
			this.#release(job);
			job.losses++;
			this.#suspects.add(job);
		}
		return lost;
	}

	/** Gives the process what it may have. */
	send(): void {
		const connection = this.#connection;
		if (connection === undefined) return;
		connection.batch(() => {
			if (this.#isCareful) {
				this.#sendCarefully(connection);
				return;
			}
			this.#suspected = false;
			this.#sendLane("search", connection);
			this.#sendLane("ingest", connection);
		});
	}

	/** Takes everything out. */
	drain(): RunJob[] {
		this.#connection = undefined;
		const jobs = [
			...this.#sent.values(),
			...this.#suspects,
			...this.#waiting.search.drain(),
			...this.#waiting.ingest.drain(),
		];
		this.#sent.clear();
		this.#suspects.clear();
		this.#abandoned.clear();
		for (const lane of ["search", "ingest"] as const)
			this.#held[lane] = { inputs: 0, tokens: 0 };
		return jobs;
	}

	/** Whether there are suspects, or the process has the last of them. */
	get #isCareful(): boolean {
		return this.#suspects.size > 0 || (this.#suspected && this.#isBusy);
	}

	get #isBusy(): boolean {
		return this.#sent.size + this.#abandoned.size > 0;
	}

	#sendCarefully(connection: Connection): void {
		if (this.#isBusy) return;
		if (this.#suspected && this.#waiting.search.size > 0) {
			this.#suspected = false;
			this.#sendLane("search", connection);
			return;
		}
		const suspect = this.#nextSuspect();
		if (suspect === undefined) return;
		this.#suspected = true;
		this.#suspects.delete(suspect);
		this.#give(suspect, connection);
	}

	#nextSuspect(): RunJob | undefined {
		const [first] = this.#suspects;
		for (const job of this.#suspects) if (job.lane === "search") return job;
		return first;
	}

	#sendLane(lane: Lane, connection: Connection): void {
		const most = ahead[lane];
		const held = this.#held[lane];
		const allocations = this.#allocations;
		const mayHaveMore = () =>
			held.inputs < leastAhead * allocations ||
			(held.inputs < most.inputs * allocations &&
				held.tokens < most.tokens * allocations);
		while (mayHaveMore()) {
			const job = this.#waiting[lane].take();
			if (job === undefined) return;
			this.#give(job, connection);
		}
	}

	#give(job: RunJob, connection: Connection): void {
		const { id, lane, input } = job;
		this.#sent.set(id, job);
		this.#take(job);
		connection.send({ kind: "run", id, lane, input });
	}

	#take({ lane, tokens }: RunJob): void {
		this.#held[lane].inputs++;
		this.#held[lane].tokens += tokens;
	}

	#release({ lane, tokens }: RunJob): void {
		this.#held[lane].inputs--;
		this.#held[lane].tokens -= tokens;
	}
}
