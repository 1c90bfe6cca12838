import { setTimeout } from "node:timers/promises";
import type { Logger } from "pino";
import { ulid } from "ulid";
import type { StoredModel, Worker } from "../../schemas/model.ts";
import type { ModelStore } from "../store/models.ts";
import type { TaskStore } from "../store/tasks.ts";
import type { Activity, Counted } from "./activity.ts";
import { isDone, isPlannedOn, withWorker } from "./model-state.ts";
import type { NodeRegistry } from "./node-registry.ts";

export interface DeploymentTasksOptions {
	models: ModelStore;
	tasks: TaskStore;
	registry: NodeRegistry;
	/** Time for a deployment, milliseconds. */
	limits: () => { timeoutMs: number };
	activity: Activity;
	logger: Logger;
}

/** A deployment that has begun. */
export interface BegunDeployment {
	/** The model's. */
	id: string;
	/** Where it is to run. */
	nodes: readonly string[];
	counted: Counted;
	/** The end of this sidecar's own part, however it ends. */
	here: Promise<unknown>;
}

interface Deployment extends BegunDeployment {
	taskId: string;
}

/** How often the outcome on other sidecars is looked for, milliseconds. */
const outcomeInterval = 200;

const unplanned =
	"the model was undeployed, deleted or planned for other sidecars before it was ready";

/** The tasks of deployments: each collects how it went on all the sidecars that are to run the model. */
export class DeploymentTasks {
	readonly #options: DeploymentTasksOptions;
	readonly #running = new Set<Promise<void>>();
	/** The tasks under way in this process. */
	readonly #tasks = new Set<string>();
	readonly #closing = new AbortController();

	constructor(options: DeploymentTasksOptions) {
		this.#options = options;
	}

	/** How many are under way in this process. */
	get size(): number {
		return this.#tasks.size;
	}

	/** Whether a task is one of those that this process will end. */
	isRunning(taskId: string): boolean {
		return this.#tasks.has(taskId);
	}

	/** Stores the task of a deployment, and ends it when the deployment has. @returns its id */
	async start(begun: BegunDeployment): Promise<string> {
		const deployment = { ...begun, taskId: ulid().toLowerCase() };
		const { taskId } = deployment;
		// Before it is stored: whoever sees it asks here whether it goes on.
		this.#tasks.add(taskId);
		try {
			await this.#createTask(deployment);
		} catch (error) {
			this.#tasks.delete(taskId);
			throw error;
		}
		this.#conclude(deployment);
		return taskId;
	}

	/** Gives up waiting; the tasks stay as they are. */
	async close(): Promise<void> {
		this.#closing.abort();
		await Promise.allSettled(this.#running);
	}

	/** Clients that poll take CREATED for an end as soon as they see it, so no task is ever stored as that. */
	async #createTask({ id, taskId, nodes, counted }: Deployment): Promise<void> {
		const { tasks, registry } = this.#options;
		const now = Date.now();
		await tasks.create(taskId, {
			model_id: id,
			task_type: "DEPLOY_MODEL",
			function_name: counted.algorithm,
			state: "RUNNING",
			worker_node: [...nodes],
			create_time: now,
			last_update_time: now,
			is_async: true,
			sidecar: { coordinator: registry.id },
		});
	}

	#conclude(deployment: Deployment): void {
		const { logger } = this.#options;
		const { taskId } = deployment;
		const running = this.#awaitEnd(deployment)
			.catch((error: unknown) =>
				logger.error(
					{ err: error, taskId, modelId: deployment.id },
					"the outcome of a deployment could not be stored",
				),
			)
			.finally(() => {
				this.#running.delete(running);
				this.#tasks.delete(taskId);
			});
		this.#running.add(running);
	}

	async #awaitEnd(deployment: Deployment): Promise<void> {
		const { tasks, logger, limits, activity } = this.#options;
		const { taskId, nodes, here, counted } = deployment;
		const { signal } = this.#closing;
		const { timeoutMs } = limits();
		const deadline = performance.now() + timeoutMs;
		await here;
		while (!signal.aborted) {
			try {
				const end = await this.#end(deployment);
				const late = performance.now() > deadline;
				if (end || late) {
					const timeout = `timeout after ${timeoutMs / 1000} seconds`;
					if (!end) await this.#giveUp(deployment, timeout);
					const outcome = end ?? failed(nodes, timeout);
					await tasks.update(taskId, outcome);
					if (outcome.state === "FAILED") activity.fail(counted);
					return;
				}
			} catch (error) {
				logger.warn({ err: error, taskId }, "a deployment's end is not known");
			}
			await setTimeout(outcomeInterval, undefined, { signal }).catch(
				() => undefined,
			);
		}
	}

	/** A model does not stay in DEPLOYING after its task has failed. */
	async #giveUp({ id, nodes }: Deployment, reason: string): Promise<void> {
		const worker = { state: "failed", reason } as const;
		await this.#options.models.change(id, (current) => {
			const late = nodes.filter((node) => !current.sidecar.workers[node]);
			return late.reduce<StoredModel | undefined>(
				(model, nodeId) =>
					withWorker(model ?? current, { now: Date.now(), nodeId, worker }) ??
					model,
				undefined,
			);
		});
	}

	/** How a deployment ended; undefined while it goes on. */
	async #end({ id, nodes }: Deployment) {
		const model = await this.#options.models.get(id);
		const outcomes = nodes.map(
			(node) => [node, this.#outcome(model, node)] as const,
		);
		if (outcomes.some(([, worker]) => !worker)) return undefined;
		const reasons = outcomes.flatMap(([node, worker]) =>
			worker?.state === "deployed"
				? []
				: [[node, worker?.reason ?? "the sidecar has disappeared"]],
		);
		if (reasons.length === 0) return { state: "COMPLETED" as const };
		return {
			state:
				reasons.length === nodes.length
					? ("FAILED" as const)
					: ("COMPLETED_WITH_ERROR" as const),
			error: JSON.stringify(Object.fromEntries(reasons)),
		};
	}

	/** How it went on one node; undefined while it is still at it. */
	#outcome(model: StoredModel | undefined, node: string): Worker | undefined {
		const worker = model?.sidecar.workers[node];
		if (model && worker && isDone(model, worker)) return worker;
		if (this.#options.registry.isGone(node)) return { state: "gone" };
		return model && isPlannedOn(model, node)
			? undefined
			: { state: "failed", reason: unplanned };
	}
}

function failed(nodes: readonly string[], reason: string) {
	return {
		state: "FAILED" as const,
		error: JSON.stringify(
			Object.fromEntries(nodes.map((node) => [node, reason])),
		),
	};
}
