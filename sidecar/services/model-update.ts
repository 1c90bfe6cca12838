import type { StoredModel } from "../../schemas/model.ts";
import type { UpdateModelRequest } from "../../schemas/update-model.ts";
import { SidecarError } from "../errors.ts";
import { readFunctionConfig } from "./model-config.ts";
import { isPlanned } from "./model-state.ts";
import { readRateLimiter } from "./rate-limits.ts";

/**
 * A model as an update leaves it, but for its group. What is an object in it is merged, so that a limit can be changed
 * without its unit.
 *
 * @throws SidecarError conflict while the model is being deployed; bad_state for a new configuration of a deployed
 * one: sidecars that load it later would give other vectors than those that have it; bad_request, bad_definition
 */
export function updatedModel(
	model: StoredModel,
	id: string,
	request: UpdateModelRequest,
): StoredModel {
	if (model.model_state === "DEPLOYING")
		throw new SidecarError(
			"conflict",
			`Model is deploying. Please wait for the model to complete deployment. model ID ${id}`,
		);
	const { name, description, is_enabled, deploy_setting } = request;
	return {
		...model,
		...(name !== undefined && { name }),
		...(description !== undefined && { description }),
		...(is_enabled !== undefined && { is_enabled }),
		...(request.rate_limiter !== undefined && {
			rate_limiter: {
				...model.rate_limiter,
				...readRateLimiter(request.rate_limiter),
			},
		}),
		...(deploy_setting !== undefined && {
			deploy_setting: { ...model.deploy_setting, ...deploy_setting },
		}),
		...(request.interface !== undefined && {
			interface: { ...model.interface, ...request.interface },
		}),
		...(request.model_config !== undefined && newConfig(model, request)),
		last_updated_time: Date.now(),
	};
}

function newConfig(model: StoredModel, { model_config }: UpdateModelRequest) {
	if (isPlanned(model))
		throw new SidecarError(
			"bad_state",
			"model_config can't be changed while the model is deployed: undeploy it first",
		);
	const merged = { ...model.model_config, ...model_config };
	const checked = readFunctionConfig(model.algorithm, merged);
	return checked && { model_config: checked };
}

/** @throws SidecarError for what a model that the sidecar runs does not have */
export function refuseRemote(request: UpdateModelRequest): void {
	if (request.connector !== undefined || request.connector_id !== undefined)
		throw new SidecarError(
			"bad_state",
			"Trying to update the connector or connector_id field on a local model.",
		);
	if (request.guardrails !== undefined)
		throw new SidecarError(
			"bad_request",
			"guardrails are not supported: the sidecar would not apply them",
		);
}
