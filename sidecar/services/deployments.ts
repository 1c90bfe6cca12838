import type { Logger } from "pino";
import { ulid } from "ulid";
import type { StoredModel } from "../../schemas/model.ts";
import { SidecarError } from "../errors.ts";
import { RuntimeStopped } from "../runtime/runtime-stopped.ts";
import type { ModelStore } from "../store/models.ts";
import type { TaskStore } from "../store/tasks.ts";
import type { ModelLoader, ReadyModel } from "./model-loader.ts";
import {
	isPlanned,
	isServed,
	type Occasion,
	toDeployed,
	toDeployFailed,
	toDeploying,
	toUndeployed,
} from "./model-state.ts";
import { registrationProblem } from "./registration.ts";

export interface DeploymentOptions {
	models: ModelStore;
	tasks: TaskStore;
	loader: ModelLoader;
	/** This sidecar's stable id, `worker_node` of its tasks. */
	nodeId: string;
	logger: Logger;
}

/** What `_undeploy` says of each model, by node. */
export type UndeployAnswer = Record<
	string,
	{ stats: Record<string, "undeployed" | "not_found"> }
>;

/** Brings models from OpenSearch into memory and out of it again, and keeps their state in OpenSearch true. */
export class DeploymentService {
	readonly #options: DeploymentOptions;
	readonly #running = new Set<Promise<void>>();
	/** The tasks under way in this process. */
	readonly #tasks = new Set<string>();
	/** The models that are loaded because they were asked for. */
	readonly #wanted = new Map<string, Promise<ReadyModel>>();

	constructor(options: DeploymentOptions) {
		this.#options = options;
	}

	/**
	 * Starts to deploy a model and returns the task that tells how it goes. A model that is deployed already
	 * gives a task that is soon complete.
	 *
	 * @throws SidecarError not_found; bad_state while the model's content is not all there
	 */
	async deploy(id: string): Promise<string> {
		const { models, logger } = this.#options;
		// Before the answer, so that an undeployment that follows it finds something to undo.
		const model = await models.change(id, (current) => {
			if (current.model_state === "REGISTERING")
				throw new SidecarError("bad_state", registrationProblem(current));
			return toDeploying(current, this.#occasion());
		});
		if (!model) throw new SidecarError("not_found", "Failed to find model");
		const taskId = await this.#createTask(id, model);
		this.#inBackground(
			this.#carryOut(id, model, taskId).finally(() =>
				this.#tasks.delete(taskId),
			),
			(error) =>
				logger.error(
					{ err: error, modelId: id, taskId },
					"the outcome of a deployment could not be stored",
				),
		);
		return taskId;
	}

	/**
	 * Takes models out of memory.
	 *
	 * @throws SidecarError bad_request for no id; not_found where one id alone is asked for and unknown
	 */
	async undeploy(ids: readonly string[]): Promise<UndeployAnswer> {
		if (ids.length === 0)
			throw new SidecarError(
				"bad_request",
				"Must set specific model ids to undeploy",
			);
		const { models, loader, nodeId } = this.#options;
		const stats: UndeployAnswer[string]["stats"] = {};
		for (const id of ids) {
			const model = await models.change(id, (current) =>
				toUndeployed(current, this.#occasion()),
			);
			if (!model && ids.length === 1)
				throw new SidecarError("not_found", "Failed to find model");
			stats[id] = (await loader.unload(id)) ? "undeployed" : "not_found";
		}
		return { [nodeId]: { stats } };
	}

	/**
	 * The model in memory, ready to run. One that should be here and is not, since the sidecar was restarted or
	 * another one deployed it, is loaded now.
	 *
	 * @throws SidecarError not_found; bad_request where the model is not deployed
	 */
	async require(id: string): Promise<ReadyModel> {
		const present = this.#options.loader.get(id);
		if (present) return present;
		// All who ask at once wait for one load, and change the model's document once.
		const wanted = this.#wanted.get(id);
		if (wanted) return wanted;
		const loading = this.#loadServed(id).finally(() => this.#wanted.delete(id));
		this.#wanted.set(id, loading);
		return loading;
	}

	async #loadServed(id: string): Promise<ReadyModel> {
		const { loader, models } = this.#options;
		const model = await models.get(id);
		if (!model) throw new SidecarError("not_found", "Failed to find model");
		if (!isServed(model))
			throw new SidecarError(
				"bad_request",
				"Model not ready yet. Please deploy the model first.",
			);
		const ready = await loader.load(id, model);
		await this.#deployed(id);
		return ready;
	}

	/** Notes that a model's process was put aside, since it died again and again. */
	async putAside(id: string, reason: string): Promise<void> {
		const { logger } = this.#options;
		logger.error({ modelId: id, reason }, "model put aside");
		try {
			await this.#failed(id);
		} catch (error) {
			logger.error({ err: error, modelId: id }, "the state was not stored");
		}
	}

	/**
	 * Ends the tasks that the sidecar left when it was killed, and loads every model that was deployed; one that fails
	 * is DEPLOY_FAILED.
	 */
	async resume(): Promise<void> {
		const { models, tasks, loader, nodeId, logger } = this.#options;
		for (const { id, source } of await tasks.running())
			if (source.worker_node.includes(nodeId) && !this.#tasks.has(id))
				await this.#endTask(id, "the sidecar was restarted meanwhile");
		const planned = await models.inStates([
			"DEPLOYING",
			"DEPLOYED",
			"PARTIALLY_DEPLOYED",
		]);
		for (const { id, source } of planned) {
			try {
				await loader.load(id, source);
				await this.#deployed(id);
				logger.info({ modelId: id }, "model deployed again");
			} catch (error) {
				logger.error({ err: error, modelId: id }, "model not deployed again");
				if (isModelsFault(error)) await this.#failed(id);
			}
		}
	}

	/** Waits until no deployment is under way. */
	async settle(): Promise<void> {
		await Promise.allSettled(this.#running);
	}

	#inBackground(work: Promise<void>, onError: (error: unknown) => void): void {
		const settled = work
			.catch(onError)
			.finally(() => this.#running.delete(settled));
		this.#running.add(settled);
	}

	/** Clients that poll take CREATED for an end as soon as they see it, so no task is ever stored as that. */
	async #createTask(id: string, model: StoredModel): Promise<string> {
		const { tasks, nodeId } = this.#options;
		const taskId = ulid().toLowerCase();
		const now = Date.now();
		this.#tasks.add(taskId);
		try {
			await tasks.create(taskId, {
				model_id: id,
				task_type: "DEPLOY_MODEL",
				function_name: model.algorithm,
				state: "RUNNING",
				worker_node: [nodeId],
				create_time: now,
				last_update_time: now,
				is_async: true,
				sidecar: { coordinator: nodeId },
			});
			return taskId;
		} catch (error) {
			this.#tasks.delete(taskId);
			if (model.model_state === "DEPLOYING") await this.#failed(id);
			throw error;
		}
	}

	async #carryOut(
		id: string,
		model: StoredModel,
		taskId: string,
	): Promise<void> {
		const { tasks, loader, logger } = this.#options;
		try {
			await loader.load(id, model);
			await this.#deployed(id);
			await tasks.update(taskId, { state: "COMPLETED" });
		} catch (error) {
			logger.error({ err: error, modelId: id, taskId }, "deployment failed");
			const reason = error instanceof Error ? error.message : String(error);
			try {
				if (!(error instanceof RuntimeStopped)) await this.#failed(id);
			} finally {
				// Whoever sees the task's end sees the model's state that goes with it.
				await this.#endTask(taskId, reason);
			}
		}
	}

	/** Only from a state in which it is wanted: an undeployment meanwhile is not undone. */
	async #deployed(id: string): Promise<void> {
		const { models, loader } = this.#options;
		const model = await models.change(id, (current) =>
			toDeployed(current, this.#occasion()),
		);
		if (model && isPlanned(model)) return;
		await loader.unload(id);
		throw new SidecarError(
			"bad_state",
			"the model was undeployed or deleted before it was ready",
		);
	}

	async #endTask(taskId: string, reason: string): Promise<void> {
		const { tasks, nodeId } = this.#options;
		await tasks.update(taskId, {
			state: "FAILED",
			error: JSON.stringify({ [nodeId]: reason }),
		});
	}

	async #failed(id: string): Promise<void> {
		await this.#options.models.change(id, (current) =>
			toDeployFailed(current, this.#occasion()),
		);
	}

	#occasion(): Occasion {
		return { now: Date.now(), nodeId: this.#options.nodeId };
	}
}

function isModelsFault(error: unknown): boolean {
	return (
		error instanceof SidecarError &&
		error.status < 500 &&
		error.code !== "too_many_requests" &&
		!(error instanceof RuntimeStopped)
	);
}
