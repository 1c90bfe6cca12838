import { performance } from "node:perf_hooks";
import { SidecarError } from "../errors.ts";
import { type Connection, Dispatch } from "./dispatch.ts";
import { LaneRoom, type Load } from "./lane-room.ts";
import { type Lane, lanes } from "./lanes.ts";
import type { Answer, RunTimes } from "./messages.ts";
import { lengthOf, type ModelInput, type ModelResult } from "./model-result.ts";
import type { RunOptions } from "./model-spec.ts";
import type { LossReason, RuntimeObserver } from "./observer.ts";
import { Pace } from "./pace.ts";
import { inputKey } from "./results/input-key.ts";
import type { ResultSpace } from "./results/result-space.ts";
import { RunJob, RunRequest } from "./run-request.ts";

export type { Connection };

export interface RunQueueOptions {
	modelId: string;
	/** What each lane may hold. */
	limits: Load;
	/** Keeps what has been made of inputs. */
	results?: ResultSpace | undefined;
	observer: RuntimeObserver;
	/** Is told how many inputs of each lane are not answered, whenever that changes. */
	onDemand?: (wanted: Record<Lane, number>) => void;
}

/** What a queue has counted since it was made. */
export interface RunCounts {
	texts: number;
	tokens: number;
	truncated: number;
	failed: number;
	rejected: number;
	expired: number;
	cancelled: number;
	runMicros: number;
}

/** Inputs of a call, as far as they have to be run. */
interface Wanted {
	request: RunRequest;
	/** Each distinct input with its key and its places. */
	inputs: Map<string, { input: ModelInput; places: number[] }>;
}

/** How often an input is given to a process that ends before it answers. */
const attempts = 2;

/**
 * The inputs that a model has been given and has not answered: admission to two lanes, one run for equal inputs, and the
 * end of those that nobody wants any more. It outlives processes.
 */
export class RunQueue {
	readonly counts: RunCounts = {
		texts: 0,
		tokens: 0,
		truncated: 0,
		failed: 0,
		rejected: 0,
		expired: 0,
		cancelled: 0,
		runMicros: 0,
	};
	readonly #options: RunQueueOptions;
	readonly #dispatch = new Dispatch();
	readonly #pace = new Pace();
	readonly #rooms: Record<Lane, LaneRoom>;
	/** Calls that wait for room, first come, first let in: as many as there are bulks at most. */
	readonly #calls: Record<Lane, Set<Wanted>> = {
		search: new Set(),
		ingest: new Set(),
	};
	/** What is not answered, by the key of what is run. */
	readonly #jobs = new Map<string, RunJob>();
	#window = Number.MAX_SAFE_INTEGER;
	#allocations = 1;
	#lastId = 0;
	/** Why there is no more work to be had, once there is none. */
	#closed: SidecarError | undefined;
	#whenEmpty: (() => void)[] = [];

	constructor(options: RunQueueOptions) {
		this.#options = options;
		this.#rooms = {
			search: new LaneRoom("search", options.limits),
			ingest: new LaneRoom("ingest", options.limits),
		};
	}

	/** Inputs that wait or run now, by lane. */
	get queued(): Record<Lane, number> {
		const { search, ingest } = this.#rooms;
		return { search: search.held.inputs, ingest: ingest.held.inputs };
	}

	/** See LoadedModel.run. */
	async run(
		inputs: readonly ModelInput[],
		{
			lane = "ingest",
			signal,
			deadline,
			whenFull = "refuse",
			onKept,
		}: RunOptions = {},
	): Promise<ModelResult[]> {
		if (this.#closed !== undefined) throw this.#closed;
		if (inputs.length === 0) return [];
		const request = new RunRequest(inputs.length, lane);
		const lose = (reason: LossReason, error: unknown): void => {
			if (request.settled) return;
			this.#count(lane, reason, request.missing);
			this.#fail(request, error);
		};
		if (signal?.aborted) {
			this.#count(lane, "cancelled", inputs.length);
			throw signal.reason;
		}
		const abort = (): void => lose("cancelled", signal?.reason);
		const expiry =
			deadline === undefined ? undefined : this.#expiry(deadline, lose);
		signal?.addEventListener("abort", abort, { once: true });
		try {
			const wanted = { request, inputs: distinct(inputs) };
			this.#takeKept(wanted, onKept);
			if (!request.settled) this.#enter(wanted, whenFull);
			return await request.answer;
		} finally {
			clearTimeout(expiry);
			signal?.removeEventListener("abort", abort);
		}
	}

	/** What each lane may hold, from now on. */
	limit(limits: Load): void {
		for (const lane of lanes) this.#rooms[lane].limit(limits);
		this.#admitWaiting();
	}

	/** From now on this process gets the inputs; `window` is what the model takes at most, tokens. */
	connect(connection: Connection, window: number): void {
		this.#window = window;
		this.allocations = connection.allocations;
		this.#dispatch.connect(connection);
	}

	/** What runs inputs in the connected process. */
	set allocations(allocations: number) {
		this.#allocations = allocations;
		this.#dispatch.allocations = allocations;
		this.#dispatch.send();
	}

	/** The process has ended: what it had goes back, or has been lost too often. */
	disconnect(how: string): void {
		for (const job of this.#dispatch.disconnect()) {
			if (job.losses < attempts) continue;
			const reason = `the model's process ended ${job.losses} times while it had this text; it ${how}`;
			this.#failJob(job, new SidecarError("inference_failed", reason));
		}
	}

	/** Takes an answer of the connected process. */
	answered(answer: Answer): void {
		const job = this.#dispatch.answered(answer.id);
		// One without a job was dropped when it had begun already; what waits for its end may be given now.
		if (job === undefined) {
			this.#dispatch.send();
			return;
		}
		if (answer.kind === "failed") {
			const { code, reason } = answer.refusal;
			this.#failJob(job, new SidecarError(code, reason));
		} else {
			this.#leave(job);
			this.#observe(job, answer.result, answer.times);
			this.#options.results?.put(job.key, answer.result, job.lane);
			for (const { request, index } of job.takers)
				request.put(index, answer.result);
		}
		this.#admitWaiting();
		this.#dispatch.send();
		this.#tellDemand();
	}

	/** Resolves when everything that is in the queue now or comes meanwhile has been answered. */
	async drained(): Promise<void> {
		if (this.#isEmpty()) return;
		await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
	}

	/** Rejects everything that waits or runs, and everything that comes. */
	close(error: SidecarError): void {
		this.#closed = error;
		for (const lane of lanes) {
			const calls = [...this.#calls[lane]];
			this.#calls[lane].clear();
			for (const { request } of calls) {
				this.#count(lane, "failed", request.missing);
				this.#fail(request, error);
			}
		}
		for (const job of this.#dispatch.drain()) this.#failJob(job, error);
	}

	/** Ends a call that is not answered in time. */
	#expiry(
		deadline: number,
		lose: (reason: LossReason, error: SidecarError) => void,
	): NodeJS.Timeout {
		const inMs = Math.max(0, Math.round(deadline - performance.now()));
		return setTimeout(() => {
			const reason = `model ${this.#options.modelId} gave no answer within ${inMs} ms`;
			lose("expired", new SidecarError("timeout", reason));
		}, inMs);
	}

	/** Brings a call in: what is on its way already is taken from there, the rest is let in or refused as a whole. */
	#enter(wanted: Wanted, whenFull: "refuse" | "wait"): void {
		const { request } = wanted;
		const { lane } = request;
		const { load, longest } = this.#loadOf(wanted);
		const room = this.#rooms[lane];
		const calls = this.#calls[lane];
		room.checkPossible(load, longest);
		if (load.inputs === 0 || (calls.size === 0 && room.fits(load))) {
			this.#begin(wanted);
		} else if (whenFull === "wait") {
			calls.add(wanted);
		} else {
			this.#count(lane, "rejected", request.missing);
			throw room.full(this.#waitingTimeOf(lane));
		}
	}

	#takeKept({ request, inputs }: Wanted, onKept: RunOptions["onKept"]): void {
		const { results, observer, modelId } = this.#options;
		if (results === undefined) return;
		for (const [key, { places }] of inputs) {
			const kept = results.get(key);
			if (kept === undefined) continue;
			inputs.delete(key);
			for (const place of places) {
				request.put(place, kept);
				onKept?.(place);
			}
			observer.spared(modelId, request.lane, "kept");
		}
	}

	/** What a call adds to its lane: inputs that are on their way already add nothing. */
	#loadOf({ inputs }: Wanted): { load: Load; longest: number } {
		const load = { inputs: 0, tokens: 0, characters: 0 };
		let longest = 0;
		for (const [key, { input }] of inputs) {
			if (this.#jobs.has(key)) continue;
			const characters = lengthOf(input);
			longest = Math.max(longest, characters);
			load.inputs++;
			load.characters += characters;
			load.tokens += this.#pace.tokensOf(input, this.#window);
		}
		return { load, longest };
	}

	#begin({ request, inputs }: Wanted): void {
		const { modelId, observer } = this.#options;
		const arrived = performance.now();
		for (const [key, { input, places }] of inputs) {
			let job = this.#jobs.get(key);
			if (job === undefined) {
				const tokens = this.#pace.tokensOf(input, this.#window);
				const id = this.#nextId();
				job = new RunJob({ id, key, input, tokens, owner: request, arrived });
				this.#jobs.set(key, job);
				this.#rooms[job.lane].enter(loadOf(job));
				this.#dispatch.wait(job);
			} else {
				observer.spared(modelId, request.lane, "shared");
				this.#promote(job, request);
			}
			request.jobs.add(job);
			for (const index of places) job.takers.push({ request, index });
		}
		this.#dispatch.send();
		this.#tellDemand();
	}

	/** A document's text that a search wants too is run as the search's. */
	#promote(job: RunJob, request: RunRequest): void {
		if (request.lane !== "search" || job.lane === "search") return;
		this.#rooms.ingest.leave(loadOf(job));
		this.#rooms.search.enter(loadOf(job));
		this.#dispatch.promote(job, request);
	}

	#admitWaiting(): void {
		for (const lane of lanes) {
			const room = this.#rooms[lane];
			for (const wanted of this.#calls[lane]) {
				const { load, longest } = this.#loadOf(wanted);
				try {
					room.checkPossible(load, longest);
				} catch (error) {
					// The limit was lowered meanwhile, or what it shared is done: all behind it would wait for ever.
					this.#fail(wanted.request, error);
					continue;
				}
				if (!room.fits(load)) break;
				this.#calls[lane].delete(wanted);
				this.#begin(wanted);
			}
		}
	}

	#failJob(job: RunJob, error: SidecarError): void {
		this.#count(job.lane, "failed", 1);
		this.#leave(job);
		this.#dispatch.drop(job);
		for (const { request } of [...job.takers]) this.#fail(request, error);
	}

	/** Rejects a request, and drops those of its inputs that nobody else wants. */
	#fail(request: RunRequest, error: unknown): void {
		if (request.settled) return;
		request.fail(error);
		for (const wanted of this.#calls[request.lane])
			if (wanted.request === request) this.#calls[request.lane].delete(wanted);
		for (const job of request.jobs) {
			const others = job.takers.filter((taker) => taker.request !== request);
			job.takers.splice(0, job.takers.length, ...others);
			if (others.length > 0 || this.#jobs.get(job.key) !== job) continue;
			this.#leave(job);
			this.#dispatch.drop(job);
		}
		this.#tellEmpty();
		this.#admitWaiting();
		this.#dispatch.send();
		this.#tellDemand();
	}

	#leave(job: RunJob): void {
		if (this.#jobs.get(job.key) !== job) return;
		this.#jobs.delete(job.key);
		this.#rooms[job.lane].leave(loadOf(job));
		this.#tellEmpty();
	}

	#tellEmpty(): void {
		if (!this.#isEmpty()) return;
		for (const resolve of this.#whenEmpty.splice(0)) resolve();
	}

	#isEmpty(): boolean {
		const { search, ingest } = this.#calls;
		return this.#jobs.size + search.size + ingest.size === 0;
	}

	#observe(job: RunJob, result: ModelResult, times: RunTimes): void {
		const { modelId, observer } = this.#options;
		const { tokens, truncated } = result;
		const { runMicros, tokenizeMicros, batch } = times;
		this.counts.texts++;
		this.counts.tokens += tokens;
		this.counts.truncated += truncated ? 1 : 0;
		this.counts.runMicros += runMicros / batch;
		const { characters } = job;
		const micros = runMicros / batch;
		this.#pace.learn({ characters, tokens, truncated, micros });
		const total = (performance.now() - job.arrived) / 1_000;
		const tokenizing = tokenizeMicros / 1_000_000;
		const running = runMicros / 1_000_000;
		observer.ran({
			modelId,
			lane: job.lane,
			tokens,
			truncated,
			queued: Math.max(0, total - tokenizing - running),
			tokenizing,
			running,
			total,
			batch,
		});
	}

	#count(lane: Lane, reason: LossReason, inputs: number): void {
		const { modelId, observer } = this.#options;
		this.counts[reason] += inputs;
		observer.lost(modelId, lane, reason, inputs);
	}

	/** Time until everything that stands before a newcomer to this lane has been run, milliseconds. */
	#waitingTimeOf(lane: Lane): number {
		const { search, ingest } = this.#rooms;
		const tokens =
			search.held.tokens + (lane === "ingest" ? ingest.held.tokens : 0);
		return Math.ceil(this.#pace.timeFor(tokens, this.#allocations));
	}

	#tellDemand(): void {
		this.#options.onDemand?.(this.queued);
	}

	#nextId(): number {
		this.#lastId = (this.#lastId + 1) >>> 0;
		return this.#lastId;
	}
}

function distinct(inputs: readonly ModelInput[]): Wanted["inputs"] {
	const found: Wanted["inputs"] = new Map();
	for (const [index, input] of inputs.entries()) {
		const key = inputKey(input);
		const known = found.get(key);
		if (known === undefined) found.set(key, { input, places: [index] });
		else known.places.push(index);
	}
	return found;
}

function loadOf({ tokens, characters }: RunJob): Load {
	return { inputs: 1, tokens, characters };
}
