import type { Lane } from "../lanes.ts";
import type { ModelResult } from "../model-result.ts";
import { compact, resultBytes } from "./result-size.ts";
import { S3Fifo } from "./s3-fifo.ts";

/** What is kept for one identity, whichever models have it. */
export class KeptResults {
	readonly #results = new S3Fifo<ModelResult>();
	/** The limit of each user, bytes. */
	readonly #users = new Map<object, number>();
	#limit = 0;
	#evictions = 0;

	get bytes(): number {
		return this.#results.bytes;
	}

	get size(): number {
		return this.#results.size;
	}

	/** Results that left for want of room. */
	get evictions(): number {
		return this.#evictions;
	}

	/** Whether any model in memory has the identity. */
	get isUsed(): boolean {
		return this.#users.size > 0;
	}

	/** Lets a user in, or gives it another limit. The largest limit of all users holds. */
	limit(user: object, maxBytes: number): void {
		this.#users.set(user, maxBytes);
		this.#limit = Math.max(...this.#users.values());
		this.#fit();
	}

	/** After the last user the limit stays as it was. */
	leave(user: object): void {
		this.#users.delete(user);
		if (!this.isUsed) return;
		this.#limit = Math.max(...this.#users.values());
		this.#fit();
	}

	get(key: string): ModelResult | undefined {
		return this.#results.get(key);
	}

	/** What ingest ran leaves no ghost: a text that a bulk brings again after a million others is not in use. */
	put(key: string, result: ModelResult, lane: Lane): void {
		const kept = compact(result);
		const bytes = resultBytes(kept);
		if (bytes > this.#limit) return;
		this.#results.put(key, Object.freeze(kept), {
			bytes,
			leavesGhost: lane === "search",
		});
		this.#fit();
	}

	/** Lets one result go. @returns false if there is none */
	evict(): boolean {
		const left = this.#results.evict();
		if (left) this.#evictions++;
		return left;
	}

	/** @returns how many results there were */
	clear(): number {
		return this.#results.clear();
	}

	#fit(): void {
		while (this.#results.bytes > this.#limit && this.evict());
	}
}
