import type { Logger } from "pino";
import type { RateLimiter } from "../../schemas/model.ts";
import { SidecarError } from "../errors.ts";
import type { ControllerStore } from "../store/controllers.ts";
import type { ModelStore } from "../store/models.ts";
import type { RateLimits } from "./rate-limits.ts";

/** For how long what is known of a model is used as it is, and for how long while it is read anew; milliseconds. */
const freshMs = 2_000;
const staleMs = 4_000;

/** Models that are remembered at most. */
const maxModels = 1_000;

export interface AdmissionOptions {
	models: ModelStore;
	controllers: ControllerStore;
	limits: RateLimits;
	/** Sidecars that share each limit. */
	liveNodes: () => number;
	/** `plugins.ml_commons.controller_enabled` */
	controllersEnabled: () => boolean;
	/** Milliseconds on a clock that never goes back. */
	now: () => number;
	logger: Logger;
}

interface Conditions {
	isEnabled: boolean;
	limiter: RateLimiter;
	users: Readonly<Record<string, RateLimiter>>;
}

interface Entry {
	conditions: Conditions;
	/** When it was read. */
	at: number;
}

/**
 * Who may ask a model now. What the model's document says is read every other second, besides the requests, so that no
 * request waits for it but the first; a change through this sidecar holds at once.
 */
export class Admission {
	readonly #options: AdmissionOptions;
	readonly #entries = new Map<string, Entry>();
	readonly #reading = new Map<string, Promise<Conditions | undefined>>();

	constructor(options: AdmissionOptions) {
		this.#options = options;
	}

	/**
	 * Lets a request through or not; a model that is not there is somebody else's to refuse.
	 *
	 * @param user who asks; undefined where nobody can tell
	 * @throws SidecarError not_enabled, throttled
	 */
	async check(modelId: string, user: string | undefined): Promise<void> {
		const conditions = await this.#conditions(modelId);
		if (!conditions) return;
		if (!conditions.isEnabled)
			throw new SidecarError("not_enabled", "Model is disabled.");
		const { limits, now, liveNodes, controllersEnabled } = this.#options;
		const { limiter, users } = conditions;
		const own =
			user !== undefined && controllersEnabled() && Object.hasOwn(users, user)
				? users[user]
				: undefined;
		const refusal = limits.take(
			[
				{ key: modelId, limiter },
				...(own
					? [{ key: JSON.stringify([modelId, user]), limiter: own }]
					: []),
			],
			now(),
			Math.max(1, liveNodes()),
		);
		if (!refusal) return;
		throw new SidecarError(
			"throttled",
			refusal.key === modelId
				? "Request is throttled at model level."
				: "Request is throttled at user level. If you think there's an issue, please contact your cluster admin.",
			{ retryAfterMs: refusal.afterMs },
		);
	}

	/** Has a model read anew, because it was just changed through this sidecar. */
	forget(modelId: string): void {
		this.#entries.delete(modelId);
		this.#reading.delete(modelId);
	}

	async #conditions(modelId: string): Promise<Conditions | undefined> {
		const entry = this.#entries.get(modelId);
		const age = entry ? this.#options.now() - entry.at : staleMs;
		if (entry && age < freshMs) return entry.conditions;
		const reading = this.#reading.get(modelId) ?? this.#read(modelId, entry);
		return entry && age < staleMs ? entry.conditions : reading;
	}

	/** @param known what holds where the model can't be read: a deployed model goes on without OpenSearch */
	#read(
		modelId: string,
		known: Entry | undefined,
	): Promise<Conditions | undefined> {
		const { logger, now } = this.#options;
		const reading = this.#readNow(modelId)
			.catch((error: unknown) => {
				if (!known) throw error;
				logger.warn({ err: error, modelId }, "a model's limits are not known");
				return known.conditions;
			})
			.then((conditions) => {
				// Whoever forgot it meanwhile wants it read after that.
				if (this.#reading.get(modelId) !== reading) return conditions;
				this.#entries.delete(modelId);
				if (conditions) this.#keep(modelId, { conditions, at: now() });
				return conditions;
			})
			.finally(() => {
				if (this.#reading.get(modelId) === reading)
					this.#reading.delete(modelId);
			});
		this.#reading.set(modelId, reading);
		return reading;
	}

	#keep(modelId: string, entry: Entry): void {
		this.#entries.set(modelId, entry);
		const [oldest] = this.#entries.keys();
		if (this.#entries.size > maxModels && oldest !== undefined)
			this.#entries.delete(oldest);
	}

	async #readNow(modelId: string): Promise<Conditions | undefined> {
		const { models, controllers } = this.#options;
		const model = await models.get(modelId);
		if (!model) return undefined;
		const controller = model.is_controller_enabled
			? await controllers.get(modelId)
			: undefined;
		return {
			isEnabled: model.is_enabled ?? true,
			limiter: model.rate_limiter ?? {},
			users: controller?.user_rate_limiter ?? {},
		};
	}
}
