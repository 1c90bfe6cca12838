import { SidecarError } from "../errors.ts";
import { type Lane, Lanes } from "./lanes.ts";
import type { Answer, ToProcess } from "./messages.ts";
import { lengthOf, type ModelInput, type ModelResult } from "./model-result.ts";
import type { RunOptions } from "./model-spec.ts";
import { type RunJob, RunRequest } from "./run-request.ts";

/** A process that takes inputs. */
export interface Connection {
	send(message: ToProcess): void;
	/** Sends what is sent meanwhile in one go. */
	batch(send: () => void): void;
}

/** What each lane may hold; neither takes room from the other. */
export interface QueueLimits {
	/** Inputs of a lane that wait or run. */
	texts: number;
	/** UTF-16 units of those inputs; one request alone in its lane may have more. */
	characters: number;
	/** Inputs of a lane that a process has at a time; the others wait here, where they are not lost with it. */
	inProcess: number;
}

/** The longest input that is taken at all, UTF-16 units: a frame holds no more. */
const longestText = 256 * 1024 * 1024;

/** How often an input is given to a process that ends before it answers. */
const attempts = 2;

/**
 * The inputs that a model has been given and has not answered: two lanes, admission to each, and which of the
 * inputs a process has now. It outlives processes. What a process had when it ended is given once more to the next.
 */
export class RunQueue {
	texts = 0;
	tokens = 0;
	truncated = 0;
	failed = 0;
	rejected = 0;
	runMicros = 0;
	readonly #limits: QueueLimits;
	readonly #waiting = new Lanes<RunJob>();
	readonly #sent = new Lanes<RunJob>();
	/** Of the inputs that wait or run. */
	readonly #characters: Record<Lane, number> = { search: 0, ingest: 0 };
	#lastId = 0;
	#connection: Connection | undefined;
	/** Why there is no more work to be had, once there is none. */
	#closed: SidecarError | undefined;

	constructor(limits: QueueLimits) {
		this.#limits = limits;
	}

	/** Inputs of both lanes that wait or run now. */
	get size(): number {
		return this.#waiting.size + this.#sent.size;
	}

	/** See LoadedModel.run. */
	async run(
		inputs: readonly ModelInput[],
		{ lane = "ingest", signal }: RunOptions = {},
	): Promise<ModelResult[]> {
		signal?.throwIfAborted();
		if (this.#closed !== undefined) throw this.#closed;
		if (inputs.length === 0) return [];
		this.#admit(inputs, lane);
		const request = new RunRequest(inputs, lane, () => this.#nextId());
		for (const job of request.jobs) {
			this.#waiting.push(lane, job.id, job);
			this.#characters[lane] += lengthOf(job.input);
		}
		const abort = (): void => this.#fail(request, signal?.reason);
		signal?.addEventListener("abort", abort, { once: true });
		this.#send();
		try {
			return await request.answer;
		} finally {
			signal?.removeEventListener("abort", abort);
		}
	}

	/** From now on this process gets the inputs. */
	connect(connection: Connection): void {
		this.#connection = connection;
		this.#send();
	}

	/** The process has ended: what it had goes back, before everything else, or has been lost too often. */
	disconnect(how: string): void {
		this.#connection = undefined;
		const lost = this.#sent.drain();
		for (const lane of ["search", "ingest"] as const) {
			const jobs = lost.filter((job) => job.lane === lane);
			this.#waiting.unshift(
				lane,
				jobs.map((job) => [job.id, job]),
			);
		}
		for (const job of lost) job.losses++;
		for (const { losses, request } of lost) {
			if (losses < attempts || request.settled) continue;
			const reason = `the model's process ended ${losses} times while it had this text; it ${how}`;
			this.failed++;
			this.#fail(request, new SidecarError("inference_failed", reason));
		}
	}

	/** Takes an answer of the connected process. */
	answered(answer: Answer): void {
		const job = this.#sent.delete(answer.id);
		// One without a job was cancelled when it had begun already.
		if (job === undefined) return;
		this.#characters[job.lane] -= lengthOf(job.input);
		if (answer.kind === "failed") {
			const { code, reason } = answer.refusal;
			this.failed++;
			this.#fail(job.request, new SidecarError(code, reason));
		} else {
			const { result, micros } = answer;
			this.texts++;
			this.tokens += result.tokens;
			this.truncated += result.truncated ? 1 : 0;
			this.runMicros += micros;
			job.request.put(job.index, result);
		}
		this.#send();
	}

	/** Rejects everything that waits or runs, and everything that comes. */
	close(error: SidecarError): void {
		this.#closed = error;
		this.#connection = undefined;
		this.#characters.search = 0;
		this.#characters.ingest = 0;
		for (const { request } of [
			...this.#sent.drain(),
			...this.#waiting.drain(),
		]) {
			this.failed++;
			request.fail(error);
		}
	}

	/** A lane is counted for itself: documents that wait must never turn a query away. */
	#admit(inputs: readonly ModelInput[], lane: Lane): void {
		const limits = this.#limits;
		let longest = 0;
		let characters = 0;
		for (const input of inputs) {
			const length = lengthOf(input);
			longest = Math.max(longest, length);
			characters += length;
		}
		if (longest > longestText) {
			throw new SidecarError(
				"too_large",
				`a text has ${longest} characters; ${longestText} are the most`,
			);
		}
		if (inputs.length > limits.texts) {
			throw new SidecarError(
				"too_large",
				`the request has ${inputs.length} texts; the model's queue holds ${limits.texts}`,
			);
		}
		const size = this.#sizeOf(lane);
		const held = this.#characters[lane];
		const room =
			size + inputs.length <= limits.texts &&
			(size === 0 || held + characters <= limits.characters);
		if (!room) {
			this.rejected++;
			throw new SidecarError(
				"too_many_requests",
				`the model's ${lane} queue is full: ${size} texts with ${held} characters wait, ${limits.texts} and ${limits.characters} are the most`,
			);
		}
	}

	#sizeOf(lane: Lane): number {
		return this.#waiting.sizeOf(lane) + this.#sent.sizeOf(lane);
	}

	#nextId(): number {
		this.#lastId = (this.#lastId + 1) >>> 0;
		return this.#lastId;
	}

	#send(): void {
		const connection = this.#connection;
		if (connection === undefined) return;
		connection.batch(() => {
			this.#sendLane("search", connection);
			this.#sendLane("ingest", connection);
		});
	}

	#sendLane(lane: Lane, connection: Connection): void {
		while (this.#sent.sizeOf(lane) < this.#limits.inProcess) {
			const job = this.#waiting.take(lane);
			if (job === undefined) return;
			this.#sent.push(lane, job.id, job);
			connection.send({ kind: "run", id: job.id, lane, input: job.input });
		}
	}

	/** Rejects a request and drops those of its inputs that have not begun. */
	#fail(request: RunRequest, error: unknown): void {
		request.fail(error);
		for (const { id, lane, input } of request.jobs) {
			const waiting = this.#waiting.delete(id);
			const sent = this.#sent.delete(id);
			if (sent !== undefined) this.#connection?.send({ kind: "cancel", id });
			if (waiting !== undefined || sent !== undefined) {
				this.#characters[lane] -= lengthOf(input);
			}
		}
		this.#send();
	}
}
