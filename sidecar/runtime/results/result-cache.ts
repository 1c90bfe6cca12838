import { KeptResults } from "./kept-results.ts";
import { ResultSpace, type ResultStats } from "./result-space.ts";

export interface ResultCacheOptions {
	/** All results together, with what keeping them costs; 0 for no cache. */
	maxBytes: number;
}

/**
 * What models made of inputs, so that it is not made again; bounded in bytes, for each model and in all. What was kept
 * for a model that has left memory stays, for it may come back soon, and gives way before anything else.
 */
export class ResultCache {
	readonly #maxBytes: number;
	/** By identity. At most one for each model in memory, and those of `#idle`. */
	readonly #kept = new Map<string, KeptResults>();
	/** Identities that no model in memory has, longest first; none of them is empty. */
	readonly #idle = new Map<KeptResults, string>();
	#bytes = 0;
	#hits = 0;
	#misses = 0;
	#evictions = 0;

	constructor({ maxBytes }: ResultCacheOptions) {
		this.#maxBytes = maxBytes;
	}

	/**
	 * A model's part of the cache, until it is closed.
	 *
	 * @param identity of content and configuration: models with the same one make the same of an input
	 * @param maxBytes 0: nothing is kept or looked up for this model; left out: as much as the whole cache has
	 */
	open(identity: string, maxBytes?: number): ResultSpace {
		const kept = this.#kept.get(identity) ?? new KeptResults();
		this.#kept.set(identity, kept);
		this.#idle.delete(kept);
		const space = new ResultSpace(
			{
				maxBytes: this.#maxBytes,
				change: (changed, work) => this.#change(changed, work),
				looked: (found) => {
					if (found) this.#hits++;
					else this.#misses++;
				},
				closed: (left) => {
					if (left.isUsed) return;
					if (left.size === 0) this.#kept.delete(identity);
					else this.#idle.set(left, identity);
				},
			},
			kept,
		);
		space.resize(maxBytes);
		return space;
	}

	/** Forgets the results of an identity, whether a model in memory has it or not, or all. @returns how many there were */
	clear(identity?: string): number {
		let cleared = 0;
		for (const [of, kept] of this.#kept) {
			if (identity !== undefined && of !== identity) continue;
			cleared += this.#change(kept, () => kept.clear());
			if (this.#idle.delete(kept)) this.#kept.delete(of);
		}
		return cleared;
	}

	/** Of all spaces since the cache was made, also those that are closed. */
	stats(): ResultStats {
		let entries = 0;
		for (const kept of this.#kept.values()) entries += kept.size;
		return {
			hits: this.#hits,
			misses: this.#misses,
			evictions: this.#evictions,
			entries,
			bytes: this.#bytes,
			maxBytes: this.#maxBytes,
		};
	}

	#change<T>(kept: KeptResults, work: () => T): T {
		const { bytes, evictions } = kept;
		const result = work();
		this.#bytes += kept.bytes - bytes;
		this.#evictions += kept.evictions - evictions;
		while (this.#bytes > this.#maxBytes) this.#giveWay();
		return result;
	}

	/** Takes one result out: of those that no model uses, else of the identity that holds the most. */
	#giveWay(): void {
		const [idle] = this.#idle.keys();
		const kept = idle ?? this.#largest();
		const { bytes } = kept;
		if (kept.evict()) this.#evictions++;
		this.#bytes += kept.bytes - bytes;
		const identity = this.#idle.get(kept);
		if (identity === undefined || kept.size > 0) return;
		this.#idle.delete(kept);
		this.#kept.delete(identity);
	}

	#largest(): KeptResults {
		return [...this.#kept.values()].reduce((a, b) =>
			b.bytes > a.bytes ? b : a,
		);
	}
}
