import type { Lane } from "./lanes.ts";
import type { Embedding } from "./model-spec.ts";

/** One text of a request, on its way through the queue and a process. */
export interface TextJob {
	readonly id: number;
	readonly lane: Lane;
	readonly text: string;
	readonly request: EmbedRequest;
	/** Its place in the request. */
	readonly index: number;
	/** Processes that ended while they had it. */
	losses: number;
}

/**
 * The texts that one call wants embedded, and what of it is there. It settles once: with all the embeddings in
 * order, or with the first error.
 */
export class EmbedRequest {
	readonly answer: Promise<Embedding[]>;
	readonly jobs: readonly TextJob[];
	readonly #embeddings: Embedding[];
	#missing: number;
	#settled = false;
	#resolve: (embeddings: Embedding[]) => void = () => undefined;
	#reject: (error: unknown) => void = () => undefined;

	/** `nextId` numbers the jobs. */
	constructor(texts: readonly string[], lane: Lane, nextId: () => number) {
		this.answer = new Promise((resolve, reject) => {
			this.#resolve = resolve;
			this.#reject = reject;
		});
		this.jobs = texts.map((text, index) => ({
			id: nextId(),
			lane,
			text,
			request: this,
			index,
			losses: 0,
		}));
		this.#embeddings = new Array(texts.length);
		this.#missing = texts.length;
	}

	get settled(): boolean {
		return this.#settled;
	}

	/** Takes one text's embedding. */
	put(index: number, embedding: Embedding): void {
		this.#embeddings[index] = embedding;
		this.#missing--;
		if (this.#missing === 0 && !this.#settled) {
			this.#settled = true;
			this.#resolve(this.#embeddings);
		}
	}

	fail(error: unknown): void {
		this.#settled = true;
		this.#reject(error);
	}
}
