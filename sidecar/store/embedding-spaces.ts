import type { Client } from "@opensearch-project/opensearch";
import { isObject, type JsonObject } from "../../ingest/json.ts";
import { statusOf, storeError } from "./client.ts";
import { writeIndexAmong } from "./write-index.ts";

/** The model that wrote the first vectors of a field. */
export interface EmbeddingSpace {
	readonly modelId: string;
	/** `model_content_hash_value` */
	readonly contentHash: string;
}

/** By field. */
export type EmbeddingSpaces = ReadonlyMap<string, EmbeddingSpace>;

export interface RecordedSpaces {
	readonly spaces: EmbeddingSpaces;
	/** Whether any of them was not there before. */
	readonly written: boolean;
}

/** The member of a mapping's `_meta` that is the sidecar's, and the one in there that holds the records. */
const ownKey = "ml_sidecar";
const spacesKey = "embedding_models";

/** Records, in the mappings of indices, of the models that made their vectors. */
export class EmbeddingSpaceStore {
	readonly #client: Client;

	constructor(client: Client) {
		this.#client = client;
	}

	/**
	 * What is recorded in the indices that an expression means, by index; all indices without one. Nothing where the
	 * sidecar may not know.
	 */
	async read(
		expression: string | undefined,
	): Promise<Map<string, EmbeddingSpaces>> {
		try {
			const { body } = await this.#client.indices.getMapping({
				index: expression ?? "_all",
				ignore_unavailable: true,
				allow_no_indices: true,
				filter_path: [`*.mappings._meta.${ownKey}.${spacesKey}`],
			});
			return new Map(
				Object.entries(body).map(([index, answer]) => [
					index,
					spacesIn(metaOf(answer)),
				]),
			);
		} catch (error) {
			const status = statusOf(error);
			// OpenSearch says what is wrong with the expression to whoever searches by it.
			if (status === 404 || status === 400 || status === 403) return new Map();
			throw storeError(error, "read which models wrote an index's vectors");
		}
	}

	/**
	 * Records the models of fields of which none is recorded yet, in the index that a write to a name goes to. OpenSearch
	 * changes `_meta` as a whole and without a condition: of two sidecars that do this at the same moment one may lose its
	 * record, and only its record.
	 *
	 * @returns undefined where there is no such index yet
	 */
	async record(
		name: string,
		spaces: EmbeddingSpaces,
	): Promise<RecordedSpaces | undefined> {
		try {
			const { body } = await this.#client.indices.getMapping({ index: name });
			const indices = Object.keys(body);
			const index =
				indices.length > 1
					? await writeIndexAmong(this.#client, name, indices)
					: indices[0];
			if (index === undefined) return undefined;
			const meta = metaOf(body[index]);
			const known = spacesIn(meta);
			const mapped = [...spaces].filter(([field]) =>
				isVector(body[index], field.split(".")),
			);
			const all = new Map([...mapped, ...known]);
			const written = all.size > known.size;
			if (written)
				await this.#client.indices.putMapping({
					index,
					body: { _meta: withSpaces(meta, all) },
				});
			return { spaces: all, written };
		} catch (error) {
			if (statusOf(error) === 404) return undefined;
			throw storeError(
				error,
				`record which models wrote the vectors of ${name}`,
			);
		}
	}
}

function metaOf(answer: unknown): JsonObject {
	const mappings = isObject(answer) ? answer.mappings : undefined;
	const meta = isObject(mappings) ? mappings._meta : undefined;
	return isObject(meta) ? meta : {};
}

/** Whether a mapping has vectors at the end of a path. */
function isVector(answer: unknown, path: readonly string[]): boolean {
	let mapping: unknown = isObject(answer) ? answer.mappings : undefined;
	for (const name of path) {
		const properties = isObject(mapping) ? mapping.properties : undefined;
		mapping = isObject(properties) ? properties[name] : undefined;
	}
	return isObject(mapping) && mapping.type === "knn_vector";
}

/** Whatever does not read as a record is none: anyone may write there. */
function spacesIn(meta: JsonObject): Map<string, EmbeddingSpace> {
	const own = meta[ownKey];
	const spaces = isObject(own) ? own[spacesKey] : undefined;
	return new Map(
		Object.entries(isObject(spaces) ? spaces : {}).flatMap(
			([field, space]): [string, EmbeddingSpace][] => {
				if (!isObject(space)) return [];
				const { model_id, content_hash } = space;
				return typeof model_id === "string" && typeof content_hash === "string"
					? [[field, { modelId: model_id, contentHash: content_hash }]]
					: [];
			},
		),
	);
}

function withSpaces(meta: JsonObject, spaces: EmbeddingSpaces): JsonObject {
	const own = meta[ownKey];
	return {
		...meta,
		[ownKey]: {
			...(isObject(own) && own),
			[spacesKey]: Object.fromEntries(
				[...spaces].map(([field, { modelId, contentHash }]) => [
					field,
					{ model_id: modelId, content_hash: contentHash },
				]),
			),
		},
	};
}
