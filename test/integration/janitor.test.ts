import { pino } from "pino";
import { ulid } from "ulid";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { StoredModel } from "../../schemas/model.ts";
import type { StoredTask } from "../../schemas/task.ts";
import { loadSettings, upstreamTls } from "../../sidecar/config.ts";
import { GroupNames } from "../../sidecar/services/group-names.ts";
import { Janitor } from "../../sidecar/services/janitor.ts";
import { ModelGroupService } from "../../sidecar/services/model-groups.ts";
import { ModelRemoval } from "../../sidecar/services/model-removal.ts";
import { ModelVersions } from "../../sidecar/services/model-versions.ts";
import { ChunkStore } from "../../sidecar/store/chunks.ts";
import { createClient } from "../../sidecar/store/client.ts";
import { ControllerStore } from "../../sidecar/store/controllers.ts";
import { GroupNameStore } from "../../sidecar/store/group-names.ts";
import {
	HiddenIndices,
	smallChunksIndex,
} from "../../sidecar/store/hidden-indices.ts";
import { ModelGroupStore } from "../../sidecar/store/model-groups.ts";
import { ModelStore } from "../../sidecar/store/models.ts";
import { TaskStore } from "../../sidecar/store/tasks.ts";
import {
	type FaultyOpenSearch,
	startFaultyOpenSearch,
} from "../helpers/faulty-opensearch.ts";
import { uniqueName } from "../helpers/opensearch.ts";

const killed = uniqueName("killed-node");
let faulty: FaultyOpenSearch;
let parts: ReturnType<typeof build>;
/** The models whose deployment was started. */
const deployed: string[] = [];
const madeModels: string[] = [];
const madeTasks: string[] = [];

beforeAll(async () => {
	faulty = await startFaultyOpenSearch();
	parts = build(faulty.url);
});
afterEach(async () => {
	faulty.fault = undefined;
	deployed.length = 0;
	for (const id of madeModels.splice(0)) {
		await parts.models.delete(id);
		await parts.chunks.deleteAll(id);
	}
	for (const id of madeTasks.splice(0)) await parts.tasks.delete(id);
});
afterAll(async () => {
	await parts.client.close();
	faulty.close();
});

/** A janitor before the real OpenSearch, for which one node is gone for good. */
function build(url: string) {
	const settings = loadSettings({ OPENSEARCH_URL: url });
	const client = createClient(settings, {
		tls: upstreamTls(settings),
		credentials: "own",
	});
	const indices = new HiddenIndices(client);
	const models = new ModelStore(client, indices);
	const chunks = new ChunkStore(client, indices);
	const tasks = new TaskStore(client, indices);
	const groups = new ModelGroupStore(client, indices);
	const names = new GroupNames({
		names: new GroupNameStore(client, indices),
		groups,
		now: () => Date.now(),
	});
	const service = new ModelGroupService({ groups, names, models });
	const versions = new ModelVersions({ groups, names, service });
	const controllers = new ControllerStore(client, indices);
	const janitor = new Janitor({
		indices,
		models,
		tasks,
		chunks,
		removal: new ModelRemoval(models, chunks, controllers),
		versions,
		deploy: async (id) => deployed.push(id),
		registry: { id: uniqueName("node"), isGone: (id) => id === killed },
		isRunning: () => false,
		isRegistering: () => false,
		uploadTimeoutMs: 60_000,
		logger: pino({ level: "silent" }),
	});
	return { client, models, chunks, tasks, groups, service, versions, janitor };
}

async function createModel(
	id: string,
	changes: Partial<StoredModel> = {},
	internals: Partial<StoredModel["sidecar"]> = {},
): Promise<void> {
	madeModels.push(id);
	await parts.models.create(id, {
		name: "janitor",
		algorithm: "TEXT_EMBEDDING",
		model_version: "1",
		model_format: "ONNX",
		model_state: "REGISTERING",
		model_content_hash_value: "0",
		created_time: Date.now(),
		last_updated_time: Date.now(),
		total_chunks: 1,
		...changes,
		sidecar: {
			chunk_index: smallChunksIndex,
			chunks: {},
			workers: {},
			...internals,
		},
	});
}

async function createTask(
	internals: Partial<StoredTask["sidecar"]>,
): Promise<string> {
	const id = ulid().toLowerCase();
	madeTasks.push(id);
	await parts.tasks.create(id, {
		task_type: "REGISTER_MODEL",
		function_name: "TEXT_EMBEDDING",
		state: "CREATED",
		worker_node: [killed],
		create_time: Date.now(),
		last_update_time: Date.now(),
		is_async: true,
		sidecar: { coordinator: killed, ...internals },
	});
	return id;
}

const newId = () => ulid().toLowerCase();

function claim(modelId: string, name: string) {
	return parts.versions.claim({
		modelId,
		groupId: undefined,
		name,
		description: undefined,
	});
}

/** What a killed sidecar, or a client that gave up, leaves of a model whose version was claimed. */
const abandoned: [string, Partial<StoredModel>, object][] = [
	["its sidecar was killed", {}, { registering_node: killed }],
	["its client sent nothing more", { last_updated_time: 0 }, {}],
];

describe.each(abandoned)(
	"a model that was not registered, since %s",
	(_why, changes, internals) => {
		it("leaves no group that was made for it, and its name to others", async () => {
			const name = uniqueName("janitor");
			const id = newId();
			const version = await claim(id, name);
			await createModel(
				id,
				{ ...changes, name, model_group_id: version.groupId },
				internals,
			);
			await parts.janitor.clean();
			expect(await parts.models.get(id)).toBeUndefined();
			expect(await parts.groups.get(version.groupId)).toBeUndefined();
			const next = await claim(newId(), name);
			expect(next).toMatchObject({ version: "1", created: true });
			await parts.service.delete(next.groupId);
		});

		it("leaves a client's group there, and its version to the next one", async () => {
			const name = uniqueName("janitor");
			const groupId = await parts.service.register({ name });
			const id = newId();
			await claim(id, name);
			await createModel(
				id,
				{ ...changes, name, model_group_id: groupId },
				internals,
			);
			await parts.janitor.clean();
			expect(await claim(newId(), name)).toEqual({
				groupId,
				version: "1",
				created: false,
			});
			await parts.service.delete(groupId);
		});
	},
);

describe("a registration whose sidecar was killed", () => {
	it("before anything of its model was stored leaves no group either", async () => {
		const name = uniqueName("janitor");
		const id = newId();
		const { groupId } = await claim(id, name);
		const task = await createTask({ model_id: id });
		await parts.janitor.clean();
		expect(await parts.tasks.get(task)).toMatchObject({ state: "FAILED" });
		expect(await parts.groups.get(groupId)).toBeUndefined();
	});

	it("after its model was registered is complete: a client finds the model", async () => {
		const id = newId();
		await createModel(id, { model_state: "REGISTERED" });
		const task = await createTask({ model_id: id });
		await parts.janitor.clean();
		const ended = await parts.tasks.get(task);
		expect(ended).toMatchObject({ state: "COMPLETED", model_id: id });
		expect(ended).not.toHaveProperty("error");
		expect(deployed).toEqual([]);
	});

	it("before the deployment that it was to end with is deployed, once", async () => {
		const id = newId();
		await createModel(id, { model_state: "REGISTERED" });
		await createTask({ model_id: id, deploy: true });
		await parts.janitor.clean();
		await parts.janitor.clean();
		expect(deployed).toEqual([id]);
	});

	it.each<[string, Partial<StoredModel>, object]>([
		["is not whole", {}, { registering_node: killed }],
		["is being deleted", { model_state: "REGISTERED" }, { deleting: true }],
	])("while its model %s has failed", async (_how, changes, internals) => {
		const id = newId();
		await createModel(id, changes, internals);
		const task = await createTask({ model_id: id, deploy: true });
		await parts.janitor.clean();
		const ended = await parts.tasks.get(task);
		expect(ended).toMatchObject({
			state: "FAILED",
			error: "the sidecar has disappeared",
		});
		expect(ended).not.toHaveProperty("model_id");
		expect(deployed).toEqual([]);
	});
});

describe("chunks of which no model is known", () => {
	const owners = async () => new Set(await parts.chunks.owners());

	async function putChunk(modelId: string): Promise<void> {
		madeModels.push(modelId);
		await parts.chunks.put(
			{ index: smallChunksIndex, modelId, number: 0 },
			(async function* () {
				yield Buffer.from("chunk");
			})(),
		);
	}

	it("are kept while the index of models is not there: it may come back out of a snapshot", async () => {
		const id = newId();
		await putChunk(id);
		faulty.fault = ({ method, url }) =>
			method === "GET" && url?.startsWith("/.ml-sidecar-model/") === true
				? {
						status: 404,
						error: {
							type: "index_not_found_exception",
							reason: "no such index [.ml-sidecar-model]",
						},
					}
				: undefined;
		await parts.janitor.clean();
		faulty.fault = undefined;
		expect(await owners()).toContain(id);
	});

	it("are removed where the index says that there is no such model", async () => {
		await createModel(newId(), { model_state: "REGISTERED" });
		const id = newId();
		await putChunk(id);
		await parts.janitor.clean();
		expect(await owners()).not.toContain(id);
	});
});
