import type { Lane } from "./lanes.ts";
import { lengthOf, type ModelInput, type ModelResult } from "./model-result.ts";

/** Where the result of an input goes. */
export interface Taker {
	request: RunRequest;
	/** Its place in the request. */
	index: number;
}

/** One input on its way through the queue and a process, for all the requests that want it. */
export class RunJob {
	readonly id: number;
	/** Of what is to be run: equal inputs have equal keys. */
	readonly key: string;
	readonly input: ModelInput;
	readonly tokens: number;
	readonly characters: number;
	/** When it came, on `performance.now()`'s clock. */
	readonly arrived: number;
	readonly takers: Taker[] = [];
	/** In whose turn it waits. */
	owner: RunRequest;
	lane: Lane;
	/** Processes that ended while they had it. */
	losses = 0;

	constructor(options: {
		id: number;
		key: string;
		input: ModelInput;
		/** Estimated. */
		tokens: number;
		owner: RunRequest;
		arrived: number;
	}) {
		const { id, key, input, tokens, owner, arrived } = options;
		this.id = id;
		this.key = key;
		this.input = input;
		this.tokens = tokens;
		this.characters = lengthOf(input);
		this.owner = owner;
		this.lane = owner.lane;
		this.arrived = arrived;
	}
}

/**
 * The inputs that one call wants run, and what of it is there. It settles once: with all the results in order, or
 * with the first error.
 */
export class RunRequest {
	readonly answer: Promise<ModelResult[]>;
	readonly lane: Lane;
	/** What it waits for. */
	readonly jobs = new Set<RunJob>();
	readonly #results: ModelResult[];
	#missing: number;
	#settled = false;
	#resolve: (results: ModelResult[]) => void = () => undefined;
	#reject: (error: unknown) => void = () => undefined;

	constructor(inputs: number, lane: Lane) {
		this.lane = lane;
		this.answer = new Promise((resolve, reject) => {
			this.#resolve = resolve;
			this.#reject = reject;
		});
		this.#results = new Array(inputs);
		this.#missing = inputs;
	}

	get settled(): boolean {
		return this.#settled;
	}

	/** Inputs without a result. */
	get missing(): number {
		return this.#missing;
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
