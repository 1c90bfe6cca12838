import type { Logger } from "pino";
import type { HiddenAliasStore } from "../store/hidden-aliases.ts";
import { ExpiringCache } from "./expiring-cache.ts";

/** How long a list of aliases is good for, milliseconds: somebody gave them around the sidecar. */
const goodForMs = 3_000;

export interface HiddenAliasOptions {
	store: HiddenAliasStore;
	logger: Logger;
	/** Milliseconds on a clock that never goes back. */
	now: () => number;
}

/** The aliases by which the sidecar's indices could be reached, a few seconds old at most. */
export class HiddenAliasService {
	readonly #options: HiddenAliasOptions;
	readonly #cache: ExpiringCache<ReadonlySet<string>>;
	#known: ReadonlySet<string> = new Set();

	constructor(options: HiddenAliasOptions) {
		this.#options = options;
		const { now } = options;
		this.#cache = new ExpiringCache({ ttlMs: goodForMs, maxEntries: 1, now });
	}

	/**
	 * The same set as long as it does not change. Where OpenSearch can't be asked the last list holds: what a client
	 * wants of an OpenSearch out of reach fails by itself.
	 */
	current(): Promise<ReadonlySet<string>> {
		return this.#cache.get("", () => this.#read());
	}

	/** The same without waiting; undefined where OpenSearch has to be asked first. */
	get known(): ReadonlySet<string> | undefined {
		return this.#cache.peek("");
	}

	async #read(): Promise<ReadonlySet<string>> {
		const { store, logger } = this.#options;
		try {
			const aliases = await store.all();
			const same =
				aliases.length === this.#known.size &&
				aliases.every((alias) => this.#known.has(alias));
			if (!same) this.#known = new Set(aliases);
		} catch (err) {
			logger.warn(
				{ err },
				"the aliases of the sidecar's indices are not known",
			);
		}
		return this.#known;
	}
}
