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

	get(key: string, load: () => Promise<V>): Promise<V> {
		const { now, ttlMs, maxEntries } = this.#options;
		const found = this.#entries.get(key);
		if (found && found.expires > now()) return found.value;
		this.#entries.delete(key);
		const entry = { value: load(), expires: now() + ttlMs };
		this.#entries.set(key, entry);
		entry.value.catch(() => {
			if (this.#entries.get(key) === entry) this.#entries.delete(key);
		});
		const [oldest] = this.#entries.keys();
		if (this.#entries.size > maxEntries && oldest !== undefined)
			this.#entries.delete(oldest);
		return entry.value;
	}

	clear(): void {
		this.#entries.clear();
	}
}
