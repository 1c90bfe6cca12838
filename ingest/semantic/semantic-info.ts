import { illegal } from "../invalid-definition.ts";
import { isObject, type JsonObject } from "../json.ts";

/** A field's model, as far as a mapping needs it. */
export interface SemanticModel {
	readonly id: string;
	readonly name: string;
	/** Its function, as ml-commons names it. */
	readonly type: string;
	readonly dimension: number | undefined;
	readonly spaceType: unknown;
}

/** What a vector field says only by its model. */
const reserved = ["dimension", "space_type", "data_type"];

const unindexedText = { type: "text", index: false };

/**
 * The mapping of what stands beside a `semantic` field.
 *
 * @param path the field's full name
 * @throws InvalidDefinition in neural-search's words
 */
export function infoMapping(
	path: string,
	options: JsonObject,
	model: SemanticModel,
): JsonObject {
	const embedding = embeddingMapping(path, options, model);
	const { chunking = false } = options;
	if (typeof chunking !== "boolean" && !Array.isArray(chunking))
		throw illegal(
			`chunking should either be a boolean or a list of maps for the semantic field at ${path}`,
		);
	const vectors =
		chunking === false
			? { embedding }
			: {
					chunks: {
						type: "nested",
						properties: { text: { type: "text" }, embedding },
					},
				};
	const parts = { id: unindexedText, name: unindexedText, type: unindexedText };
	return { properties: { ...vectors, model: { properties: parts } } };
}

function embeddingMapping(
	path: string,
	options: JsonObject,
	model: SemanticModel,
): JsonObject {
	switch (model.type) {
		case "TEXT_EMBEDDING":
			return denseMapping(path, options, model);
		case "SPARSE_ENCODING":
		case "SPARSE_TOKENIZE":
			if (Object.hasOwn(options, "dense_embedding_config"))
				throw illegal(
					"Cannot build the semantic info config because dense_embedding_config is not supported by the sparse model.",
				);
			return { type: "rank_features" };
		default:
			throw illegal(
				`The algorithm ${model.type} of the model ${model.id} is not supported in the semantic field. Supported algorithms: [SPARSE_ENCODING,SPARSE_TOKENIZE,TEXT_EMBEDDING].`,
			);
	}
}

function denseMapping(
	path: string,
	options: JsonObject,
	{ id, dimension, spaceType }: SemanticModel,
): JsonObject {
	const asDense =
		"Cannot build the semantic info config because the dense(text embedding) model cannot support";
	if (Object.hasOwn(options, "semantic_field_search_analyzer"))
		throw illegal(`${asDense} semantic_field_search_analyzer`);
	if (Object.hasOwn(options, "sparse_encoding_config"))
		throw illegal(`${asDense} sparse_encoding_config.`);
	const config = options.dense_embedding_config ?? {};
	if (!isObject(config))
		throw illegal(
			`dense_embedding_config should be a Map<String, Object> for the semantic field at ${path}`,
		);
	const { method = {}, ...others } = config;
	if (!isObject(method))
		throw illegal(
			"Cannot build the semantic info config because method must be a Map when provided.",
		);
	const found =
		reserved.find((name) => Object.hasOwn(others, name)) ??
		(Object.hasOwn(method, "space_type") ? "space_type" : undefined);
	if (found !== undefined)
		throw illegal(
			`Cannot configure ${found} in dense_embedding_config in the semantic field.`,
		);
	if (dimension === undefined)
		throw illegal(`embedding_dimension is not defined in the model ${id}.`);
	if (typeof spaceType !== "string")
		throw illegal(
			`space_type is not defined or not a string in the additional_config of the model ${id}.`,
		);
	return {
		type: "knn_vector",
		dimension,
		method: { name: "hnsw", ...method, space_type: spaceType },
		...others,
	};
}
