import { type Static, Type } from "typebox";

/** The whole numbers that each setting of a deployment may be. */
export const deploymentLimits = {
	/** Worker threads, each with a session of its own. */
	number_of_allocations: { minimum: 1, maximum: 64 },
	/** Threads that ONNX Runtime uses in one session. */
	threads_per_allocation: { minimum: 1, maximum: 64 },
	/** Texts that may wait or run in each lane. */
	queue_capacity: { minimum: 1, maximum: 1_000_000 },
	/** Bytes of results that are kept for the model. */
	cache_size: { minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
} as const;

export type DeploymentSettingName = keyof typeof deploymentLimits;

/** How a deployed model is run, where its deployment says so; the sidecar's settings say the rest. */
export const DeploymentSettings = Type.Object({
	number_of_allocations: Type.Optional(
		Type.Integer(deploymentLimits.number_of_allocations),
	),
	threads_per_allocation: Type.Optional(
		Type.Integer(deploymentLimits.threads_per_allocation),
	),
	queue_capacity: Type.Optional(Type.Integer(deploymentLimits.queue_capacity)),
	cache_size: Type.Optional(Type.Integer(deploymentLimits.cache_size)),
});

export type DeploymentSettings = Static<typeof DeploymentSettings>;

/** The settings of a deployment as parameters of the URL. */
export const DeployParameters = Type.Object({
	number_of_allocations: Type.Optional(Type.String()),
	threads_per_allocation: Type.Optional(Type.String()),
	queue_capacity: Type.Optional(Type.String()),
	cache_size: Type.Optional(Type.String()),
});

export type DeployParameters = Static<typeof DeployParameters>;

/** Body of `_deploy`: on which nodes, everywhere without them; and how. */
export const DeployRequest = Type.Union([
	Type.Object({
		node_ids: Type.Optional(Type.Array(Type.String())),
		number_of_allocations: Type.Optional(Type.Unknown()),
		threads_per_allocation: Type.Optional(Type.Unknown()),
		queue_capacity: Type.Optional(Type.Unknown()),
		cache_size: Type.Optional(Type.Unknown()),
	}),
	Type.Null(),
]);

export type DeployRequest = Static<typeof DeployRequest>;
