import type { Lane } from "../lanes.ts";
import type { ModelResult } from "../model-result.ts";
import type { KeptResults } from "./kept-results.ts";

export interface ResultStats {
	/** Inputs that were looked up and found, or not. */
	hits: number;
	misses: number;
	/** Results that left for want of room. */
	evictions: number;
	entries: number;
	/** Memory that the entries take, with what keeping them costs. */
	bytes: number;
	maxBytes: number;
}

/** What a space needs of the cache that it is a part of. */
export interface SpaceOwner {
	/** The most that a space can have, bytes. */
	readonly maxBytes: number;
	/** Does what changes the results that are kept; all together are then within the limit. */
	change<T>(kept: KeptResults, work: () => T): T;
	looked(found: boolean): void;
	closed(kept: KeptResults): void;
}

/**
 * One model's part of the cache. Models of equal identity share the results and what is said of them (entries, bytes,
 * evictions); hits, misses and the limit are each one's own, and the largest of their limits holds for all.
 */
export class ResultSpace {
	readonly #owner: SpaceOwner;
	readonly #kept: KeptResults;
	#maxBytes = 0;
	#hits = 0;
	#misses = 0;
	#open = true;

	/** Made by `ResultCache.open`. */
	constructor(owner: SpaceOwner, kept: KeptResults) {
		this.#owner = owner;
		this.#kept = kept;
	}

	/** The result kept for an input's key. It is everybody's: its arrays must never be written to. */
	get(key: string): ModelResult | undefined {
		if (!this.#isOn) return undefined;
		const result = this.#kept.get(key);
		if (result) this.#hits++;
		else this.#misses++;
		this.#owner.looked(result !== undefined);
		return result;
	}

	/**
	 * Keeps what was made of an input, unless it takes more than the limit. From then on the result is everybody's: the
	 * object is frozen, and its arrays must never be written to.
	 */
	put(key: string, result: ModelResult, lane: Lane): void {
		if (!this.#isOn) return;
		this.#owner.change(this.#kept, () => this.#kept.put(key, result, lane));
	}

	/** Forgets what is kept, for all models of this identity. @returns how many results that were */
	clear(): number {
		if (!this.#open) return 0;
		return this.#owner.change(this.#kept, () => this.#kept.clear());
	}

	/** @param maxBytes 0: nothing is kept or looked up for this model; left out: as much as the whole cache has */
	resize(maxBytes: number = this.#owner.maxBytes): void {
		if (!this.#open) return;
		this.#maxBytes = Math.min(maxBytes, this.#owner.maxBytes);
		this.#owner.change(this.#kept, () =>
			this.#kept.limit(this, this.#maxBytes),
		);
	}

	stats(): ResultStats {
		return {
			hits: this.#hits,
			misses: this.#misses,
			evictions: this.#kept.evictions,
			entries: this.#kept.size,
			bytes: this.#kept.bytes,
			maxBytes: this.#maxBytes,
		};
	}

	/** Nothing is kept or found through it any more. */
	close(): void {
		if (!this.#open) return;
		this.#open = false;
		this.#owner.change(this.#kept, () => this.#kept.leave(this));
		this.#owner.closed(this.#kept);
	}

	get #isOn(): boolean {
		return this.#open && this.#maxBytes > 0;
	}
}
