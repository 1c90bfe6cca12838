import type { Logger } from "pino";
import type { StoredModel } from "../../schemas/model.ts";
import type { StoredTask } from "../../schemas/task.ts";
import type { ChunkStore } from "../store/chunks.ts";
import type { Versioned } from "../store/documents.ts";
import type { HiddenIndices } from "../store/hidden-indices.ts";
import type { ModelStore } from "../store/models.ts";
import type { TaskStore } from "../store/tasks.ts";
import type { ModelRemoval } from "./model-removal.ts";
import type { NodeRegistry } from "./node-registry.ts";

export interface JanitorOptions {
	indices: HiddenIndices;
	models: ModelStore;
	tasks: TaskStore;
	chunks: ChunkStore;
	removal: ModelRemoval;
	registry: NodeRegistry;
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
		const { models, removal, logger } = this.#options;
		for (const { id } of await models.deleting()) await removal.remove(id);
		for (const { id, source } of await models.inStates(["REGISTERING"])) {
			if (!this.#isGivenUp(id, source)) continue;
			const removed = await removal.remove(
				id,
				(current) =>
					current.model_state !== "REGISTERING" ||
					current.last_updated_time !== source.last_updated_time,
			);
			if (removed)
				logger.warn({ modelId: id }, "a half registered model was removed");
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
		const { tasks, registry } = this.#options;
		const { coordinator } = source.sidecar;
		const reason =
			coordinator === registry.id
				? "the sidecar was restarted meanwhile"
				: "the sidecar has disappeared";
		await tasks.change(id, (current) =>
			current.state === "RUNNING" || current.state === "CREATED"
				? {
						...current,
						state: "FAILED",
						error:
							source.task_type === "DEPLOY_MODEL"
								? JSON.stringify({ [coordinator]: reason })
								: reason,
						last_update_time: Date.now(),
					}
				: undefined,
		);
	}

	async #removeOrphans(): Promise<void> {
		const { models, chunks, logger } = this.#options;
		for (const id of await chunks.owners()) {
			if (await models.get(id)) continue;
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
