import type {
	ActionStats,
	NodeStats,
	StatsRequest,
} from "../../schemas/stats.ts";
import { SidecarError } from "../errors.ts";
import type { ClusterStore } from "../store/cluster.ts";
import {
	configIndex,
	controllerIndex,
	modelIndex,
	taskIndex,
} from "../store/hidden-indices.ts";
import type { ModelStore } from "../store/models.ts";
import type { NodeReports } from "./node-reports.ts";

export interface StatsOptions {
	models: ModelStore;
	cluster: ClusterStore;
	reports: NodeReports;
}

export interface StatsQuestion {
	/** Out of the path, in any case: the statistics that are asked for. */
	stats?: readonly string[];
	/** Out of the path: the nodes that are asked for. */
	nodeIds?: readonly string[];
	body?: StatsRequest | undefined;
}

const clusterStats = [
	"ml_model_count",
	"ml_connector_count",
	"ml_model_index_status",
	"ml_connector_index_status",
	"ml_config_index_status",
	"ml_task_index_status",
	"ml_controller_index_status",
];

const nodeStats = [
	"ml_jvm_heap_usage",
	"ml_executing_task_count",
	"ml_request_count",
	"ml_failure_count",
	"ml_deployed_model_count",
	"ml_circuit_breaker_trigger_count",
];

const levels = ["cluster", "node", "algorithm", "model", "action"];

/** What of everything is shown. */
interface Selection {
	cluster: readonly string[];
	/** Undefined: the nodes are not shown at all. */
	node: readonly string[] | undefined;
	algorithms: boolean;
	nodeIds: readonly string[] | undefined;
	keeps: {
		algorithm: (name: string) => boolean;
		model: (id: string) => boolean;
		action: (name: string) => boolean;
	};
}

/** `stats`: numbers of the cluster and of each sidecar, in ml-commons' form. */
export class StatsService {
	readonly #options: StatsOptions;

	constructor(options: StatsOptions) {
		this.#options = options;
	}

	/** @throws SidecarError bad_request for a statistic or a level that does not exist */
	async read(question: StatsQuestion): Promise<Record<string, unknown>> {
		const selection = select(question);
		const [cluster, reports] = await Promise.all([
			selection.cluster.length > 0 ? this.#cluster() : {},
			selection.node && this.#options.reports.stats(selection.nodeIds),
		]);
		const nodes = Object.entries(reports ?? {}).map(([id, report]) => [
			id,
			shownNode(report, selection),
		]);
		return {
			...pick(cluster, selection.cluster),
			...(nodes.length > 0 && { nodes: Object.fromEntries(nodes) }),
		};
	}

	async #cluster(): Promise<Record<string, unknown>> {
		const { models, cluster } = this.#options;
		const [health, count] = await Promise.all([
			cluster.hiddenIndexHealth(),
			models.count(),
		]);
		const status = (index: string) => health.get(index) ?? "non-existent";
		return {
			ml_model_count: count,
			ml_connector_count: 0,
			ml_model_index_status: status(modelIndex),
			ml_connector_index_status: "non-existent",
			ml_config_index_status: status(configIndex),
			ml_task_index_status: status(taskIndex),
			ml_controller_index_status: status(controllerIndex),
		};
	}
}

function select({ stats, nodeIds, body }: StatsQuestion): Selection {
	const asked = nodeIds ?? body?.node_ids;
	const everything = {
		algorithm: () => true,
		model: () => true,
		action: () => true,
	};
	const base = {
		nodeIds: asked?.includes("_all") ? undefined : asked,
		keeps: everything,
	};
	if (stats) {
		const names = known(stats, [...clusterStats, ...nodeStats], "cluster");
		const node = nodeStats.filter((name) => names.includes(name));
		return {
			...base,
			cluster: clusterStats.filter((name) => names.includes(name)),
			node: node.length > 0 ? node : undefined,
			algorithms: false,
		};
	}
	if (!body)
		return {
			...base,
			cluster: clusterStats,
			node: nodeStats,
			algorithms: true,
		};
	return { ...base, ...selectByBody(body) };
}

function selectByBody(
	body: NonNullable<StatsRequest>,
): Pick<Selection, "cluster" | "node" | "algorithms" | "keeps"> {
	const cluster = known(
		body.cluster_level_stats ?? clusterStats,
		clusterStats,
		"cluster",
	);
	const node = known(body.node_level_stats ?? nodeStats, nodeStats, "node");
	const asked = lower(body.target_stat_levels ?? []);
	if (asked.some((level) => !levels.includes(level)))
		throw new SidecarError("bad_request", "Wrong ML stat level");
	const has = (level: string) => asked.includes(level);
	return {
		cluster: has("cluster") ? cluster : [],
		node:
			asked.length > 0 && asked.every((level) => level === "cluster")
				? undefined
				: has("node")
					? node
					: [],
		algorithms: has("algorithm") || has("action"),
		keeps: {
			algorithm: oneOf(body.algorithms),
			model: oneOf(body.models),
			action: oneOf(body.actions),
		},
	};
}

/** Whether a name is among those asked for, in any case; none asked for are all. */
function oneOf(asked: readonly string[] | undefined) {
	const names = lower(asked ?? []);
	return (name: string) =>
		names.length === 0 || names.includes(name.toLowerCase());
}

function known(
	asked: readonly string[],
	names: readonly string[],
	level: "cluster" | "node",
): string[] {
	const found = lower(asked);
	if (found.some((name) => !names.includes(name)))
		throw new SidecarError("bad_request", `Wrong ML ${level} level stat`);
	return found;
}

function lower(names: readonly string[]): string[] {
	return names.map((name) => name.toLowerCase());
}

function shownNode(
	{ counters, algorithms, models }: NodeStats,
	{ node, algorithms: withAlgorithms, keeps }: Selection,
) {
	return {
		...pick(counters, node ?? []),
		algorithms: withAlgorithms
			? filtered(algorithms, keeps.algorithm, keeps.action)
			: {},
		models: filtered(models, keeps.model, keeps.action),
	};
}

function filtered(
	byName: Record<string, Record<string, ActionStats>>,
	keeps: (name: string) => boolean,
	keepsAction: (name: string) => boolean,
) {
	return Object.fromEntries(
		Object.entries(byName)
			.filter(([name]) => keeps(name))
			.map(([name, actions]) => [
				name,
				Object.fromEntries(
					Object.entries(actions).filter(([action]) => keepsAction(action)),
				),
			]),
	);
}

function pick(
	values: Record<string, unknown>,
	names: readonly string[],
): Record<string, unknown> {
	return Object.fromEntries(
		names.filter((name) => name in values).map((name) => [name, values[name]]),
	);
}
