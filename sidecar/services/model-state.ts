import type { StoredModel } from "../../schemas/model.ts";

/*
 * The transitions of a model's state. Each gives the model as it then is, or undefined where it stays as it is, so
 * that a change that came first is not undone: a deployment that ends after its undeployment changes nothing.
 */

/** When a transition happens, epoch milliseconds, and on which sidecar. */
export interface Occasion {
	now: number;
	nodeId: string;
}

/** Whether a model should be in memory. */
export function isPlanned({ model_state }: StoredModel): boolean {
	return model_state === "DEPLOYING" || isServed({ model_state });
}

/** Whether a model can be asked for vectors. */
export function isServed({
	model_state,
}: Pick<StoredModel, "model_state">): boolean {
	return model_state === "DEPLOYED" || model_state === "PARTIALLY_DEPLOYED";
}

export function toDeploying(
	model: StoredModel,
	occasion: Occasion,
): StoredModel | undefined {
	if (model.model_state === "DEPLOYED") return undefined;
	return { ...model, ...plannedOn(occasion), model_state: "DEPLOYING" };
}

export function toDeployed(
	model: StoredModel,
	occasion: Occasion,
): StoredModel | undefined {
	if (!isPlanned(model)) return undefined;
	return {
		...model,
		...plannedOn(occasion),
		model_state: "DEPLOYED",
		current_worker_node_count: 1,
		last_deployed_time: occasion.now,
	};
}

export function toDeployFailed(
	model: StoredModel,
	{ now }: Occasion,
): StoredModel | undefined {
	if (!isPlanned(model)) return undefined;
	return {
		...model,
		model_state: "DEPLOY_FAILED",
		current_worker_node_count: 0,
		last_updated_time: now,
	};
}

export function toUndeployed(
	model: StoredModel,
	{ now }: Occasion,
): StoredModel | undefined {
	if (!isPlanned(model)) return undefined;
	return {
		...model,
		model_state: "UNDEPLOYED",
		planning_worker_node_count: 0,
		current_worker_node_count: 0,
		planning_worker_nodes: [],
		last_undeployed_time: now,
		last_updated_time: now,
	};
}

function plannedOn({ now, nodeId }: Occasion) {
	return {
		planning_worker_node_count: 1,
		planning_worker_nodes: [nodeId],
		last_updated_time: now,
	};
}
