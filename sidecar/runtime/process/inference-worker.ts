import { Worker } from "node:worker_threads";
import { SidecarError } from "../../errors.ts";
import type { ModelSpec } from "../model-spec.ts";
import type { Tokens } from "../session.ts";
import type { Runner, TimedOutput } from "./runner.ts";
import type { FromWorker } from "./worker.ts";

interface Waiting<T> {
	resolve: (value: T) => void;
	reject: (error: unknown) => void;
}

/** A worker thread with a session, seen from the thread that gives it work. */
export class InferenceWorker implements Runner {
	readonly inputs: readonly string[];
	readonly outputs: readonly string[];
	/** The last dimension of the first output that is read. */
	readonly width: number;
	readonly #worker: Worker;
	#waiting: Waiting<TimedOutput> | undefined;

	private constructor(
		worker: Worker,
		ready: Extract<FromWorker, { kind: "ready" }>,
	) {
		this.#worker = worker;
		this.inputs = ready.inputs;
		this.outputs = ready.outputs;
		this.width = ready.width;
		worker.on("message", (message: FromWorker) => this.#answered(message));
	}

	/**
	 * Starts a thread and loads the model in it. Rejects with the session's reason. A thread that ends later,
	 * out of memory or by an error nobody caught, ends the whole process: its parent starts another.
	 */
	static start(spec: ModelSpec): Promise<InferenceWorker> {
		const script = new URL("./worker.js", import.meta.url);
		const worker = new Worker(script, { workerData: spec });
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

	/** Runs one input; only for an idle worker. */
	run(tokens: Tokens): Promise<TimedOutput> {
		return new Promise((resolve, reject) => {
			this.#waiting = { resolve, reject };
			this.#worker.postMessage(tokens);
		});
	}

	#answered(message: FromWorker): void {
		const waiting = this.#waiting;
		this.#waiting = undefined;
		if (message.kind === "ran") waiting?.resolve(message);
		if (message.kind === "failed") {
			const { code, reason } = message.refusal;
			waiting?.reject(new SidecarError(code, reason));
		}
	}
}
