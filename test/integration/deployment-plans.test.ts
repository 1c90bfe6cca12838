import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import {
	finishedTask,
	registerMiniLm,
	removeModel,
	startSidecar,
	type TestSidecar,
	textAt,
} from "../helpers/sidecar.ts";

const base = "/_plugins/_ml";

let one: TestSidecar;
let other: TestSidecar;
let ids: string[];
const models: string[] = [];

beforeAll(async () => {
	one = await startSidecar({ SIDECAR_MODEL_ALLOCATIONS: 1 });
	other = await startSidecar({ SIDECAR_MODEL_ALLOCATIONS: 1 });
	ids = [await nodeId(one), await nodeId(other)];
	await set({ allow_custom_deployment_plan: true });
});
afterAll(async () => {
	await set({
		allow_custom_deployment_plan: null,
		max_model_on_node: null,
		"exclude_nodes._name": null,
	});
	for (const id of models) await removeModel(one, id);
	await one.close();
	await other.close();
});

/** The id of a sidecar: the first node of a task is the one that coordinates it. */
async function nodeId(sidecar: TestSidecar): Promise<string> {
	const id = await model();
	const { json } = await sidecar.call("POST", `${base}/models/${id}/_deploy`);
	const task = await finishedTask(sidecar, textAt(json, "task_id"));
	return textAt(task, "worker_node", 0);
}

async function model(): Promise<string> {
	const id = await registerMiniLm(one, inject("minilm").int8);
	models.push(id);
	return id;
}

/** On every sidecar, at once. */
async function set(settings: Record<string, unknown>): Promise<void> {
	await one.call("PUT", "/_cluster/settings", {
		persistent: Object.fromEntries(
			Object.entries(settings).map(([name, value]) => [
				`plugins.ml_commons.${name}`,
				value,
			]),
		),
	});
	await other.resume();
}

async function deploy(id: string, node_ids?: string[]): Promise<string> {
	const { json } = await one.call(
		"POST",
		`${base}/models/${id}/_deploy`,
		node_ids && { node_ids },
	);
	return textAt(json, "task_id");
}

async function get(id: string) {
	return (await one.call("GET", `${base}/models/${id}`)).json;
}

describe("a plan", () => {
	it("that changes while a deployment is under way ends its task", async () => {
		const id = await model();
		const task = await deploy(id);
		await one.call("POST", `${base}/models/${id}/_undeploy`, {
			node_ids: [ids[1]],
		});
		expect(await finishedTask(one, task)).toMatchObject({
			state: expect.stringMatching(/^COMPLETED/),
		});
		expect(await get(id)).toMatchObject({
			model_state: "DEPLOYED",
			planning_worker_nodes: [ids[0]],
		});
	});

	it("leaves out a sidecar that is excluded, also later", async () => {
		await set({ "exclude_nodes._name": ids[1] });
		const id = await model();
		expect(await finishedTask(one, await deploy(id))).toMatchObject({
			state: "COMPLETED",
			worker_node: [ids[0]],
		});
		await other.resume();
		expect(await get(id)).toMatchObject({ planning_worker_nodes: [ids[0]] });
		await set({ "exclude_nodes._name": null });
	});

	it("brings no more models into memory than a node may have, whatever comes at once", async () => {
		for (const id of models)
			await one.call("POST", `${base}/models/${id}/_undeploy`);
		await set({ max_model_on_node: 2 });
		const many = [await model(), await model(), await model(), await model()];
		const tasks = await Promise.all(
			many.map((id) => deploy(id, [ids[0] ?? ""])),
		);
		const ends = await Promise.all(tasks.map((id) => finishedTask(one, id)));
		const states = ends.map((end) => textAt(end, "state")).sort();
		expect(states).toEqual(["COMPLETED", "COMPLETED", "FAILED", "FAILED"]);
	});
});
