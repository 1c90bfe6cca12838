import type { StoredModel } from "../../schemas/model.ts";
import type { ModelProfile, ProfileRequest } from "../../schemas/stats.ts";
import type { ModelStore } from "../store/models.ts";
import type { TaskStore } from "../store/tasks.ts";
import type { NodeReports } from "./node-reports.ts";
import { type ShownTask, shownTask } from "./tasks.ts";

export interface ProfileOptions {
	models: ModelStore;
	tasks: TaskStore;
	reports: NodeReports;
}

/** Ids that are asked for: some, all, or none. */
type Asked = readonly string[] | "all";

export interface ProfileQuestion {
	models: Asked;
	tasks: Asked;
	/** Stands in place of `models` and `tasks`, where it says something of them. */
	body?: ProfileRequest | undefined;
	/** `node` or `model`; anything else shows nothing, as in ml-commons. */
	view: string;
}

/** What is shown of a node: what it has none of is left out. */
interface ProfiledNode {
	models: Map<string, object>;
	tasks: Map<string, ShownTask>;
}

/** ml-commons' estimate of an ONNX model's memory: its archive, half as much again. */
const memoryPerByte = 1.5;

/** ml-commons takes a chunk for full where the size of a model is not known, bytes. */
const chunkBytes = 10_000_000;

/** `profile`: models and tasks as they are in the memory of each sidecar. */
export class ProfileService {
	readonly #options: ProfileOptions;

	constructor(options: ProfileOptions) {
		this.#options = options;
	}

	async read(question: ProfileQuestion): Promise<Record<string, unknown>> {
		const { view, body } = question;
		if (view !== "node" && view !== "model") return {};
		const models = body
			? body.return_all_models
				? "all"
				: (body.model_ids ?? [])
			: question.models;
		const tasks = body
			? body.return_all_tasks
				? "all"
				: (body.task_ids ?? [])
			: question.tasks;
		const nodeIds = body?.node_ids;
		const profiled = await this.#models(models, nodeIds);
		const running = await this.#tasks(tasks, nodeIds);
		return view === "node"
			? byNode(profiled, running)
			: byModel(profiled, running);
	}

	async #models(
		asked: Asked,
		nodeIds: readonly string[] | undefined,
	): Promise<Profiled[]> {
		if (asked.length === 0) return [];
		const profiles = await this.#options.reports.profiles(nodeIds);
		const found = Object.entries(profiles).flatMap(([node, models]) =>
			Object.entries(models)
				.filter(([id]) => asked === "all" || asked.includes(id))
				.map(([id, profile]) => ({ node, id, profile })),
		);
		const ids = [...new Set(found.map(({ id }) => id))];
		const documents = new Map(
			await Promise.all(
				ids.map(
					async (id) => [id, await this.#options.models.get(id)] as const,
				),
			),
		);
		return found.flatMap(({ node, id, profile }) => {
			const model = documents.get(id);
			return model ? [{ node, id, profile, model }] : [];
		});
	}

	async #tasks(
		asked: Asked,
		nodeIds: readonly string[] | undefined,
	): Promise<Running[]> {
		if (asked.length === 0) return [];
		const running = await this.#options.tasks.running();
		return running
			.filter(({ id }) => asked === "all" || asked.includes(id))
			.map(({ id, source }) => ({
				id,
				node: source.sidecar.coordinator,
				task: shownTask(source),
			}))
			.filter(({ node }) => !nodeIds || nodeIds.includes(node));
	}
}

interface Profiled {
	node: string;
	id: string;
	profile: ModelProfile;
	model: StoredModel;
}

interface Running {
	node: string;
	id: string;
	task: ShownTask;
}

function byNode(
	profiled: readonly Profiled[],
	running: readonly Running[],
): Record<string, unknown> {
	const nodes = new Map<string, ProfiledNode>();
	const nodeOf = (id: string) => {
		const node = nodes.get(id) ?? { models: new Map(), tasks: new Map() };
		nodes.set(id, node);
		return node;
	};
	for (const entry of profiled)
		nodeOf(entry.node).models.set(entry.id, {
			...memberOf(entry),
			...workersOf(entry.model),
		});
	for (const { node, id, task } of running) nodeOf(node).tasks.set(id, task);
	if (nodes.size === 0) return {};
	return {
		nodes: Object.fromEntries(
			[...nodes].map(([id, { models, tasks }]) => [
				id,
				{
					...(tasks.size > 0 && { tasks: Object.fromEntries(tasks) }),
					...(models.size > 0 && { models: Object.fromEntries(models) }),
				},
			]),
		),
	};
}

function byModel(
	profiled: readonly Profiled[],
	running: readonly Running[],
): Record<string, unknown> {
	const ids = [
		...profiled.map(({ id }) => id),
		...running.flatMap(({ task }) => task.model_id ?? []),
	];
	if (ids.length === 0) return {};
	return {
		models: Object.fromEntries(
			[...new Set(ids)].map((id) => {
				const here = profiled.filter((entry) => entry.id === id);
				const tasks = running.filter(({ task }) => task.model_id === id);
				return [
					id,
					{
						...(here[0] && workersOf(here[0].model)),
						...(here.length > 0 && {
							nodes: Object.fromEntries(
								here.map((entry) => [entry.node, memberOf(entry)]),
							),
						}),
						...(tasks.length > 0 && {
							tasks: Object.fromEntries(
								tasks.map(({ id, task }) => [id, task]),
							),
						}),
					},
				];
			}),
		),
	};
}

function workersOf({ planning_worker_nodes, sidecar }: StoredModel) {
	return {
		target_worker_nodes: planning_worker_nodes ?? [],
		worker_nodes: Object.entries(sidecar.workers)
			.filter(([, { state }]) => state === "deployed")
			.map(([id]) => id),
	};
}

function memberOf({ profile, model }: Profiled) {
	const bytes =
		model.model_content_size_in_bytes ?? model.total_chunks * chunkBytes;
	const memory = Math.trunc(bytes * memoryPerByte);
	return {
		model_state: model.model_state,
		...profile,
		memory_size_estimation_cpu: memory,
		memory_size_estimation_gpu: memory,
	};
}
