import type { Client } from "@opensearch-project/opensearch";
import { isObject } from "../../ingest/json.ts";
import { statusOf, storeError } from "./client.ts";

/** What an index's mapping says of a field. */
export interface FieldType {
	readonly type: string;
	/** Of a `knn_vector` that is mapped with one. */
	readonly dimension?: number;
}

/** How fields are mapped. */
export class FieldTypeStore {
	readonly #client: Client;

	constructor(client: Client) {
		this.#client = client;
	}

	/**
	 * The indices that an expression means, each with what it says of a field; undefined where that is not mapped.
	 *
	 * @param expression all indices without one
	 * @returns undefined where the sidecar may not know
	 */
	async inIndices(
		expression: string | undefined,
		field: string,
	): Promise<Map<string, FieldType | undefined> | undefined> {
		try {
			const { body } = await this.#client.indices.getFieldMapping({
				index: expression ?? "_all",
				fields: [field],
				ignore_unavailable: true,
				allow_no_indices: true,
			});
			return new Map(
				Object.entries(body).map(([index, answer]) => [
					index,
					readType(answer, field),
				]),
			);
		} catch (error) {
			const status = statusOf(error);
			// OpenSearch says what is wrong with the expression to whoever searches by it.
			if (status === 404 || status === 400) return new Map();
			if (status === 403) return undefined;
			throw storeError(error, `read how [${field}] is mapped`);
		}
	}
}

function readType(answer: unknown, field: string): FieldType | undefined {
	const mappings = isObject(answer) ? answer.mappings : undefined;
	const found = isObject(mappings) ? mappings[field] : undefined;
	// Named by the last part of the field's name, whatever that is.
	const [mapping]: unknown[] =
		isObject(found) && isObject(found.mapping)
			? Object.values(found.mapping)
			: [];
	if (!isObject(mapping) || typeof mapping.type !== "string") return undefined;
	const { type, dimension } = mapping;
	return { type, ...(typeof dimension === "number" && { dimension }) };
}
