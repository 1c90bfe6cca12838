import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { estimate } from "../../sidecar/runtime/memory/memory-need.ts";
import {
	type Answer,
	deployMiniLm,
	finishedTask,
	registerMiniLm,
	removeModel,
	startSidecar,
	type TestSidecar,
	textAt,
} from "../helpers/sidecar.ts";

const base = "/_plugins/_ml";
const { int8 } = inject("minilm");

/** For one model with one allocation, and not for two, also when it is known what they take. */
const roomForOne = Math.ceil(
	1.02 * estimate({ graph: 23_000_000, json: 720_000 }, 1, "prepared"),
);

let folder: string;
let sidecar: TestSidecar;
let first: string;
let second: string;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "evicted-test-"));
	sidecar = await start(roomForOne);
	first = await deployMiniLm(sidecar, int8);
	second = await deployMiniLm(sidecar, int8);
});
afterAll(async () => {
	for (const id of [first, second]) await removeModel(sidecar, id);
	await sidecar.close();
	await rm(folder, { recursive: true, force: true });
});

function start(memoryBytes: number): Promise<TestSidecar> {
	return startSidecar(
		{
			SIDECAR_MODEL_ALLOCATIONS: 1,
			SIDECAR_MODEL_LONE_THREADS: 1,
			SIDECAR_MODEL_MEMORY_BYTES: memoryBytes,
		},
		{ folder },
	);
}

/** The same sidecar with other memory, as after a new start. */
async function restart(memoryBytes: number): Promise<void> {
	await sidecar.close();
	sidecar = await start(memoryBytes);
}

function predict(id: string): Promise<Answer> {
	const path = `${base}/_predict/text_embedding/${id}`;
	return sidecar.call("POST", path, { text_docs: ["a wine"] });
}

async function states(): Promise<string[]> {
	const answers = await Promise.all(
		[first, second].map((id) => sidecar.call("GET", `${base}/models/${id}`)),
	);
	return answers.map(({ json }) => textAt(json, "model_state"));
}

/** Which of the two are in memory. */
async function inMemory(): Promise<string[]> {
	const { text } = await sidecar.call("GET", `${base}/profile/models`);
	return [first, second].filter((id) => text.includes(id));
}

it("a model that had to make room stays deployed, and nobody but a request brings it back", async () => {
	expect(await inMemory()).toEqual([second]);
	expect(await states()).toEqual(["DEPLOYED", "DEPLOYED"]);
	await sidecar.resume();
	expect(await inMemory()).toEqual([second]);
	const [one, two] = [await predict(first), await predict(second)];
	expect(one.status).toBe(200);
	expect(two.text).toBe(one.text);
	expect(await inMemory()).toEqual([second]);
	expect(await states()).toEqual(["DEPLOYED", "DEPLOYED"]);
});

it("many requests at once for a model that is not in memory are all answered", async () => {
	await predict(second);
	const answers = await Promise.all(
		Array.from({ length: 8 }, () => predict(first)),
	);
	expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
	expect(await inMemory()).toEqual([first]);
});

it("a deployment that finds no room fails with the numbers, and takes nothing from the others", async () => {
	const third = await registerMiniLm(sidecar, int8);
	const { json } = await sidecar.call(
		"POST",
		`${base}/models/${third}/_deploy`,
		{ number_of_allocations: 40 },
	);
	const task = await finishedTask(sidecar, textAt(json, "task_id"));
	expect(textAt(task, "state")).toBe("FAILED");
	expect(textAt(task, "error")).toMatch(
		new RegExp(`needs \\d+ bytes, models may have ${roomForOne}`),
	);
	const model = await sidecar.call("GET", `${base}/models/${third}`);
	expect(textAt(model.json, "model_state")).toBe("DEPLOY_FAILED");
	await removeModel(sidecar, third);
	expect((await predict(first)).status).toBe(200);
	expect(await states()).toEqual(["DEPLOYED", "DEPLOYED"]);
});

it("a sidecar that starts loads as many models as there is room for, and the others when they are asked for", async () => {
	await restart(roomForOne);
	expect(await inMemory()).toHaveLength(1);
	for (const id of [first, second])
		expect((await predict(id)).status).toBe(200);
	expect(await states()).toEqual(["DEPLOYED", "DEPLOYED"]);
});

it("a request for a model that finds no room is told so, and the model stays deployed", async () => {
	await restart(1);
	expect(await inMemory()).toEqual([]);
	const { status, json } = await predict(first);
	expect(status).toBe(429);
	expect(textAt(json, "error", "type")).toBe("circuit_breaking_exception");
	expect(textAt(json, "error", "reason")).toMatch(
		/Not enough memory for model .*: it needs \d+ bytes, models may have 1 /,
	);
	expect(await states()).toEqual(["DEPLOYED", "DEPLOYED"]);
	await restart(3 * roomForOne);
	expect(await inMemory()).toEqual([first, second]);
	expect((await predict(first)).status).toBe(200);
});

it("a model that is undeployed while it is not in memory stays out of it", async () => {
	await restart(roomForOne);
	const [there] = await inMemory();
	const other = there === first ? second : first;
	await sidecar.call("POST", `${base}/models/${other}/_undeploy`);
	const { status } = await predict(other);
	expect(status).toBe(400);
	expect(await inMemory()).toEqual([there]);
});

it("a sidecar without the model gets its answers from the one that had to put it out of memory", async () => {
	await restart(roomForOne);
	const plans = "plugins.ml_commons.allow_custom_deployment_plan";
	const set = (value: true | null) =>
		sidecar.call("PUT", "/_cluster/settings", {
			persistent: { [plans]: value },
		});
	await set(true);
	for (const id of [first, second]) {
		await sidecar.call("POST", `${base}/models/${id}/_undeploy`);
		const { json } = await sidecar.call(
			"POST",
			`${base}/models/${id}/_deploy`,
			{ node_ids: ["test-node"] },
		);
		const task = await finishedTask(sidecar, textAt(json, "task_id"));
		expect(textAt(task, "state")).toBe("COMPLETED");
	}
	const other = await startSidecar();
	for (const id of [first, second, first]) {
		const path = `${base}/_predict/text_embedding/${id}`;
		const answer = await other.call("POST", path, { text_docs: ["a wine"] });
		expect(answer.text).toBe((await predict(id)).text);
		expect(answer.status).toBe(200);
	}
	const path = `${base}/_predict/text_embedding/${second}`;
	const ask = () => other.call("POST", path, { text_docs: ["a wine"] });
	let isBack = false;
	const asked = [
		ask().finally(() => {
			isBack = true;
		}),
	];
	// Others come all the while that the first one's request brings the model back.
	while (!isBack) {
		await sidecar.call("GET", `${base}/models/${second}`);
		asked.push(ask());
	}
	for (const { status } of await Promise.all(asked)) expect(status).toBe(200);
	await other.close();
	await set(null);
});
