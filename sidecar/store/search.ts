import { type Client, errors } from "@opensearch-project/opensearch";
import { statusOf, storeError } from "./client.ts";
import { modelGroupIndex, modelIndex, taskIndex } from "./hidden-indices.ts";

/** What can be searched, and the index that it is in. */
const indices = {
	model: modelIndex,
	task: taskIndex,
	model_group: modelGroupIndex,
} as const;

export type Searchable = keyof typeof indices;

/** OpenSearch's own answer, also one that refuses the search. */
export interface SearchAnswer {
	status: number;
	body: unknown;
}

/** Searches in the hidden indices, with the sidecar's own credentials. */
export class SearchStore {
	readonly #client: Client;

	constructor(client: Client) {
		this.#client = client;
	}

	/**
	 * Runs a search on one index; nothing is found where it does not exist yet. OpenSearch's window of results (10,000
	 * hits) and its limit of buckets bound the answer.
	 *
	 * @param body an object, or a client's text as it came
	 * @returns OpenSearch's answer, or its 400
	 */
	async search(
		kind: Searchable,
		body: Record<string, unknown> | string,
	): Promise<SearchAnswer> {
		const index = indices[kind];
		try {
			const answer = await this.#client.transport.request({
				method: "POST",
				path: `/${encodeURIComponent(index)}/_search`,
				querystring: { ignore_unavailable: true },
				body,
			});
			return { status: 200, body: answer.body };
		} catch (error) {
			if (error instanceof errors.ResponseError && statusOf(error) === 400)
				return { status: 400, body: error.body };
			throw storeError(error, `search ${index}`);
		}
	}
}
