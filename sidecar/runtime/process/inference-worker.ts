import { Worker } from "node:worker_threads";
import { SidecarError } from "../../errors.ts";
import type { SessionOptions, Tokens } from "../session.ts";
import type { FromWorker } from "./worker.ts";

/** A vector and the time its run took. */
export interface TimedVector {
	/** [dimension] */
	vector: Float32Array;
	micros: number;
}

interface Waiting<T> {
	resolve: (value: T) => void;
	reject: (error: unknown) => void;
}

/** A worker thread with a session, seen from the thread that gives it work. */
export class InferenceWorker {
	readonly inputs: readonly string[];
	readonly output: string;
	readonly #worker: Worker;
	#waiting: Waiting<TimedVector> | undefined;

	private constructor(
		worker: Worker,
		ready: Extract<FromWorker, { kind: "ready" }>,
	) {
		this.#worker = worker;
		this.inputs = ready.inputs;
		this.output = ready.output;
		worker.on("message", (message: FromWorker) => this.#answered(message));
	}

	/**
	 * Starts a thread and loads the model in it. Rejects with the session's reason. A thread that ends later,
	 * out of memory or by an error nobody caught, ends the whole process: its parent starts another.
	 */
	static start(options: SessionOptions): Promise<InferenceWorker> {
		const script = new URL("./worker.js", import.meta.url);
		const worker = new Worker(script, { workerData: options });
		worker.on("error", (error) => {
			throw error;
		});
		return new Promise((resolve, reject) => {
			worker.once("message", (message: FromWorker) => {
				if (message.kind === "ready") {
					resolve(new InferenceWorker(worker, message));
				} else if (message.kind === "failed") {
					const { code, reason } = message.refusal;
					reject(new SidecarError(code, reason));
				}
			});
		});
	}

	get idle(): boolean {
		return this.#waiting === undefined;
	}

	/** Runs one text; only for an idle worker. The tokens' arrays are given away. */
	run(tokens: Tokens): Promise<TimedVector> {
		return new Promise((resolve, reject) => {
			this.#waiting = { resolve, reject };
			this.#worker.postMessage(tokens);
		});
	}

	#answered(message: FromWorker): void {
		const waiting = this.#waiting;
		this.#waiting = undefined;
		if (message.kind === "vector") waiting?.resolve(message);
		if (message.kind === "failed") {
			const { code, reason } = message.refusal;
			waiting?.reject(new SidecarError(code, reason));
		}
	}
}
