import { Worker } from "node:worker_threads";
import { SidecarError } from "../../errors.ts";
import type { ModelSpec } from "../model-spec.ts";
import type { Tokens } from "../session.ts";
import type { Runner, TimedOutput } from "./runner.ts";
import type { FromWorker, ToWorker } from "./worker.ts";

/** What a worker's session says about its graph. */
export type LoadedGraph = Omit<Extract<FromWorker, { kind: "loaded" }>, "kind">;

interface Waiting<T> {
	resolve: (value: T) => void;
	reject: (error: unknown) => void;
}

/** A worker thread with a session, seen from the thread that gives it work. */
export class InferenceWorker implements Runner {
	readonly #worker: Worker;
	#loading: Waiting<LoadedGraph> | undefined;
	#waiting: Waiting<TimedOutput> | undefined;

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

	/** Loads the model, once. Rejects with the session's reason. */
	load(spec: ModelSpec): Promise<LoadedGraph> {
		return new Promise((resolve, reject) => {
			this.#loading = { resolve, reject };
			this.#tell({ kind: "load", spec });
		});
	}

	get idle(): boolean {
		return this.#waiting === undefined;
	}

	/** Runs one input; only for an idle worker whose model is loaded. */
	run(tokens: Tokens): Promise<TimedOutput> {
		return new Promise((resolve, reject) => {
			this.#waiting = { resolve, reject };
			this.#tell({ kind: "run", tokens });
		});
	}

	/** Ends a thread that has no model and gets none. */
	async end(): Promise<void> {
		await this.#worker.terminate();
	}

	#tell(message: ToWorker): void {
		this.#worker.postMessage(message);
	}

	#answered(message: FromWorker): void {
		const [loading, waiting] = [this.#loading, this.#waiting];
		this.#loading = undefined;
		this.#waiting = undefined;
		if (message.kind === "loaded") loading?.resolve(message);
		if (message.kind === "ran") waiting?.resolve(message);
		if (message.kind === "failed") {
			const { code, reason } = message.refusal;
			(loading ?? waiting)?.reject(new SidecarError(code, reason));
		}
	}
}
