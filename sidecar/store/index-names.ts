import type { Client } from "@opensearch-project/opensearch";
import { statusOf, storeError } from "./client.ts";

/** Which indices an expression means. */
export class IndexNameStore {
	readonly #client: Client;

	constructor(client: Client) {
		this.#client = client;
	}

	/** Those of the indices behind an expression that have a default or a final pipeline; hidden ones too. */
	async withPipelines(expression: string): Promise<string[]> {
		try {
			const { body } = await this.#client.indices.getSettings({
				index: expression,
				name: ["index.default_pipeline", "index.final_pipeline"],
				flat_settings: true,
				ignore_unavailable: true,
				expand_wildcards: "all",
			});
			return Object.keys(body);
		} catch (error) {
			const status = statusOf(error);
			// OpenSearch says what is wrong with the expression to whoever searches by it.
			if (status === 404 || status === 400) return [];
			throw storeError(error, `read the settings of ${expression}`);
		}
	}
}
