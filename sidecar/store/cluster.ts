import type { Client } from "@opensearch-project/opensearch";
import { storeError } from "./client.ts";

/** The cluster as a whole. */
export class ClusterStore {
	readonly #client: Client;

	constructor(client: Client) {
		this.#client = client;
	}

	/** Asks OpenSearch whether it answers. @throws SidecarError when it does not within `timeoutMs` */
	async ping(timeoutMs: number): Promise<void> {
		try {
			await this.#client.ping({}, { requestTimeout: timeoutMs, maxRetries: 0 });
		} catch (error) {
			throw storeError(error, "ask whether it answers");
		}
	}
}
