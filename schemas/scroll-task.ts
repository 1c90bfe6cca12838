import { type Static, Type } from "typebox";

/** How far a reindex or an update by query is: OpenSearch's own fields, in its order. Times are milliseconds. */
export const ScrollStatus = Type.Object({
	total: Type.Integer(),
	updated: Type.Integer(),
	/** Only a reindex makes documents. */
	created: Type.Optional(Type.Integer()),
	deleted: Type.Integer(),
	batches: Type.Integer(),
	version_conflicts: Type.Integer(),
	noops: Type.Integer(),
	retries: Type.Object({ bulk: Type.Integer(), search: Type.Integer() }),
	throttled_millis: Type.Integer(),
	/** Documents a second; -1 for as many as can be. */
	requests_per_second: Type.Number(),
	canceled: Type.Optional(Type.String()),
	throttled_until_millis: Type.Integer(),
});

export type ScrollStatus = Static<typeof ScrollStatus>;

export const scrollActions = {
	reindex: "indices:data/write/reindex",
	update: "indices:data/write/update/byquery",
} as const;

/** The document of a task in `.ml-sidecar-scroll-task`. Times are epoch milliseconds. */
export const StoredScrollTask = Type.Object({
	/** The sidecar that runs it, and whose end ends it. */
	node: Type.String(),
	/** The process of that sidecar: another one of the same id does not go on with it. */
	instance: Type.String(),
	action: Type.Enum(Object.values(scrollActions)),
	description: Type.String(),
	start_time: Type.Integer(),
	/** For how long it has run, or did run. */
	running_ms: Type.Integer(),
	completed: Type.Boolean(),
	/** The status as JSON, with that of each slice. */
	status: Type.String(),
	/** What a client was to be told at the end, as JSON. */
	response: Type.Optional(Type.String()),
	/** Why it ended otherwise: OpenSearch's error object, as JSON. */
	error: Type.Optional(Type.String()),
	/** When a client wished for its end; whoever runs it takes that up when it next tells how far it is. */
	cancelled_time: Type.Optional(Type.Integer()),
	/** The documents a second that a client wished for, likewise; -1 for as many as can be. */
	rate: Type.Optional(Type.Number()),
});

export type StoredScrollTask = Static<typeof StoredScrollTask>;
