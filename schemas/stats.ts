import { type Static, Type } from "typebox";

const Names = Type.Optional(Type.Array(Type.String()));

/** Body of `GET stats`; names in any case. */
export const StatsRequest = Type.Union([
	Type.Object({
		target_stat_levels: Names,
		cluster_level_stats: Names,
		node_level_stats: Names,
		action_level_stats: Names,
		node_ids: Names,
		algorithms: Names,
		models: Names,
		actions: Names,
	}),
	Type.Null(),
]);

export type StatsRequest = Static<typeof StatsRequest>;

/** Counters of one action, as they are shown; failures only where there are any. */
export const ActionStats = Type.Object({
	ml_action_request_count: Type.Integer(),
	ml_action_failure_count: Type.Optional(Type.Integer()),
});

export type ActionStats = Static<typeof ActionStats>;

const ByAction = Type.Record(Type.String(), ActionStats);

/** All that one sidecar counts. */
export const NodeStats = Type.Object({
	counters: Type.Record(Type.String(), Type.Number()),
	algorithms: Type.Record(Type.String(), ByAction),
	models: Type.Record(Type.String(), ByAction),
});

export type NodeStats = Static<typeof NodeStats>;

/** Body of `GET profile`. */
export const ProfileRequest = Type.Union([
	Type.Object({
		node_ids: Names,
		model_ids: Names,
		task_ids: Names,
		return_all_tasks: Type.Optional(Type.Boolean()),
		return_all_models: Type.Optional(Type.Boolean()),
	}),
	Type.Null(),
]);

export type ProfileRequest = Static<typeof ProfileRequest>;

/** Times of the last requests, milliseconds. */
export const Latencies = Type.Object({
	count: Type.Integer(),
	max: Type.Number(),
	min: Type.Number(),
	average: Type.Number(),
	p50: Type.Number(),
	p90: Type.Number(),
	p99: Type.Number(),
});

export type Latencies = Static<typeof Latencies>;

/** What ml-commons' profile has no field for: how a model is run, and what became of the texts it was given. */
export const RuntimeProfile = Type.Object({
	allocations: Type.Integer(),
	threads_per_allocation: Type.Integer(),
	/** Texts that wait or run now. */
	queued: Type.Object({ search: Type.Integer(), ingest: Type.Integer() }),
	/** Texts that were run since the model was loaded, their tokens, and how many of them were cut. */
	texts: Type.Integer(),
	tokens: Type.Integer(),
	truncated: Type.Integer(),
	/** Texts that were not run. */
	rejected: Type.Integer(),
	expired: Type.Integer(),
	cancelled: Type.Integer(),
	failed: Type.Integer(),
	restarts: Type.Integer(),
	/** Of the model's process; left out while it is not known. */
	resident_memory_in_bytes: Type.Optional(Type.Integer()),
	/** Left out where no results are kept. */
	cache: Type.Optional(
		Type.Object({
			hits: Type.Integer(),
			misses: Type.Integer(),
			evictions: Type.Integer(),
			entries: Type.Integer(),
			size_in_bytes: Type.Integer(),
			max_size_in_bytes: Type.Integer(),
		}),
	),
});

export type RuntimeProfile = Static<typeof RuntimeProfile>;

/** A model in the memory of one sidecar. */
export const ModelProfile = Type.Object({
	predictor: Type.String(),
	model_inference_stats: Type.Optional(Latencies),
	predict_request_stats: Type.Optional(Latencies),
	sidecar: RuntimeProfile,
});

export type ModelProfile = Static<typeof ModelProfile>;

/** The models in the memory of one sidecar, by id. */
export const NodeProfile = Type.Record(Type.String(), ModelProfile);

export type NodeProfile = Static<typeof NodeProfile>;
