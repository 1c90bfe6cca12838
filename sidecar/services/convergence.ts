import type { Logger } from "pino";
import type { StoredModel, Worker } from "../../schemas/model.ts";
import { mayPass, SidecarError } from "../errors.ts";
import { RuntimeStopped } from "../runtime/runtime-stopped.ts";
import type { ModelStore } from "../store/models.ts";
import type { ModelLoader, ReadyModel } from "./model-loader.ts";
import { isNamedFor, isPlannedOn, withWorker } from "./model-state.ts";
import type { NodeRegistry } from "./node-registry.ts";

export interface ConvergenceOptions {
	models: ModelStore;
	loader: ModelLoader;
	registry: NodeRegistry;
	logger: Logger;
	/** Models that this sidecar may have in memory. */
	modelsLimit: () => number;
	/** Whether this sidecar runs models that are deployed everywhere. */
	isEligible: () => boolean;
}

/** What became of a model on this sidecar: in memory, out of it, or not to be brought in. */
export type Convergent =
	| { ready: ReadyModel }
	| { unloaded: boolean }
	| { error: unknown };

/**
 * Makes this sidecar's part of what the models' documents say true: a model that is planned for it is loaded, any
 * other is not in memory. One model at a time is one thing at a time, so whatever the order of requests, the end is
 * what the document says at the end.
 */
export class Convergence {
	readonly #options: ConvergenceOptions;
	readonly #running = new Map<string, Promise<Convergent>>();
	readonly #next = new Map<string, Promise<Convergent>>();
	/** Models that failed in this process, and why: not tried again until somebody deploys them again. */
	readonly #failed = new Map<string, string>();
	/** Models that are being brought in. */
	readonly #loading = new Set<string>();

	constructor(options: ConvergenceOptions) {
		this.#options = options;
	}

	/** Reads the model's document and does what it says; a call that waits for its turn stands for all that come meanwhile. */
	run(id: string): Promise<Convergent> {
		const running = this.#running.get(id);
		if (!running) return this.#start(id);
		const waiting = this.#next.get(id);
		if (waiting) return waiting;
		const next = running
			.catch(() => undefined)
			.then(() => {
				this.#next.delete(id);
				return this.#start(id);
			});
		this.#next.set(id, next);
		return next;
	}

	/** Takes a model that is not planned here any more out of memory, also in the middle of its loading. */
	async drop(id: string): Promise<boolean> {
		// It may be just taking the model out, and then there is nothing left for this call.
		const running = this.#running.get(id)?.catch(() => undefined);
		const was = await this.#options.loader.unload(id);
		const outcomes = await Promise.all([running, this.run(id)]);
		return was || outcomes.some(hasUnloaded);
	}

	/** Notes that a model's process was put aside, since it died again and again. */
	async putAside(id: string, reason: string): Promise<void> {
		const { logger } = this.#options;
		logger.error({ modelId: id, reason }, "model put aside");
		try {
			await this.#fail(id, reason);
		} catch (error) {
			logger.error({ err: error, modelId: id }, "the state was not stored");
		}
	}

	/** Whether a model should be in this sidecar's memory. */
	isPlanned(model: StoredModel): boolean {
		const { registry, isEligible } = this.#options;
		return isEligible()
			? isPlannedOn(model, registry.id)
			: isNamedFor(model, registry.id);
	}

	/** Whether there is something to do for a model that is planned here. */
	isDue(id: string, model: StoredModel): boolean {
		const { loader, registry } = this.#options;
		const worker = model.sidecar.workers[registry.id];
		if (worker?.state === "failed" && this.#failed.has(id)) return false;
		return !loader.get(id) || worker?.state !== "deployed";
	}

	/** Waits until nothing is under way. */
	async settle(): Promise<void> {
		while (this.#running.size > 0)
			await Promise.allSettled([
				...this.#running.values(),
				...this.#next.values(),
			]);
	}

	#start(id: string): Promise<Convergent> {
		const started = this.#converge(id).finally(() => this.#running.delete(id));
		this.#running.set(id, started);
		return started;
	}

	async #converge(id: string): Promise<Convergent> {
		const { models, loader, registry, logger } = this.#options;
		const model = await models.get(id);
		if (!model || !this.isPlanned(model)) {
			this.#failed.delete(id);
			return { unloaded: await loader.unload(id) };
		}
		const worker = model.sidecar.workers[registry.id];
		const reason = this.#failed.get(id);
		if (worker && reason !== undefined) {
			// It may have been put aside while OpenSearch could not be told.
			if (worker.state !== "failed") await this.#fail(id, reason);
			return { error: new SidecarError("bad_state", reason) };
		}
		let ready: ReadyModel;
		try {
			this.#checkLimit(id);
			this.#loading.add(id);
			ready = await loader.load(id, model);
		} catch (error) {
			if (error instanceof RuntimeStopped) return { error };
			logger.error({ err: error, modelId: id }, "a model could not be loaded");
			// Nothing is wrong with the model, and the next attempt may succeed.
			if (mayPass(error)) return { error };
			await this.#fail(
				id,
				error instanceof Error ? error.message : String(error),
			);
			return { error };
		} finally {
			this.#loading.delete(id);
		}
		this.#failed.delete(id);
		const after = await this.#record(id, { state: "deployed" });
		if (after && this.isPlanned(after)) return { ready };
		await loader.unload(id);
		return {
			error: new SidecarError(
				"bad_state",
				"the model was undeployed or deleted before it was ready",
			),
		};
	}

	async #fail(id: string, reason: string): Promise<void> {
		this.#failed.set(id, reason);
		await this.#record(id, { state: "failed", reason });
	}

	#record(id: string, worker: Worker): Promise<StoredModel | undefined> {
		const { models, registry } = this.#options;
		const nodeId = registry.id;
		return models.change(id, (current) =>
			withWorker(current, { now: Date.now(), nodeId, worker }),
		);
	}

	#checkLimit(id: string): void {
		const { loader, modelsLimit } = this.#options;
		if (loader.get(id)) return;
		const others = new Set([...loader.ids(), ...this.#loading]);
		others.delete(id);
		if (others.size >= modelsLimit())
			throw new SidecarError(
				"bad_request",
				"Exceed max local model per node limit",
			);
	}
}

function hasUnloaded(outcome: Convergent | undefined): boolean {
	return outcome !== undefined && "unloaded" in outcome && outcome.unloaded;
}
