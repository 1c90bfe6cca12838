import type { Client } from "@opensearch-project/opensearch";
import { isObject } from "../../ingest/json.ts";
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

	/** `http.max_content_length` of the node that has the smallest, bytes; undefined where none says. */
	async maxContentLength(): Promise<number | undefined> {
		try {
			const { body } = await this.#client.http.get({
				path: "/_nodes/http",
				querystring: {
					filter_path: "nodes.*.http.max_content_length_in_bytes",
				},
			});
			const nodes: unknown = isObject(body) ? body.nodes : undefined;
			const limits = Object.values(isObject(nodes) ? nodes : {}).flatMap(
				(node) => {
					const http = isObject(node) ? node.http : undefined;
					const bytes = isObject(http) && http.max_content_length_in_bytes;
					return typeof bytes === "number" ? bytes : [];
				},
			);
			return limits.length === 0 ? undefined : Math.min(...limits);
		} catch (error) {
			throw storeError(error, "ask how large a body may be");
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
