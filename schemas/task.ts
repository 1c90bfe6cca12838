import { type Static, Type } from "typebox";

/** States of a task as ml-commons names them; clients hold the list for closed. */
export const taskStates = [
	"CREATED",
	"RUNNING",
	"COMPLETED",
	"COMPLETED_WITH_ERROR",
	"FAILED",
	"CANCELLED",
] as const;

/** The document of a task in `.ml-sidecar-task`. Times are epoch milliseconds. */
export const StoredTask = Type.Object({
	/** Of a registration: only once it is complete. */
	model_id: Type.Optional(Type.String()),
	task_type: Type.Enum(["REGISTER_MODEL", "DEPLOY_MODEL"]),
	function_name: Type.String(),
	state: Type.Enum([...taskStates]),
	worker_node: Type.Array(Type.String()),
	create_time: Type.Integer(),
	last_update_time: Type.Integer(),
	is_async: Type.Boolean(),
	/** For a deployment: a JSON object, as a string, of node id to reason. */
	error: Type.Optional(Type.String()),
	/** What only the sidecars need; the API never shows it. */
	sidecar: Type.Object({
		/** The node that will end the task, and whose end ends it. */
		coordinator: Type.String(),
		/** Of a registration: the model that it makes, from before anything of it is stored. */
		model_id: Type.Optional(Type.String()),
		/** Of a registration: the model is to be deployed when it is registered. */
		deploy: Type.Optional(Type.Boolean()),
	}),
});

export type StoredTask = Static<typeof StoredTask>;
