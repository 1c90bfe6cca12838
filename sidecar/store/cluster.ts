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

	/** The health of each hidden index that is there: green, yellow or red. */
	async hiddenIndexHealth(): Promise<Map<string, string>> {
		try {
			const { body } = await this.#client.cat.indices({
				index: ".ml-sidecar-*",
				expand_wildcards: "all",
				format: "json",
				h: ["index", "health"],
			});
			return new Map(
				body.map(({ index, health }) => [index ?? "", health ?? "red"]),
			);
		} catch (error) {
			throw storeError(error, "ask for the health of its hidden indices");
		}
	}
}
