import type { Client } from "@opensearch-project/opensearch";
import { storeError } from "./client.ts";
import { hiddenPattern } from "./hidden-indices.ts";

/** The aliases that somebody gave to the sidecar's indices; the sidecar gives none. */
export class HiddenAliasStore {
	readonly #client: Client;
	readonly #timeoutMs: number;

	/** @param timeoutMs within which OpenSearch has to answer: clients wait for it */
	constructor(client: Client, timeoutMs: number) {
		this.#client = client;
		this.#timeoutMs = timeoutMs;
	}

	/** Their names, each once. */
	async all(): Promise<string[]> {
		try {
			const { body } = await this.#client.indices.getAlias(
				{ index: hiddenPattern, expand_wildcards: "all" },
				{ requestTimeout: this.#timeoutMs, maxRetries: 0 },
			);
			const names = Object.values(body).flatMap(({ aliases }) =>
				Object.keys(aliases ?? {}),
			);
			return [...new Set(names)];
		} catch (error) {
			throw storeError(error, "read the aliases of the hidden indices");
		}
	}
}
