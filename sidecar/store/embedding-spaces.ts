import type { Client } from "@opensearch-project/opensearch";
import { isObject, type JsonObject } from "../../ingest/json.ts";
import { fieldIn } from "../../ingest/semantic/mapped-field.ts";
import { metaKey } from "../../ingest/semantic/semantic-field.ts";
import { forbiddenOr, statusOf, storeError } from "./client.ts";
import { writeIndexAmong } from "./write-index.ts";

/** The model that wrote the first vectors of a field. */
export interface EmbeddingSpace {
	readonly modelId: string;
	/** `model_content_hash_value` */
	readonly contentHash: string;
}

/** By field. */
export type SpacesByField = ReadonlyMap<string, EmbeddingSpace>;

export interface RecordedSpaces {
	readonly spaces: SpacesByField;
	/** Whether any of them was not there before. */
	readonly written: boolean;
}

/** The member of the sidecar's part of a mapping's `_meta` that holds the records. */
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
	): Promise<Map<string, SpacesByField>> {
		try {
			const { body } = await this.#client.indices.getMapping({
				index: expression ?? "_all",
				ignore_unavailable: true,
				allow_no_indices: true,
				filter_path: [`*.mappings._meta.${metaKey}.${spacesKey}`],
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
		spaces: SpacesByField,
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
				isVector(body[index], field),
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
			throw forbiddenOr(
				error,
				`record which models wrote the vectors of ${name}`,
				"indices:admin/mappings/get and indices:admin/mapping/put",
			);
		}
	}
}

function metaOf(answer: unknown): JsonObject {
	const mappings = isObject(answer) ? answer.mappings : undefined;
	const meta = isObject(mappings) ? mappings._meta : undefined;
	return isObject(meta) ? meta : {};
}

/** Whether an index has vectors in a field. */
function isVector(answer: unknown, field: string): boolean {
	const mapping = isObject(answer) ? answer.mappings : undefined;
	return fieldIn(mapping, field.split("."))?.type === "knn_vector";
}

/** Whatever does not read as a record is none: anyone may write there. */
function spacesIn(meta: JsonObject): Map<string, EmbeddingSpace> {
	const own = meta[metaKey];
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

function withSpaces(meta: JsonObject, spaces: SpacesByField): JsonObject {
	const own = meta[metaKey];
	return {
		...meta,
		[metaKey]: {
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
