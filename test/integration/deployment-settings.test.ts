import { Value } from "typebox/value";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ModelProfile } from "../../schemas/stats.ts";
import { eventually } from "../helpers/eventually.ts";
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
let model: string;

beforeAll(async () => {
	one = await startSidecar({ SIDECAR_MODEL_ALLOCATIONS: 1 });
	other = await startSidecar({ SIDECAR_MODEL_ALLOCATIONS: 1 });
	model = await registerMiniLm(one, inject("minilm").int8);
});
afterAll(async () => {
	await removeModel(one, model);
	await one.close();
	await other.close();
});

/** Deploys the model and waits for it. */
async function deploy(body?: object, action = "_deploy"): Promise<void> {
	const path = `${base}/models/${model}/${action}`;
	const { json } = await one.call("POST", path, body);
	const task = await finishedTask(one, textAt(json, "task_id"));
	expect(task).toMatchObject({ state: "COMPLETED" });
}

/** The model as each sidecar that has it in memory runs it. */
async function profiles(): Promise<ModelProfile[]> {
	const path = `${base}/profile/models/${model}`;
	const { json } = await one.call("GET", path);
	const nodes: object[] = Object.values(
		Object(Reflect.get(Object(json), "nodes")),
	);
	return nodes.map((node) =>
		Value.Parse(ModelProfile, Reflect.get(Reflect.get(node, "models"), model)),
	);
}

/** Waits until both sidecars run the model so. */
async function untilBoth(
	holds: (sidecar: ModelProfile["sidecar"]) => boolean,
): Promise<void> {
	await eventually(async () => {
		const both = await profiles();
		return both.length === 2 && both.every(({ sidecar }) => holds(sidecar));
	});
}

function predict(texts: readonly string[], sidecar = one) {
	return sidecar.call("POST", `${base}/models/${model}/_predict`, {
		text_docs: texts,
		target_response: ["sentence_embedding"],
	});
}

const three = ["one text", "another text", "a third text"];

describe("a deployment says how its model is run", () => {
	it("on every sidecar, by the body or by the URL", async () => {
		await deploy({
			number_of_allocations: 2,
			threads_per_allocation: 1,
			cache_size: "1mb",
			unknown: { is: "ignored" },
		});
		await untilBoth(
			({ allocations, cache }) =>
				allocations === 2 && cache?.max_size_in_bytes === 1_048_576,
		);
		await deploy(undefined, "_load?number_of_allocations=1&queue_capacity=2");
		await untilBoth(({ allocations }) => allocations === 1);
		for (const sidecar of [one, other]) {
			expect((await predict(three, sidecar)).status).toBe(413);
			expect((await predict(three.slice(1), sidecar)).status).toBe(200);
		}
		const shown = await one.call("GET", `${base}/models/${model}`);
		expect(shown.text).not.toMatch(/sidecar|queue_capacity/);
	});

	it("and says it differently while the model serves: no request is lost, and no process replaced", async () => {
		await deploy({ queue_capacity: 1_000, number_of_allocations: 1 });
		const before = (await profiles()).map(({ predictor }) => predictor);
		const statuses: number[] = [];
		let changing = true;
		const clients = [one, other].map(async (sidecar, client) => {
			for (let number = 0; changing; number++) {
				const text = `client ${client} asks for number ${number}`;
				statuses.push((await predict([text], sidecar)).status);
			}
		});
		for (const number_of_allocations of [3, 1, 2]) {
			await deploy({ number_of_allocations });
			await untilBoth(
				({ allocations }) => allocations === number_of_allocations,
			);
		}
		changing = false;
		await Promise.all(clients);
		expect(new Set(statuses)).toEqual(new Set([200]));
		expect((await profiles()).map(({ predictor }) => predictor)).toEqual(
			before,
		);
	});

	it("to a sidecar that comes later, too; and a deployment that says nothing leaves it as it is", async () => {
		await deploy({ number_of_allocations: 2, queue_capacity: 2 });
		await other.close();
		other = await startSidecar({ SIDECAR_MODEL_ALLOCATIONS: 1 });
		await deploy();
		await untilBoth(({ allocations }) => allocations === 2);
		expect((await predict(three, other)).status).toBe(413);
	});

	it("until it is undeployed: the next one has the defaults", async () => {
		await one.call("POST", `${base}/models/${model}/_undeploy`);
		await deploy();
		await untilBoth(({ allocations }) => allocations === 1);
		for (const sidecar of [one, other])
			expect((await predict(three, sidecar)).status).toBe(200);
	});

	it.each([
		[
			{ number_of_allocations: 0 },
			"",
			"[number_of_allocations] is [0], it must be a whole number from 1 to 64",
		],
		[
			{ threads_per_allocation: "many" },
			"",
			"[threads_per_allocation] is [many], it must be a whole number from 1 to 64",
		],
		[
			undefined,
			"?queue_capacity=1000001",
			"[queue_capacity] is [1000001], it must be a whole number from 1 to 1000000",
		],
		[
			{ cache_size: "1x" },
			"",
			"failed to parse setting [cache_size] with value [1x] as a size in bytes: unit is missing or unrecognized",
		],
	])("never with %j%s, which changes nothing", async (body, query, reason) => {
		const path = `${base}/models/${model}/_deploy${query}`;
		const { status, json } = await one.call("POST", path, body);
		expect(status).toBe(400);
		expect(textAt(json, "error", "reason")).toBe(reason);
		expect((await predict(three)).status).toBe(200);
	});
});

describe("results that are kept", () => {
	const entries = async () =>
		(await profiles()).map(({ sidecar }) => sidecar.cache?.entries);
	const clear = (path: string) => one.call("POST", `/_sidecar${path}`);

	it("are forgotten by every sidecar when somebody asks one of them for it", async () => {
		await clear("/cache/_clear");
		for (const sidecar of [one, other]) await predict(three, sidecar);
		expect(await entries()).toEqual([3, 3]);
		const { status, json } = await clear(`/models/${model}/cache/_clear`);
		expect(status).toBe(200);
		const cleared: unknown = Reflect.get(Object(json), "cleared");
		expect(Object.values(Object(cleared))).toEqual([3, 3]);
		expect(json).not.toHaveProperty("failures");
		expect(await entries()).toEqual([0, 0]);
	});

	it("are forgotten for all models at once", async () => {
		await predict(three);
		const { json } = await clear("/cache/_clear");
		const counts = Object.values(Object(Reflect.get(Object(json), "cleared")));
		expect(counts).toHaveLength(2);
		expect(Math.max(...counts.map(Number))).toBeGreaterThanOrEqual(3);
		expect(await entries()).toEqual([0, 0]);
	});

	it("are none where the deployment says so", async () => {
		await deploy({ cache_size: "0b" });
		await predict(three);
		await predict(three);
		for (const { sidecar } of await profiles())
			expect(sidecar.cache?.entries ?? 0).toBe(0);
	});

	it("of a model that is not there can't be forgotten", async () => {
		const { status, json } = await clear("/models/nope/cache/_clear");
		expect(status).toBe(404);
		expect(textAt(json, "error", "reason")).toBe("Failed to find model");
		expect((await clear("/cache/_clear?all=true")).status).toBe(400);
	});
});
