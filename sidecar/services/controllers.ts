import type {
	ControllerRequest,
	StoredController,
} from "../../schemas/controller.ts";
import type { RateLimiter } from "../../schemas/model.ts";
import { SidecarError } from "../errors.ts";
import type { ControllerStore } from "../store/controllers.ts";
import type { WriteAnswer } from "../store/documents.ts";
import type { ModelStore } from "../store/models.ts";
import { readRateLimiter } from "./rate-limits.ts";

/** Users that a controller names at most. */
const maxUsers = 10_000;

export interface ControllerOptions {
	controllers: ControllerStore;
	models: ModelStore;
	/** `plugins.ml_commons.controller_enabled` */
	isEnabled: () => boolean;
	/** Called when a model's limits have changed. */
	changed: (modelId: string) => void;
}

/** Keeps the controllers of models: how often each user may ask one. */
export class ControllerService {
	readonly #options: ControllerOptions;

	constructor(options: ControllerOptions) {
		this.#options = options;
	}

	/** @throws SidecarError not_found, bad_state where controllers are switched off */
	async get(modelId: string): Promise<StoredController> {
		this.#checkEnabled();
		const controller = await this.#options.controllers.get(modelId);
		if (!controller)
			throw notFound(
				"Failed to find model controller with the provided model ID",
			);
		return controller;
	}

	/**
	 * Stores a model's controller in place of the one that may be there.
	 *
	 * @throws SidecarError not_found for an unknown model; bad_definition, bad_request, bad_state
	 */
	async create(
		modelId: string,
		request: ControllerRequest | null | undefined,
	): Promise<"CREATED" | "UPDATED"> {
		this.#checkEnabled();
		if (!request) throw empty("Create");
		const limiters = readLimiters(request);
		await this.#requireModel(modelId);
		const answer = await this.#options.controllers.put({
			model_id: modelId,
			user_rate_limiter: limiters,
		});
		await this.#mark(modelId, true);
		return answer.result === "created" ? "CREATED" : "UPDATED";
	}

	/**
	 * Changes the limits of the users that are named, and leaves the others as they are.
	 *
	 * @throws SidecarError as {@link create} does; conflict where there is no controller
	 */
	async update(
		modelId: string,
		request: ControllerRequest | null | undefined,
	): Promise<WriteAnswer> {
		const { controllers, changed } = this.#options;
		this.#checkEnabled();
		if (!request) throw empty("Update");
		const limiters = readLimiters(request);
		await this.#requireModel(modelId);
		const answer = await controllers.merge(modelId, {
			user_rate_limiter: limiters,
		});
		if (!answer)
			throw new SidecarError(
				"conflict",
				`Model controller haven't been created for the model. Consider calling create model controller api instead. Model ID: ${modelId}`,
			);
		changed(modelId);
		return answer;
	}

	/** @throws SidecarError not_found, bad_state */
	async delete(modelId: string): Promise<WriteAnswer> {
		this.#checkEnabled();
		const answer = await this.#options.controllers.delete(modelId);
		if (!answer) throw notFound("Failed to find model controller");
		await this.#mark(modelId, false);
		return answer;
	}

	async #mark(modelId: string, enabled: boolean): Promise<void> {
		const { models, changed } = this.#options;
		await models.change(modelId, (current) =>
			current.is_controller_enabled === enabled
				? undefined
				: { ...current, is_controller_enabled: enabled },
		);
		changed(modelId);
	}

	async #requireModel(modelId: string): Promise<void> {
		const model = await this.#options.models.get(modelId);
		if (!model || model.sidecar.deleting)
			throw notFound(
				"Failed to find model to create the corresponding model controller with the provided model ID",
			);
	}

	#checkEnabled(): void {
		if (!this.#options.isEnabled())
			throw new SidecarError(
				"bad_state",
				'Controller is currently disabled. To enable it, update the setting "plugins.ml_commons.controller_enabled" to true.',
			);
	}
}

/** Users' limiters; an empty one says nothing, and is left out as in ml-commons. */
function readLimiters({
	user_rate_limiter = {},
}: ControllerRequest): Record<string, RateLimiter> {
	const limiters = Object.entries(user_rate_limiter)
		.map(([user, limiter]) => [user, readRateLimiter(limiter)] as const)
		.filter(([, limiter]) => Object.keys(limiter).length > 0);
	if (limiters.length > maxUsers)
		throw new SidecarError(
			"bad_request",
			`user_rate_limiter names ${limiters.length} users, ${maxUsers} are allowed`,
		);
	return Object.fromEntries(limiters);
}

function empty(action: string): SidecarError {
	return new SidecarError(
		"bad_definition",
		`${action} model controller request has empty body`,
	);
}

function notFound(reason: string): SidecarError {
	return new SidecarError("not_found", reason);
}
