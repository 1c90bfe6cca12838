export interface ExpiringCacheOptions {
	/** How long a value is good for, from the moment it was asked for. */
	ttlMs: number;
	/** The oldest leaves when there are more. */
	maxEntries: number;
	/** Milliseconds on a clock that never goes back. */
	now: () => number;
}

interface Entry<V> {
	value: Promise<V>;
	/** The same once it is there. */
	loaded?: V;
	expires: number;
}

/**
 * Values by key, each loaded once by all who ask for it at the same time and forgotten after a time. A failed
 * load is not kept.
 */
export class ExpiringCache<V> {
	readonly #options: ExpiringCacheOptions;
	readonly #entries = new Map<string, Entry<V>>();

	constructor(options: ExpiringCacheOptions) {
		this.#options = options;
	}

	/** What is there, without waiting; undefined where it has to be loaded first. */
	peek(key: string): V | undefined {
		const found = this.#entries.get(key);
		return found && found.expires > this.#options.now()
			? found.loaded
			: undefined;
	}

	get(key: string, load: () => Promise<V>): Promise<V> {
		const { now, ttlMs, maxEntries } = this.#options;
		const found = this.#entries.get(key);
		if (found && found.expires > now()) return found.value;
		this.#entries.delete(key);
		const entry: Entry<V> = { value: load(), expires: now() + ttlMs };
		this.#entries.set(key, entry);
		entry.value.then(
			(loaded) => {
				entry.loaded = loaded;
			},
			() => {
				if (this.#entries.get(key) === entry) this.#entries.delete(key);
			},
		);
		const [oldest] = this.#entries.keys();
		if (this.#entries.size > maxEntries && oldest !== undefined)
			this.#entries.delete(oldest);
		return entry.value;
	}

	clear(): void {
		this.#entries.clear();
	}
}
