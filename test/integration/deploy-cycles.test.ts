import { readdir, readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { Type } from "typebox";
import { Value } from "typebox/value";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { opensearchUrl } from "../helpers/opensearch.ts";
import { canMeasureMemory, residentBytes } from "../helpers/process-memory.ts";
import { miniLmMeta } from "../helpers/sidecar.ts";
import { runSidecar, type SidecarProcess } from "../helpers/sidecar-process.ts";

/*
 * A model is deployed, used and undeployed, again and again: ONNX Runtime does not give back all that it has taken, and
 * must not take it from the process that a whole cluster is reached through. `SIDECAR_TEST_CYCLES` says how often.
 */

const cycles = Number(process.env.SIDECAR_TEST_CYCLES ?? 24);
const base = "/_plugins/_ml";
const mebibyte = 1024 * 1024;

/** Of the cycles, those after which everything has been used once: compiled code, connections, buffers. */
const warmUp = Math.ceil(cycles / 4);

/** What JavaScript's heap may have more at one moment than at another. */
const noise = 48 * mebibyte;

let sidecar: SidecarProcess;
let url: string;

beforeAll(async () => {
	sidecar = await runSidecar({
		OPENSEARCH_URL: opensearchUrl(),
		SIDECAR_MODEL_ALLOCATIONS: "1",
	});
	url = await sidecar.address;
	await allowUrls(true);
});
afterAll(async () => {
	await allowUrls(null);
	sidecar.child.kill("SIGTERM");
	await sidecar.closed;
});

describe.runIf(canMeasureMemory)(`after ${cycles} deployments`, () => {
	it("the sidecar has no more memory, open files or processes than before, and no ONNX Runtime in it", async () => {
		const id = await register();
		const before = { memory: 0, files: 0 };
		for (let cycle = 0; cycle < cycles; cycle++) {
			await ended(await call("POST", `/models/${id}/_deploy`));
			await predict(id);
			await call("POST", `/models/${id}/_undeploy`);
			if (cycle + 1 !== warmUp) continue;
			before.memory = await residentBytes(pid());
			before.files = await openFiles();
		}
		await expect.poll(() => processesOf(id), { timeout: 10_000 }).toEqual([]);
		const mapped = await readFile(`/proc/${pid()}/maps`, "utf8");
		expect(mapped).not.toContain("onnxruntime");
		expect(await openFiles()).toBeLessThanOrEqual(before.files + 4);
		expect(await residentBytes(pid())).toBeLessThan(before.memory + noise);
		await call("DELETE", `/models/${id}`);
	}, 1_200_000);
});

function pid(): number {
	const { pid } = sidecar.child;
	if (pid === undefined) throw new Error("the sidecar does not run");
	return pid;
}

async function register(): Promise<string> {
	const { zipPath } = inject("minilm").int8;
	const { total_chunks: _chunks, ...meta } = miniLmMeta(inject("minilm").int8);
	const answer = await call("POST", "/models/_register", {
		...meta,
		name: "cycles",
		url: pathToFileURL(zipPath).href,
	});
	return (await ended(answer)).model_id;
}

async function predict(id: string): Promise<void> {
	const answer = await call("POST", `/models/${id}/_predict`, {
		text_docs: ["a text"],
	});
	expect(answer).toHaveProperty("inference_results");
}

const Task = Type.Object({ state: Type.String(), model_id: Type.String() });

/** Waits for the end of a task. */
async function ended(answer: unknown) {
	const { task_id } = Value.Parse(
		Type.Object({ task_id: Type.String() }),
		answer,
	);
	for (;;) {
		const task = await call("GET", `/tasks/${task_id}`);
		if (Value.Check(Task, task) && task.state === "COMPLETED") return task;
		expect(task).toMatchObject({
			state: expect.stringMatching(/CREATED|RUNNING/),
		});
		await setTimeout(10);
	}
}

async function openFiles(): Promise<number> {
	return (await readdir(`/proc/${pid()}/fd`)).length;
}

/** Of the sidecar's children those that run this model: others may have left theirs in the cluster. */
async function processesOf(id: string): Promise<string[]> {
	const list = await readFile(`/proc/${pid()}/task/${pid()}/children`, "utf8");
	const children = list.split(" ").filter(Boolean);
	const lines = await Promise.all(
		// It may have ended since.
		children.map((child) =>
			readFile(`/proc/${child}/cmdline`, "utf8").catch(() => ""),
		),
	);
	return children.filter((_, index) => lines[index]?.includes(id));
}

async function call(
	method: string,
	path: string,
	body?: unknown,
): Promise<unknown> {
	const answer = await fetch(`${url}${base}${path}`, {
		method,
		headers: { "content-type": "application/json" },
		...(body !== undefined && { body: JSON.stringify(body) }),
	});
	return answer.json();
}

async function allowUrls(allowed: true | null): Promise<void> {
	await fetch(`${url}/_cluster/settings`, {
		method: "PUT",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({
			persistent: {
				"plugins.ml_commons.allow_registering_model_via_url": allowed,
			},
		}),
	});
}
