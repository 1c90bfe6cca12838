import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import { SidecarError } from "../../errors.ts";
import type { ModelSpec } from "../model-spec.ts";
import type { GraphFile } from "../preparation/graph-file.ts";
import type { Tokens } from "../session.ts";
import type { Runner, TimedOutputs } from "./runner.ts";
import type { FromWorker, ToWorker } from "./worker.ts";

/** What a worker's session says about its graph. */
export type LoadedGraph = Omit<Extract<FromWorker, { kind: "loaded" }>, "kind">;

interface Waiting<T> {
	resolve: (value: T) => void;
	reject: (error: unknown) => void;
}

/** A worker thread with a session, seen from the thread that gives it work. */
export class InferenceWorker implements Runner {
	#threads = 1;
	#form: GraphFile["form"] = "original";
	readonly #worker: Worker;
	#loading: Waiting<LoadedGraph> | undefined;
	#waiting: Waiting<TimedOutputs> | undefined;
	/** When the run was asked for, on `performance.now()`'s clock. */
	#askedAt = 0;
	#trying: Waiting<void> | undefined;

	/**
	 * Starts a thread, without a model. A thread that ends by itself, out of memory or by an error nobody caught,
	 * ends the whole process: its parent starts another.
	 */
	constructor() {
		this.#worker = new Worker(new URL("./worker.js", import.meta.url));
		this.#worker.on("error", (error) => {
			throw error;
		});
		this.#worker.on("message", (message: FromWorker) =>
			this.#answered(message),
		);
	}

	/** Loads the model from one of its files, in place of what it had loaded. Rejects with the session's reason. */
	load(spec: ModelSpec, graph: GraphFile): Promise<LoadedGraph> {
		this.#threads = spec.threadsPerAllocation;
		this.#form = graph.form;
		return new Promise((resolve, reject) => {
			this.#loading = { resolve, reject };
			this.#tell({ kind: "load", spec, graph });
		});
	}

	get threads(): number {
		return this.#threads;
	}

	/** Of the file that it was loaded from. */
	get form(): GraphFile["form"] {
		return this.#form;
	}

	/** Only for a worker whose model is loaded, and one run at a time. */
	run(inputs: readonly Tokens[]): Promise<TimedOutputs> {
		return new Promise((resolve, reject) => {
			this.#waiting = { resolve, reject };
			this.#askedAt = performance.now();
			this.#tell({ kind: "run", inputs });
		});
	}

	/** Rejects for a window that the model has too few positions for; only for a worker that is in no run. */
	tryWindow(window: number, known: number): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#trying = { resolve, reject };
			this.#tell({ kind: "try", window, known });
		});
	}

	/** Ends a thread that is in no run, and frees its model first. */
	async end(): Promise<void> {
		const ended = once(this.#worker, "exit");
		this.#tell({ kind: "end" });
		await ended;
	}

	#tell(message: ToWorker): void {
		this.#worker.postMessage(message);
	}

	#answered(message: FromWorker): void {
		const [loading, waiting] = [this.#loading, this.#waiting];
		const trying = this.#trying;
		this.#loading = undefined;
		this.#trying = undefined;
		this.#waiting = undefined;
		if (message.kind === "loaded") loading?.resolve(message);
		if (message.kind === "tried") trying?.resolve();
		if (message.kind === "ran") {
			const elapsedMicros = (performance.now() - this.#askedAt) * 1_000;
			waiting?.resolve({ ...message, elapsedMicros });
		}
		if (message.kind === "failed") {
			const { code, reason } = message.refusal;
			const asked = loading ?? trying ?? waiting;
			asked?.reject(new SidecarError(code, reason));
		}
	}
}
