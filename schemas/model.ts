import { type Static, Type } from "typebox";

/** How token vectors become one vector; the names of ml-commons' `pooling_mode`. */
export const poolingModes = [
	"MEAN",
	"MEAN_SQRT_LEN",
	"MAX",
	"WEIGHTED_MEAN",
	"CLS",
	"LAST_TOKEN",
	"NONE",
] as const;

export type PoolingMode = (typeof poolingModes)[number];

/** States of a model as ml-commons names them; clients hold the list for closed. */
export const modelStates = [
	"REGISTERING",
	"REGISTERED",
	"DEPLOYING",
	"DEPLOYED",
	"PARTIALLY_DEPLOYED",
	"UNDEPLOYED",
	"DEPLOY_FAILED",
] as const;

export type ModelState = (typeof modelStates)[number];

/** A model's `model_config` as a client writes it: names in any case, as ml-commons takes them. */
export const ModelConfigRequest = Type.Object({
	model_type: Type.Optional(Type.String()),
	embedding_dimension: Type.Optional(Type.Integer({ minimum: 1 })),
	framework_type: Type.Optional(Type.String()),
	all_config: Type.Optional(Type.String()),
	additional_config: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
	pooling_mode: Type.Optional(Type.String()),
	normalize_result: Type.Optional(Type.Boolean()),
	model_max_length: Type.Optional(Type.Integer({ minimum: 1 })),
	query_prefix: Type.Optional(Type.String()),
	passage_prefix: Type.Optional(Type.String()),
});

export type ModelConfigRequest = Static<typeof ModelConfigRequest>;

/** Body of `POST /_plugins/_ml/models/_register_meta`. Which fields must be there is told in ml-commons' words. */
export const RegisterMetaRequest = Type.Object({
	name: Type.Optional(Type.String()),
	version: Type.Optional(Type.String()),
	description: Type.Optional(Type.String()),
	function_name: Type.Optional(Type.String()),
	model_format: Type.Optional(Type.String()),
	model_group_id: Type.Optional(Type.String()),
	model_content_hash_value: Type.Optional(Type.String()),
	model_content_size_in_bytes: Type.Optional(Type.Integer({ minimum: 0 })),
	total_chunks: Type.Optional(Type.Integer({ minimum: 1 })),
	model_config: Type.Optional(ModelConfigRequest),
});

export type RegisterMetaRequest = Static<typeof RegisterMetaRequest>;

/** What comes in: a body may be missing. */
export const RegisterMetaBody = Type.Union([RegisterMetaRequest, Type.Null()]);

/** One stored chunk, as the model's document remembers it. */
export const ChunkEntry = Type.Object({
	size: Type.Integer(),
	sha256: Type.String(),
});

export type ChunkEntry = Static<typeof ChunkEntry>;

/** `model_config` as stored and shown: upper-case enum names, what is not set is absent. */
export const ModelConfig = Type.Object({
	model_type: Type.Optional(Type.String()),
	embedding_dimension: Type.Integer(),
	framework_type: Type.String(),
	all_config: Type.Optional(Type.String()),
	additional_config: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
	pooling_mode: Type.Optional(Type.Enum([...poolingModes])),
	normalize_result: Type.Optional(Type.Boolean()),
	model_max_length: Type.Optional(Type.Integer()),
	query_prefix: Type.Optional(Type.String()),
	passage_prefix: Type.Optional(Type.String()),
});

export type ModelConfig = Static<typeof ModelConfig>;

/** The document of a model in `.ml-sidecar-model`. Times are epoch milliseconds. */
export const StoredModel = Type.Object({
	name: Type.String(),
	model_group_id: Type.Optional(Type.String()),
	algorithm: Type.Enum(["TEXT_EMBEDDING"]),
	model_version: Type.String(),
	description: Type.Optional(Type.String()),
	model_format: Type.Enum(["ONNX"]),
	model_state: Type.Enum([...modelStates]),
	model_content_size_in_bytes: Type.Optional(Type.Integer()),
	model_content_hash_value: Type.String(),
	model_config: ModelConfig,
	created_time: Type.Integer(),
	last_updated_time: Type.Integer(),
	last_registered_time: Type.Optional(Type.Integer()),
	last_deployed_time: Type.Optional(Type.Integer()),
	last_undeployed_time: Type.Optional(Type.Integer()),
	total_chunks: Type.Integer(),
	planning_worker_node_count: Type.Optional(Type.Integer()),
	current_worker_node_count: Type.Optional(Type.Integer()),
	planning_worker_nodes: Type.Optional(Type.Array(Type.String())),
	/** The index that holds the chunks. */
	chunk_index: Type.String(),
	/** The chunks that arrived, by number. */
	chunks: Type.Record(Type.String(), ChunkEntry),
});

export type StoredModel = Static<typeof StoredModel>;
