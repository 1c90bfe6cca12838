import { isDeepStrictEqual } from "node:util";
import type { DeploymentSettings } from "../../schemas/deploy.ts";
import type { StoredModel, Worker } from "../../schemas/model.ts";

/*
 * The transitions of a model's state. Each gives the model as it then is, or undefined where it stays as it is, so
 * that a change that came first is not undone: a deployment that ends after its undeployment changes nothing.
 */

/** Whether a model should be in memory somewhere. */
export function isPlanned({
	model_state,
}: Pick<StoredModel, "model_state">): boolean {
	return model_state === "DEPLOYING" || isServed({ model_state });
}

/** Whether a model can be asked for vectors. */
export function isServed({
	model_state,
}: Pick<StoredModel, "model_state">): boolean {
	return model_state === "DEPLOYED" || model_state === "PARTIALLY_DEPLOYED";
}

/** Whether a model should be in memory on a node. */
export function isPlannedOn(model: StoredModel, nodeId: string): boolean {
	if (!isPlanned(model) || model.sidecar.deleting) return false;
	return (
		model.deploy_to_all_nodes === true ||
		(model.planning_worker_nodes ?? []).includes(nodeId)
	);
}

/** The same for a node that runs no models unless it is named. */
export function isNamedFor(model: StoredModel, nodeId: string): boolean {
	return (
		isPlannedOn(model, nodeId) &&
		(model.planning_worker_nodes ?? []).includes(nodeId)
	);
}

export interface Plan {
	/** Epoch milliseconds. */
	now: number;
	/** The nodes that are to run the model. */
	nodes: readonly string[];
	/** Those are all that there are, and whichever joins later is to run it too. */
	everywhere: boolean;
	/** How the model is to be run; what is left out stays as it is while the model is deployed. */
	settings?: DeploymentSettings;
}

/**
 * A deployment begins: nodes that run the model already go on, also where they have to take up other settings; those
 * where it failed try again.
 */
export function toDeploying(
	model: StoredModel,
	{ now, nodes, everywhere, settings: given }: Plan,
): StoredModel | undefined {
	const { settings: past, ...internals } = model.sidecar;
	const before = isPlanned(model) ? model.sidecar.workers : {};
	const settings = { ...(isPlanned(model) && past), ...given };
	const kept = Object.entries(before).filter(
		([id, { state }]) => nodes.includes(id) && state === "deployed",
	);
	if (
		model.model_state === "DEPLOYED" &&
		kept.length === nodes.length &&
		isDeepStrictEqual(settings, past ?? {})
	)
		return undefined;
	const { deploy_to_all_nodes: _before, ...rest } = model;
	return settled(
		{
			...rest,
			model_state: "DEPLOYING",
			planning_worker_nodes: [...nodes],
			...(everywhere && { deploy_to_all_nodes: true }),
			last_updated_time: now,
			sidecar: {
				...internals,
				workers: Object.fromEntries(kept),
				...(Object.keys(settings).length > 0 && { settings }),
			},
		},
		now,
	);
}

/** Whether a node is done with what a model's deployment asks for, be it that it failed. */
export function isDone(
	{ sidecar }: StoredModel,
	{ state, settings = {} }: Worker,
): boolean {
	return (
		state !== "deployed" || isDeepStrictEqual(settings, sidecar.settings ?? {})
	);
}

/** How it went on one node. */
export function withWorker(
	model: StoredModel,
	{ now, nodeId, worker }: { now: number; nodeId: string; worker: Worker },
): StoredModel | undefined {
	if (!isPlannedOn(model, nodeId)) return undefined;
	const planned = model.planning_worker_nodes ?? [];
	const present = model.sidecar.workers[nodeId];
	if (planned.includes(nodeId) && isDeepStrictEqual(present, worker))
		return undefined;
	return settled(
		{
			...model,
			planning_worker_nodes: [...new Set([...planned, nodeId])],
			last_updated_time: now,
			sidecar: {
				...model.sidecar,
				workers: { ...model.sidecar.workers, [nodeId]: worker },
			},
		},
		now,
	);
}

/** Nodes have disappeared; those that have left for good are not waited for where any node will do. */
export function withoutNodes(
	model: StoredModel,
	{
		now,
		gone,
		left,
	}: { now: number; gone: readonly string[]; left: readonly string[] },
): StoredModel | undefined {
	if (!isPlanned(model)) return undefined;
	const { workers } = model.sidecar;
	const planned = model.planning_worker_nodes ?? [];
	const staying = planned.filter(
		(id) => !(model.deploy_to_all_nodes && left.includes(id)),
	);
	const newlyGone = staying.filter(
		(id) => gone.includes(id) && workers[id]?.state !== "gone",
	);
	if (newlyGone.length === 0 && staying.length === planned.length)
		return undefined;
	const known = Object.entries(workers).filter(([id]) => staying.includes(id));
	return settled(
		{
			...model,
			planning_worker_nodes: staying,
			last_updated_time: now,
			sidecar: {
				...model.sidecar,
				workers: {
					...Object.fromEntries(known),
					...Object.fromEntries(
						newlyGone.map((id) => [id, { state: "gone" as const }]),
					),
				},
			},
		},
		now,
	);
}

/**
 * The model is taken out of memory.
 *
 * @param nodes where; everywhere without it. While another node is left, the model stays deployed there.
 */
export function toUndeployed(
	model: StoredModel,
	{ now, nodes }: { now: number; nodes?: readonly string[] },
): StoredModel | undefined {
	if (!isPlanned(model)) return undefined;
	const staying = (model.planning_worker_nodes ?? []).filter(
		(id) => nodes && !nodes.includes(id),
	);
	const known = Object.entries(model.sidecar.workers).filter(([id]) =>
		staying.includes(id),
	);
	const { deploy_to_all_nodes: everywhere, ...rest } = model;
	const { settings, ...internals } = model.sidecar;
	const changed: StoredModel = {
		...rest,
		planning_worker_nodes: staying,
		// As in ml-commons, where it is no part of what is planned.
		...(everywhere && !nodes && { deploy_to_all_nodes: true }),
		last_updated_time: now,
		sidecar: {
			...internals,
			workers: Object.fromEntries(known),
			// They are the deployment's, and end with it.
			...(settings && staying.length > 0 && { settings }),
		},
	};
	if (staying.length > 0) return settled(changed, now);
	return {
		...changed,
		model_state: "UNDEPLOYED",
		planning_worker_node_count: 0,
		current_worker_node_count: 0,
		last_undeployed_time: now,
	};
}

/**
 * The state that follows from the outcomes on the nodes. A model none of whose nodes is there stays planned, for
 * them or others to take up; one that failed on all of them does not.
 */
function settled(model: StoredModel, now: number): StoredModel {
	const { workers } = model.sidecar;
	const planned = model.planning_worker_nodes ?? [];
	const states = planned.map((id) => workers[id]?.state);
	const deployed = states.filter((state) => state === "deployed").length;
	const state = stateOf(model, states);
	return {
		...model,
		model_state: state,
		planning_worker_node_count: planned.length,
		current_worker_node_count: deployed,
		...(model.model_state === "DEPLOYING" &&
			state !== "DEPLOYING" && { last_deployed_time: now }),
	};
}

function stateOf(
	{ model_state }: StoredModel,
	states: readonly (Worker["state"] | undefined)[],
): StoredModel["model_state"] {
	if (model_state === "DEPLOYING" && states.includes(undefined))
		return "DEPLOYING";
	if (states.length > 0 && states.every((state) => state === "deployed"))
		return "DEPLOYED";
	if (states.length > 0 && states.every((state) => state === "failed"))
		return "DEPLOY_FAILED";
	return "PARTIALLY_DEPLOYED";
}
