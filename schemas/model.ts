import { type Static, Type } from "typebox";
import { DeploymentSettings } from "./deploy.ts";

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
	is_enabled: Type.Optional(Type.Boolean()),
	rate_limiter: Type.Optional(Type.Unknown()),
	deploy_setting: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
	interface: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
	model_content_hash_value: Type.Optional(Type.String()),
	model_content_size_in_bytes: Type.Optional(Type.Integer({ minimum: 0 })),
	total_chunks: Type.Optional(Type.Integer({ minimum: 1 })),
	model_config: Type.Optional(ModelConfigRequest),
	/** Access to the model's group: there to be refused, since there is no access control. */
	access_mode: Type.Optional(Type.Unknown()),
	backend_roles: Type.Optional(Type.Unknown()),
	add_all_backend_roles: Type.Optional(Type.Unknown()),
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

/** The functions a model can have; the names of ml-commons. */
export const functionNames = [
	"TEXT_EMBEDDING",
	"SPARSE_ENCODING",
	"SPARSE_TOKENIZE",
	"TEXT_SIMILARITY",
	"QUESTION_ANSWERING",
] as const;

export type FunctionName = (typeof functionNames)[number];

/** `model_config` as stored and shown: upper-case enum names, what is not set is absent. */
export const ModelConfig = Type.Object({
	model_type: Type.Optional(Type.String()),
	/** Always there for TEXT_EMBEDDING. */
	embedding_dimension: Type.Optional(Type.Integer()),
	framework_type: Type.Optional(Type.String()),
	all_config: Type.Optional(Type.String()),
	additional_config: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
	pooling_mode: Type.Optional(Type.Enum([...poolingModes])),
	normalize_result: Type.Optional(Type.Boolean()),
	model_max_length: Type.Optional(Type.Integer()),
	query_prefix: Type.Optional(Type.String()),
	passage_prefix: Type.Optional(Type.String()),
});

export type ModelConfig = Static<typeof ModelConfig>;

/** How often a model, or one user of it, may be asked: `limit` requests in each `unit`, a Java TimeUnit. */
export const RateLimiter = Type.Object({
	limit: Type.Optional(Type.String()),
	unit: Type.Optional(Type.String()),
});

export type RateLimiter = Static<typeof RateLimiter>;

/** How a model is doing on one node. */
export const Worker = Type.Object({
	state: Type.Enum(["deployed", "failed", "gone"]),
	/** Why it failed. */
	reason: Type.Optional(Type.String()),
	/** The deployment's settings by which it runs there. */
	settings: Type.Optional(DeploymentSettings),
});

export type Worker = Static<typeof Worker>;

/** What only the sidecars need of a model; the API never shows it. */
export const ModelInternals = Type.Object({
	/** The index that holds the chunks. */
	chunk_index: Type.String(),
	/** The chunks that arrived, by number. */
	chunks: Type.Record(Type.String(), ChunkEntry),
	/** The sidecar that brings the content in by itself; absent where a client uploads it. */
	registering_node: Type.Optional(Type.String()),
	/** The outcome on each node that the model is planned for; a node that is not in here is still at it. */
	workers: Type.Record(Type.String(), Worker),
	/** How the model is run while it is deployed, where its deployment said so. */
	settings: Type.Optional(DeploymentSettings),
	/** A deletion has begun: only its end may follow. */
	deleting: Type.Optional(Type.Boolean()),
});

export type ModelInternals = Static<typeof ModelInternals>;

/** The document of a model in `.ml-sidecar-model`. Times are epoch milliseconds. */
export const StoredModel = Type.Object({
	name: Type.String(),
	/** The document's own id; searches show it, as they show that of a chunk in ml-commons. */
	model_id: Type.Optional(Type.String()),
	model_group_id: Type.Optional(Type.String()),
	algorithm: Type.Enum([...functionNames]),
	model_version: Type.String(),
	description: Type.Optional(Type.String()),
	model_format: Type.Enum(["ONNX"]),
	model_state: Type.Enum([...modelStates]),
	model_content_size_in_bytes: Type.Optional(Type.Integer()),
	model_content_hash_value: Type.String(),
	model_config: Type.Optional(ModelConfig),
	deploy_setting: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
	is_enabled: Type.Optional(Type.Boolean()),
	is_controller_enabled: Type.Optional(Type.Boolean()),
	rate_limiter: Type.Optional(RateLimiter),
	interface: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
	created_time: Type.Integer(),
	last_updated_time: Type.Integer(),
	last_registered_time: Type.Optional(Type.Integer()),
	last_deployed_time: Type.Optional(Type.Integer()),
	last_undeployed_time: Type.Optional(Type.Integer()),
	total_chunks: Type.Integer(),
	planning_worker_node_count: Type.Optional(Type.Integer()),
	current_worker_node_count: Type.Optional(Type.Integer()),
	planning_worker_nodes: Type.Optional(Type.Array(Type.String())),
	/** The model is to run on every sidecar, also on those that join later. */
	deploy_to_all_nodes: Type.Optional(Type.Boolean()),
	sidecar: ModelInternals,
});

export type StoredModel = Static<typeof StoredModel>;
