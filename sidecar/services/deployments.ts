import type { Logger } from "pino";
import type { DeploymentSettings } from "../../schemas/deploy.ts";
import type { StoredModel } from "../../schemas/model.ts";
import { SidecarError } from "../errors.ts";
import type { Peer, PeerClient } from "../peers/peer-client.ts";
import type { ModelStore } from "../store/models.ts";
import type { TaskStore } from "../store/tasks.ts";
import type { Activity, Counted } from "./activity.ts";
import type { Convergence } from "./convergence.ts";
import { DeploymentTasks } from "./deployment-tasks.ts";
import type { DiskBreaker } from "./disk-breaker.ts";
import type { ModelLoader, ReadyModel } from "./model-loader.ts";
import { isPlanned, toDeploying, toUndeployed } from "./model-state.ts";
import type { NodeRegistry } from "./node-registry.ts";
import { registrationProblem } from "./registration.ts";
import type { RemoteModels } from "./remote-models.ts";

/** What the cluster's settings say about deployments. */
export interface DeploymentLimits {
	/** Deployments that one sidecar coordinates at a time. */
	tasks: number;
	/** Time for a deployment, milliseconds. */
	timeoutMs: number;
	/** Whether a request may say on which nodes. */
	customPlan: boolean;
	/** Nodes that run no models. */
	excluded: readonly string[];
	/** Whether models run at all. */
	enabled: boolean;
}

export interface DeploymentOptions {
	models: ModelStore;
	tasks: TaskStore;
	loader: ModelLoader;
	convergence: Convergence;
	remoteModels: RemoteModels;
	registry: NodeRegistry;
	peers: PeerClient;
	limits: () => DeploymentLimits;
	breaker: DiskBreaker;
	activity: Activity;
	logger: Logger;
}

/** Where a model is to run, and how. */
export interface DeploymentPlan {
	nodeIds?: readonly string[] | undefined;
	settings?: DeploymentSettings;
}

/** What `_undeploy` says of each model, by node. */
export type UndeployAnswer = Record<
	string,
	{ stats: Record<string, "undeployed" | "not_found"> }
>;

/** Time for another sidecar to answer that it has heard, milliseconds. */
const peerTimeoutMs = 5_000;

const notReady = "Model not ready yet. Please deploy the model first.";

/** Deploys models on the sidecars of a cluster and takes them out of memory again. */
export class DeploymentService {
	readonly #options: DeploymentOptions;
	readonly #tasks: DeploymentTasks;

	constructor(options: DeploymentOptions) {
		this.#options = options;
		this.#tasks = new DeploymentTasks(options);
	}

	/**
	 * Starts to deploy a model and returns the task that tells how it goes. A model that is deployed already
	 * gives a task that is soon complete: where other settings are asked for, once they are in force.
	 *
	 * @param plan on which sidecars: without any on all that there are, and those that join later; and how: settings
	 * that are left out stay as they are until the model is undeployed
	 * @throws SidecarError not_found; bad_state while the model's content is not all there; bad_request for nodes
	 * that are not there or must not be chosen, and too many deployments at a time; circuit_open for a full disk
	 */
	async deploy(
		id: string,
		{ nodeIds = [], settings = {} }: DeploymentPlan = {},
	): Promise<string> {
		const { models, registry, activity, breaker } = this.#options;
		const everywhere = nodeIds.length === 0;
		requireLocalModels(this.#options.limits());
		this.#checkPlan(nodeIds);
		await breaker.check();
		// One that has just joined is not left out, one that has just left not waited for.
		await registry.look();
		const nodes = this.#targets(nodeIds);
		// Before the answer, so that an undeployment that follows it finds something to undo.
		const model = await models.change(id, (current) => {
			if (current.sidecar.deleting) throw notFound();
			if (current.model_state === "REGISTERING")
				throw new SidecarError("bad_state", registrationProblem(current));
			if (!everywhere) refuseOtherNodes(current, nodes);
			return toDeploying(current, {
				now: Date.now(),
				nodes,
				everywhere,
				settings,
			});
		});
		if (!model) throw notFound();
		const counted = countedFor(id, model, "deploy");
		activity.begin(counted);
		// Before there is a task, and also without one: the document says that the model is to be deployed.
		const here = this.#spread(id, nodes);
		return this.#tasks.start({ id, nodes, counted, here });
	}

	/**
	 * Takes models out of memory.
	 *
	 * @param nodeIds from which sidecars; from all without any
	 * @throws SidecarError bad_request for no id, or nodes where none may be chosen; not_found where one id alone is
	 * asked for and unknown
	 */
	async undeploy(
		ids: readonly string[],
		nodeIds: readonly string[] = [],
	): Promise<UndeployAnswer> {
		const { models, registry, activity } = this.#options;
		if (ids.length === 0)
			throw new SidecarError(
				"bad_request",
				"Must set specific model ids to undeploy",
			);
		this.#checkPlan(nodeIds);
		await registry.look();
		for (const id of ids) {
			const model = await models.change(id, (current) =>
				toUndeployed(current, {
					now: Date.now(),
					...(nodeIds.length > 0 && { nodes: nodeIds }),
				}),
			);
			if (!model && ids.length === 1) throw notFound();
			if (model) activity.begin(countedFor(id, model, "undeploy"));
		}
		const chosen = (id: string) => nodeIds.length === 0 || nodeIds.includes(id);
		const answers = await Promise.all([
			...(chosen(registry.id)
				? [this.drop(ids).then((stats) => ({ [registry.id]: { stats } }))]
				: []),
			...registry
				.peers()
				.filter((peer) => chosen(peer.id))
				.map((peer) => this.#askToDrop(peer, ids)),
		]);
		return Object.assign({}, ...answers);
	}

	/** This sidecar's part of an undeployment. */
	async drop(ids: readonly string[]): Promise<UndeployAnswer[string]["stats"]> {
		const { convergence } = this.#options;
		const stats: UndeployAnswer[string]["stats"] = {};
		for (const id of ids)
			stats[id] = (await convergence.drop(id)) ? "undeployed" : "not_found";
		return stats;
	}

	/**
	 * A model, ready to run: here, or by another sidecar where it is planned for others alone. One that should be here
	 * and is not, since the sidecar was restarted or has just joined, is loaded now.
	 *
	 * @throws SidecarError not_found; bad_request where the model is not deployed; upstream_unavailable where the
	 * sidecars that have it are gone
	 */
	async require(id: string): Promise<ReadyModel> {
		const { loader, models, registry, remoteModels, convergence } =
			this.#options;
		const present = loader.get(id);
		if (present) return present;
		const model = await models.get(id);
		if (!model || model.sidecar.deleting) throw notFound();
		if (!isPlanned(model)) throw new SidecarError("bad_request", notReady);
		const { workers } = model.sidecar;
		const others = registry
			.peers()
			.filter(({ id }) => workers[id]?.state === "deployed");
		const isFirst = model.model_state === "DEPLOYING" && !workers[registry.id];
		if (convergence.isPlanned(model) && !isFirst) {
			const outcome = await convergence.run(id);
			if ("ready" in outcome) return outcome.ready;
			if ("unloaded" in outcome)
				throw new SidecarError("bad_request", notReady);
			if (others.length === 0) throw outcome.error;
		}
		if (others.length > 0)
			return remoteModels.open(id, model.model_config ?? {}, others);
		throw model.model_state === "DEPLOYING"
			? new SidecarError("bad_request", notReady)
			: new SidecarError(
					"upstream_unavailable",
					`Model not ready to be used: ${id}: none of the sidecars that it is deployed on is there`,
				);
	}

	/** Whether a task is one of those that this process will end. */
	isRunning(taskId: string): boolean {
		return this.#tasks.isRunning(taskId);
	}

	/** Ends every deployment that waits for others; what is stored says that the model is to be deployed. */
	close(): Promise<void> {
		return this.#tasks.close();
	}

	#targets(nodeIds: readonly string[]): string[] {
		const { registry, limits } = this.#options;
		const { tasks, excluded } = limits();
		if (this.#tasks.size >= tasks)
			throw new SidecarError(
				"too_many_requests",
				`exceed max running task limit: plugins.ml_commons.max_deploy_model_tasks_per_node is ${tasks}`,
			);
		const eligible = registry.alive().filter((id) => !excluded.includes(id));
		const nodes =
			nodeIds.length === 0
				? eligible
				: eligible.filter((id) => nodeIds.includes(id));
		if (nodes.length === 0)
			throw new SidecarError("bad_request", "no eligible node found");
		return nodes;
	}

	#checkPlan(nodeIds: readonly string[]): void {
		if (nodeIds.length > 0 && !this.#options.limits().customPlan)
			throw new SidecarError(
				"bad_request",
				"Don't allow custom deployment plan",
			);
	}

	/**
	 * Tells the sidecars concerned; one that does not hear it sees it by itself a little later.
	 *
	 * @returns the end of this sidecar's own part, however it ends
	 */
	#spread(id: string, nodes: readonly string[]): Promise<unknown> {
		const { convergence, registry, peers, logger } = this.#options;
		const here = nodes.includes(registry.id)
			? convergence.run(id)
			: Promise.resolve();
		const told = [
			here,
			...registry
				.peers()
				.filter((peer) => nodes.includes(peer.id))
				.map((peer) =>
					peers.call(peer, {
						method: "POST",
						path: "/converge",
						body: JSON.stringify({ model_ids: [id] }),
						timeoutMs: peerTimeoutMs,
					}),
				),
		];
		for (const call of told)
			call.catch((error: unknown) =>
				logger.warn({ err: error, modelId: id }, "a deployment is delayed"),
			);
		return here.catch(() => undefined);
	}

	/** A sidecar that does not answer is left out: it sees by itself that the model is not wanted any more. */
	async #askToDrop(
		peer: Peer,
		ids: readonly string[],
	): Promise<UndeployAnswer> {
		const { peers, logger } = this.#options;
		try {
			const { status, text } = await peers.call(peer, {
				method: "POST",
				path: "/drop",
				body: JSON.stringify({ model_ids: ids }),
				timeoutMs: peerTimeoutMs,
			});
			if (status === 200) return { [peer.id]: JSON.parse(text) };
			logger.warn({ peer: peer.id, status, text }, "undeploy refused");
		} catch (error) {
			logger.warn({ err: error, peer: peer.id }, "undeploy not answered");
		}
		return {};
	}
}

/** A deployment on chosen nodes does not silently leave others out. */
function refuseOtherNodes(model: StoredModel, nodes: readonly string[]): void {
	const others = Object.entries(model.sidecar.workers)
		.filter(([id, { state }]) => state === "deployed" && !nodes.includes(id))
		.map(([id]) => id);
	if (isPlanned(model) && others.length > 0)
		throw new SidecarError(
			"bad_request",
			`Model already deployed to these nodes: [${others.join(", ")}], but they are not included in target node ids. Undeploy model from these nodes if don't need them any more. Undeploy from old nodes before try to deploy model on new nodes. Or include all old nodes in your target nodes.`,
		);
}

function countedFor(
	modelId: string,
	{ algorithm }: StoredModel,
	action: "deploy" | "undeploy",
): Counted {
	return { action, algorithm, modelId };
}

/** @throws SidecarError bad_state where the cluster's settings forbid models to run */
export function requireLocalModels({ enabled }: { enabled: boolean }): void {
	if (!enabled)
		throw new SidecarError(
			"bad_state",
			'Local Model is currently disabled. To enable it, update the setting "plugins.ml_commons.local_model.enabled" to true.',
		);
}

function notFound(): SidecarError {
	return new SidecarError("not_found", "Failed to find model");
}
