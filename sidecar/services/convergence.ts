import type { Logger } from "pino";
import type { StoredModel, Worker } from "../../schemas/model.ts";
import { mayPass, SidecarError } from "../errors.ts";
import { MemoryShort } from "../runtime/memory/model-memory.ts";
import { RuntimeStopped } from "../runtime/runtime-stopped.ts";
import type { ModelStore } from "../store/models.ts";
import type { ModelLoader, ReadyModel } from "./model-loader.ts";
import { isDone, isNamedFor, isPlannedOn, withWorker } from "./model-state.ts";
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
	/** Models that had to leave memory, or found no room when the process began: they wait for a request. */
	readonly #putOut = new Set<string>();
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

	/**
	 * `run` for a model that nobody waits for: one that was deployed here before finds its room or waits for a request,
	 * but no other model leaves for it.
	 */
	restore(id: string): Promise<Convergent> {
		return this.#running.has(id) ? this.run(id) : this.#start(id, true);
	}

	/** Notes that a model had to leave memory. It stays deployed, and is loaded again when it is asked for. */
	notePutOut(id: string): void {
		this.#putOut.add(id);
	}

	/** Whether a model failed in this process, and is not tried again by itself. */
	hasFailed(id: string): boolean {
		return this.#failed.has(id);
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
		return (
			!(loader.get(id) || this.#putOut.has(id)) ||
			worker?.state !== "deployed" ||
			!isDone(model, worker)
		);
	}

	/** Waits until nothing is under way. */
	async settle(): Promise<void> {
		while (this.#running.size > 0)
			await Promise.allSettled([
				...this.#running.values(),
				...this.#next.values(),
			]);
	}

	#start(id: string, restores = false): Promise<Convergent> {
		const started = this.#converge(id, restores).finally(() =>
			this.#running.delete(id),
		);
		this.#running.set(id, started);
		return started;
	}

	async #converge(id: string, restores: boolean): Promise<Convergent> {
		const { models, loader, registry } = this.#options;
		const model = await models.get(id);
		if (!model || !this.isPlanned(model)) {
			this.#failed.delete(id);
			this.#putOut.delete(id);
			return { unloaded: await loader.unload(id) };
		}
		const worker = model.sidecar.workers[registry.id];
		const reason = this.#failed.get(id);
		if (worker && reason !== undefined) {
			// It may have been put aside while OpenSearch could not be told.
			if (worker.state !== "failed") await this.#fail(id, reason);
			return { error: new SidecarError("bad_state", reason) };
		}
		const wasDeployed = worker?.state === "deployed";
		const wasPutOut = this.#putOut.has(id);
		let ready: ReadyModel;
		try {
			this.#checkLimit(id);
			this.#loading.add(id);
			// From here on it says whether the model had to leave again.
			this.#putOut.delete(id);
			ready = await loader.load(id, model, {
				evicts: !(restores && wasDeployed),
			});
		} catch (error) {
			await this.#noteFailure(id, error, { wasDeployed, wasPutOut });
			return { error };
		} finally {
			this.#loading.delete(id);
		}
		this.#failed.delete(id);
		loader.adjust(id, model);
		const { settings } = model.sidecar;
		const after = await this.#record(id, {
			state: "deployed",
			...(settings && { settings }),
		});
		if (after && this.isPlanned(after))
			return this.#putOut.has(id) ? { error: putOutAgain(id) } : { ready };
		await loader.unload(id);
		return {
			error: new SidecarError(
				"bad_state",
				"the model was undeployed or deleted before it was ready",
			),
		};
	}

	/** What failed to load is not tried again by itself, unless there is nothing wrong with the model. */
	async #noteFailure(
		id: string,
		error: unknown,
		{ wasDeployed, wasPutOut }: { wasDeployed: boolean; wasPutOut: boolean },
	): Promise<void> {
		const { logger } = this.#options;
		// A deployment that finds no room has failed; a model that was deployed before goes on waiting for a request.
		const isShortOfRoom = wasDeployed && isShort(error, wasPutOut);
		const isOver = error instanceof RuntimeStopped;
		if (isShortOfRoom)
			logger.info(
				{ modelId: id, reason: error.message },
				"no room for a model",
			);
		else if (!isOver)
			logger.error({ err: error, modelId: id }, "a model could not be loaded");
		const mayComeBack = isShortOfRoom || isOver || mayPass(error);
		if (isShortOfRoom || (wasPutOut && mayComeBack)) this.#putOut.add(id);
		if (mayComeBack) return;
		await this.#fail(
			id,
			error instanceof Error ? error.message : String(error),
		);
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
		if (loader.get(id) || this.#putOut.has(id)) return;
		const others = new Set([
			...loader.ids(),
			...this.#loading,
			...this.#putOut,
		]);
		others.delete(id);
		if (others.size >= modelsLimit())
			throw new SidecarError(
				"bad_request",
				"Exceed max local model per node limit",
			);
	}
}

/** Whether a model had no room: in memory, or on disk of files that it had before it was put out. */
function isShort(error: unknown, wasPutOut: boolean): error is SidecarError {
	return (
		error instanceof MemoryShort ||
		(wasPutOut &&
			error instanceof SidecarError &&
			error.code === "circuit_open")
	);
}

function putOutAgain(id: string): SidecarError {
	return new SidecarError(
		"circuit_open",
		`model ${id} had to leave memory again before it could be used: the models that are used at the same time need more than SIDECAR_MODEL_MEMORY_BYTES`,
	);
}

function hasUnloaded(outcome: Convergent | undefined): boolean {
	return outcome !== undefined && "unloaded" in outcome && outcome.unloaded;
}
