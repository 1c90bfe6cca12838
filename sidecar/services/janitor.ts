import type { Logger } from "pino";
import type { StoredModel } from "../../schemas/model.ts";
import type { StoredTask } from "../../schemas/task.ts";
import type { ChunkStore } from "../store/chunks.ts";
import type { Versioned } from "../store/documents.ts";
import type { HiddenIndices } from "../store/hidden-indices.ts";
import type { ModelStore } from "../store/models.ts";
import type { TaskStore } from "../store/tasks.ts";
import type { ModelRemoval } from "./model-removal.ts";
import { claimOf, type ModelVersions, madeClaimOf } from "./model-versions.ts";
import type { NodeRegistry } from "./node-registry.ts";

export interface JanitorOptions {
	indices: HiddenIndices;
	models: ModelStore;
	tasks: TaskStore;
	chunks: ChunkStore;
	removal: ModelRemoval;
	/** Takes back the version, and perhaps the group, of a model that is not registered after all. */
	versions: Pick<ModelVersions, "release">;
	/** Starts a deployment. */
	deploy: (modelId: string) => Promise<unknown>;
	registry: Pick<NodeRegistry, "id" | "isGone">;
	/** Whether this process will end a task. */
	isRunning: (taskId: string) => boolean;
	/** Whether this process brings a model's content in. */
	isRegistering: (modelId: string) => boolean;
	/** A model whose client has sent nothing for so long is given up, milliseconds. */
	uploadTimeoutMs: number;
	logger: Logger;
}

/**
 * Clears away what was left behind: tasks whose sidecar is gone, models that are half registered or half deleted,
 * chunks of models that are not there. Every sidecar does, at any time: what another one has done already is fine.
 */
export class Janitor {
	readonly #options: JanitorOptions;

	constructor(options: JanitorOptions) {
		this.#options = options;
	}

	/** One round; what fails is logged, and left to the next one. */
	async clean(): Promise<void> {
		const { indices } = this.#options;
		await this.#attempt("templates", () => indices.putTemplates());
		await this.#attempt("models", () => this.#endModels());
		await this.#attempt("tasks", () => this.#endTasks());
		await this.#attempt("chunks", () => this.#removeOrphans());
	}

	async #attempt(what: string, work: () => Promise<void>): Promise<void> {
		try {
			await work();
		} catch (error) {
			this.#options.logger.warn({ err: error, what }, "not cleared away");
		}
	}

	async #endModels(): Promise<void> {
		const { models, removal, versions, logger } = this.#options;
		for (const { id } of await models.deleting()) await removal.remove(id);
		for (const { id, source } of await models.inStates(["REGISTERING"])) {
			if (!this.#isGivenUp(id, source)) continue;
			const removed = await removal.remove(
				id,
				(current) =>
					current.model_state !== "REGISTERING" ||
					current.last_updated_time !== source.last_updated_time,
			);
			if (!removed) continue;
			logger.warn({ modelId: id }, "a half registered model was removed");
			const claim = claimOf(id, source);
			if (claim) await versions.release(claim);
		}
	}

	#isGivenUp(id: string, { sidecar, last_updated_time }: StoredModel): boolean {
		const { isRegistering, uploadTimeoutMs } = this.#options;
		if (sidecar.registering_node === undefined)
			return Date.now() - last_updated_time > uploadTimeoutMs;
		return this.#hasEnded(sidecar.registering_node, () => isRegistering(id));
	}

	async #endTasks(): Promise<void> {
		const { tasks, isRunning } = this.#options;
		for (const task of await tasks.running())
			if (
				this.#hasEnded(task.source.sidecar.coordinator, () =>
					isRunning(task.id),
				)
			)
				await this.#endTask(task);
	}

	async #endTask({ id, source }: Versioned<StoredTask>): Promise<void> {
		const modelId = await this.#registeredModel(source);
		const end: Partial<StoredTask> =
			modelId === undefined
				? failureOf(source, this.#options.registry.id)
				: { state: "COMPLETED", model_id: modelId };
		let ended = false;
		await this.#options.tasks.change(id, (current) => {
			ended = current.state === "RUNNING" || current.state === "CREATED";
			return ended
				? { ...current, ...end, last_update_time: Date.now() }
				: undefined;
		});
		if (!ended) return;
		if (modelId === undefined) await this.#releaseGroup(source.sidecar);
		else if (source.sidecar.deploy) await this.#deploy(modelId);
	}

	/** A group that was made for a model of which nothing was stored. */
	async #releaseGroup({ model_id: id }: StoredTask["sidecar"]): Promise<void> {
		const { models, versions } = this.#options;
		if (id !== undefined && (await models.lacks(id)))
			await versions.release(madeClaimOf(id));
	}

	/** The model that a registration had made when it was cut off. */
	async #registeredModel({
		task_type,
		sidecar,
	}: StoredTask): Promise<string | undefined> {
		const { model_id } = sidecar;
		if (task_type !== "REGISTER_MODEL" || model_id === undefined)
			return undefined;
		const model = await this.#options.models.get(model_id);
		const registered = model && model.model_state !== "REGISTERING";
		return registered && !model.sidecar.deleting ? model_id : undefined;
	}

	/** The other half of a registration that was cut off between the two; one sidecar does it, that which ended its task. */
	async #deploy(modelId: string): Promise<void> {
		const { deploy, logger } = this.#options;
		try {
			await deploy(modelId);
		} catch (error) {
			logger.error(
				{ err: error, modelId },
				"what follows a registration failed",
			);
		}
	}

	async #removeOrphans(): Promise<void> {
		const { models, chunks, logger } = this.#options;
		for (const id of await chunks.owners()) {
			// Without the index of models nobody can say whose chunks they are; it may come back out of a snapshot.
			if (!(await models.lacks(id))) continue;
			await chunks.deleteAll(id);
			logger.warn({ modelId: id }, "chunks of a deleted model were removed");
		}
	}

	/** Whether what a node was doing will not be ended by it. */
	#hasEnded(nodeId: string, isHere: () => boolean): boolean {
		const { registry } = this.#options;
		return nodeId === registry.id ? !isHere() : registry.isGone(nodeId);
	}
}

function failureOf(
	{ task_type, sidecar: { coordinator } }: StoredTask,
	here: string,
): Pick<StoredTask, "state" | "error"> {
	const reason =
		coordinator === here
			? "the sidecar was restarted meanwhile"
			: "the sidecar has disappeared";
	return {
		state: "FAILED",
		error:
			task_type === "DEPLOY_MODEL"
				? JSON.stringify({ [coordinator]: reason })
				: reason,
	};
}
