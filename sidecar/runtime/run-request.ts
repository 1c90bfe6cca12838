import type { Lane } from "./lanes.ts";
import type { ModelInput, ModelResult } from "./model-result.ts";

/** One input of a request, on its way through the queue and a process. */
export interface RunJob {
	readonly id: number;
	readonly lane: Lane;
	readonly input: ModelInput;
	readonly request: RunRequest;
	/** Its place in the request. */
	readonly index: number;
	/** Processes that ended while they had it. */
	losses: number;
}

/**
 * The inputs that one call wants run, and what of it is there. It settles once: with all the results in order, or
 * with the first error.
 */
export class RunRequest {
	readonly answer: Promise<ModelResult[]>;
	readonly jobs: readonly RunJob[];
	readonly #results: ModelResult[];
	#missing: number;
	#settled = false;
	#resolve: (results: ModelResult[]) => void = () => undefined;
	#reject: (error: unknown) => void = () => undefined;

	/** `nextId` numbers the jobs. */
	constructor(inputs: readonly ModelInput[], lane: Lane, nextId: () => number) {
		this.answer = new Promise((resolve, reject) => {
			this.#resolve = resolve;
			this.#reject = reject;
		});
		this.jobs = inputs.map((input, index) => ({
			id: nextId(),
			lane,
			input,
			request: this,
			index,
			losses: 0,
		}));
		this.#results = new Array(inputs.length);
		this.#missing = inputs.length;
	}

	get settled(): boolean {
		return this.#settled;
	}

	/** Takes what came of one input. */
	put(index: number, result: ModelResult): void {
		this.#results[index] = result;
		this.#missing--;
		if (this.#missing === 0 && !this.#settled) {
			this.#settled = true;
			this.#resolve(this.#results);
		}
	}

	fail(error: unknown): void {
		this.#settled = true;
		this.#reject(error);
	}
}
