import { pathToFileURL } from "node:url";
import {
	afterAll,
	afterEach,
	beforeAll,
	describe,
	expect,
	inject,
	it,
} from "vitest";
import { eventually } from "../helpers/eventually.ts";
import {
	type FaultyOpenSearch,
	onFirst,
	startFaultyOpenSearch,
} from "../helpers/faulty-opensearch.ts";
import { callOpenSearch, uniqueName } from "../helpers/opensearch.ts";
import {
	type Answer,
	finishedTask,
	miniLmMeta,
	startSidecar,
	type TestSidecar,
	textAt,
} from "../helpers/sidecar.ts";

const base = "/_plugins/_ml";
const { int8 } = inject("minilm");
const modelIndex = "/.ml-sidecar-model/";
const groupIndex = "/.ml-sidecar-model-group/";
const taskIndex = "/.ml-sidecar-task/";
let faulty: FaultyOpenSearch;
let sidecar: TestSidecar;
const madeModels: string[] = [];
const madeGroups: string[] = [];

beforeAll(async () => {
	faulty = await startFaultyOpenSearch();
	sidecar = await startSidecar({ OPENSEARCH_URL: faulty.url });
	await allowUrls(true);
});
afterEach(async () => {
	faulty.fault = undefined;
	for (const id of madeModels.splice(0))
		await sidecar.call("DELETE", `${base}/models/${id}`);
	for (const id of madeGroups.splice(0))
		await sidecar.call("DELETE", `${base}/model_groups/${id}`);
});
afterAll(async () => {
	await allowUrls(null);
	await sidecar.close();
	faulty.close();
});

async function allowUrls(value: true | null): Promise<void> {
	const { status, text } = await sidecar.call("PUT", "/_cluster/settings", {
		persistent: { "plugins.ml_commons.allow_registering_model_via_url": value },
	});
	expect(status, text).toBe(200);
}

async function registerGroup(): Promise<string> {
	const { json } = await sidecar.call(
		"POST",
		`${base}/model_groups/_register`,
		{ name: uniqueName("faults") },
	);
	const id = textAt(json, "model_group_id");
	madeGroups.push(id);
	return id;
}

const deleteGroup = (id: string) =>
	sidecar.call("DELETE", `${base}/model_groups/${id}`);

async function registerMeta(groupId: string): Promise<Answer> {
	const answer = await sidecar.call("POST", `${base}/models/_register_meta`, {
		...miniLmMeta(int8, uniqueName("faults")),
		model_group_id: groupId,
	});
	if (answer.status === 200) madeModels.push(textAt(answer.json, "model_id"));
	return answer;
}

async function registerByUrl(fields: object = {}): Promise<string> {
	const { total_chunks: _chunks, ...meta } = miniLmMeta(
		int8,
		uniqueName("faults"),
	);
	const { json, text } = await sidecar.call(
		"POST",
		`${base}/models/_register`,
		{
			...meta,
			url: pathToFileURL(int8.zipPath).href,
			...fields,
		},
	);
	expect(json, text).toHaveProperty("task_id");
	return textAt(json, "task_id");
}

/** The models of a group, as they are stored. */
async function modelsOf(groupId: string): Promise<unknown[]> {
	const found = Object(
		await callOpenSearch("POST", `${modelIndex}_search`, {
			query: { term: { model_group_id: groupId } },
		}),
	);
	return found.hits.hits;
}

/** Holds the first request of this kind. @returns how to let it go on, once it has come */
function holdFirst(method: string, path: string) {
	let goOn = () => {};
	const holds = new Promise<void>((resolve) => {
		goOn = resolve;
	});
	const first = onFirst(
		(asked) => asked.method === method && asked.url?.startsWith(path) === true,
		{ holds },
	);
	faulty.fault = first.fault;
	return {
		come: () => eventually(async () => first.seen > 0),
		goOn: () => goOn(),
	};
}

describe("a group that is deleted while it is being given a model", () => {
	it("gets none: the registration is refused, and leaves nothing", async () => {
		const groupId = await registerGroup();
		const write = holdFirst("POST", `${modelIndex}_create/`);
		const registering = registerMeta(groupId);
		await write.come();
		expect((await deleteGroup(groupId)).status).toBe(200);
		write.goOn();
		const { status, text } = await registering;
		expect(status, text).toBe(404);
		expect(text).toContain("Fail to find model group");
		expect(await modelsOf(groupId)).toEqual([]);
	});

	it("gets none by URL either", async () => {
		const groupId = await registerGroup();
		const write = holdFirst("POST", `${modelIndex}_create/`);
		const taskId = await registerByUrl({ model_group_id: groupId });
		await write.come();
		expect((await deleteGroup(groupId)).status).toBe(200);
		write.goOn();
		expect(await finishedTask(sidecar, taskId)).toMatchObject({
			state: "FAILED",
			error: "Model group not found",
		});
		expect(await modelsOf(groupId)).toEqual([]);
	});

	it("gets none by an update: the model stays as it was", async () => {
		const [before, after] = [await registerGroup(), await registerGroup()];
		const id = textAt((await registerMeta(before)).json, "model_id");
		const path = `${base}/models/${id}`;
		const { json } = await sidecar.call("GET", path);
		const write = holdFirst("PUT", `${modelIndex}_doc/${id}`);
		const updating = sidecar.call("PUT", path, {
			model_group_id: after,
			description: "moved",
		});
		await write.come();
		expect((await deleteGroup(after)).status).toBe(200);
		write.goOn();
		const { status, text } = await updating;
		expect(status, text).toBe(404);
		expect(text).toContain(`MODEL_GROUP_ID: ${after}`);
		expect((await sidecar.call("GET", path)).json).toEqual(json);
	});

	it("stays where the model came after the deletion had looked for models", async () => {
		const groupId = await registerGroup();
		const deletion = holdFirst("DELETE", `${groupIndex}_doc/${groupId}`);
		const claimed = holdFirstToo("POST", `${modelIndex}_create/`);
		const registering = registerMeta(groupId);
		await claimed.come();
		const deleting = deleteGroup(groupId);
		await deletion.come();
		claimed.goOn();
		expect((await registering).status).toBe(200);
		deletion.goOn();
		expect((await deleting).status).toBe(409);
		const path = `${base}/model_groups/${groupId}`;
		expect((await sidecar.call("GET", path)).status).toBe(200);
	});
});

/** As {@link holdFirst}, and what is held already stays so. */
function holdFirstToo(method: string, path: string) {
	const { fault: before } = faulty;
	const second = holdFirst(method, path);
	const { fault: after } = faulty;
	faulty.fault = (asked) => before?.(asked) ?? after?.(asked);
	return second;
}

describe("a registration that ends while OpenSearch is away for longer", () => {
	it("is told as it ended, as soon as OpenSearch is back", async () => {
		// Each attempt is three requests of the client's; the fifth attempt comes 10 seconds after the first.
		const outage = onFirst(
			({ method, url }) =>
				method === "POST" && url?.startsWith(`${taskIndex}_update/`) === true,
			{ status: 503 },
			12,
		);
		faulty.fault = outage.fault;
		const task = await finishedTask(sidecar, await registerByUrl());
		expect(outage.seen).toBe(13);
		expect(task).toMatchObject({ state: "COMPLETED" });
		madeModels.push(textAt(task, "model_id"));
	});
});

describe("a registration by URL", () => {
	it("shows its model only at its end, and never what the sidecars note", async () => {
		const write = holdFirst("POST", `${modelIndex}_create/`);
		const taskId = await registerByUrl();
		await write.come();
		const path = `${base}/tasks/${taskId}`;
		const { json } = await sidecar.call("GET", path);
		expect(json).toMatchObject({ state: "CREATED" });
		expect(json).not.toHaveProperty("model_id");
		expect(json).not.toHaveProperty("sidecar");
		write.goOn();
		const task = await finishedTask(sidecar, taskId);
		madeModels.push(textAt(task, "model_id"));
	});
});
