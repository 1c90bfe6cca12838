import type { Logger } from "pino";
import type { ClusterStore } from "../../store/cluster.ts";
import { ExpiringCache } from "../expiring-cache.ts";

/** OpenSearch's default of `http.max_content_length`. */
const defaultBytes = 104_857_600;

/** It is set in a file, and takes a restart to change. */
const cacheMs = 600_000;

/** How large a body OpenSearch takes. */
export class ContentLimit {
	readonly #store: ClusterStore;
	readonly #logger: Logger;
	readonly #known: ExpiringCache<number>;

	constructor({
		store,
		logger,
		now,
	}: {
		store: ClusterStore;
		logger: Logger;
		now: () => number;
	}) {
		this.#store = store;
		this.#logger = logger;
		this.#known = new ExpiringCache({ ttlMs: cacheMs, maxEntries: 1, now });
	}

	/** Bytes, of the node that takes least; OpenSearch's default where it does not say. */
	get(): Promise<number> {
		return this.#known.get("", async () => {
			try {
				return (await this.#store.maxContentLength()) ?? defaultBytes;
			} catch (error) {
				this.#logger.info(
					{ err: error },
					"OpenSearch does not say how large a body may be: its default is taken",
				);
				return defaultBytes;
			}
		});
	}
}
