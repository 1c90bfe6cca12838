import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { eventually } from "../helpers/eventually.ts";
import { callOpenSearch, uniqueName } from "../helpers/opensearch.ts";
import {
	chunksOf,
	deploy,
	deployMiniLm,
	finishedTask,
	miniLmMeta,
	registerMiniLm,
	removeModel,
	startSidecar,
	type TestSidecar,
	textAt,
} from "../helpers/sidecar.ts";

const base = "/_plugins/_ml";
const { int8 } = inject("minilm");
let sidecar: TestSidecar;

beforeAll(async () => {
	sidecar = await startSidecar();
});
afterAll(() => sidecar.close());

async function deployedModels(): Promise<number> {
	const { text } = await sidecar.call("GET", "/_sidecar/metrics");
	return Number(/^sidecar_deployed_models (\d+)$/m.exec(text)?.[1]);
}

/** A registered model of a few bytes that are no archive. */
async function registerTiny(bytes: Uint8Array[], sha256: string) {
	const { json } = await sidecar.call("POST", `${base}/models/_register_meta`, {
		...miniLmMeta(int8, "tiny"),
		model_content_size_in_bytes: undefined,
		model_content_hash_value: sha256,
		total_chunks: bytes.length,
	});
	return textAt(json, "model_id");
}

async function upload(id: string, number: number | string, body?: unknown) {
	return sidecar.call(
		"POST",
		`${base}/models/${id}/upload_chunk/${number}`,
		body,
	);
}

async function stateOf(id: string) {
	const { json } = await sidecar.call("GET", `${base}/models/${id}`);
	return textAt(json, "model_state");
}

/** sha256 of "abc" and of "abcdef". */
const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const abcdef =
	"bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721";
const bytes = (text: string) => new TextEncoder().encode(text);

describe("a model's way from the client into memory and out again", () => {
	it("register, upload, deploy, predict, undeploy, delete", async () => {
		const before = await deployedModels();
		const id = await registerMiniLm(sidecar, int8);
		expect(await stateOf(id)).toBe("REGISTERED");
		const task = await deploy(sidecar, id);
		expect(task).toMatchObject({
			model_id: id,
			task_type: "DEPLOY_MODEL",
			function_name: "TEXT_EMBEDDING",
			state: "COMPLETED",
			worker_node: ["test-node"],
			is_async: true,
		});
		expect(await stateOf(id)).toBe("DEPLOYED");
		expect(await deployedModels()).toBe(before + 1);

		const predicted = await sidecar.call(
			"POST",
			`${base}/models/${id}/_predict`,
			{
				text_docs: ["hello", "world"],
			},
		);
		expect(predicted.json).toMatchObject({
			inference_results: [
				{
					output: [
						{ name: "sentence_embedding", data_type: "FLOAT32", shape: [384] },
					],
				},
				{
					output: [
						{ name: "sentence_embedding", data_type: "FLOAT32", shape: [384] },
					],
				},
			],
		});

		const inUse = await sidecar.call("DELETE", `${base}/models/${id}`);
		expect(inUse.status).toBe(400);
		expect(textAt(inUse.json, "error", "reason")).toContain("Try undeploy");

		const undeployed = await sidecar.call(
			"POST",
			`${base}/models/${id}/_undeploy`,
			{},
		);
		expect(undeployed.json).toEqual({
			"test-node": { stats: { [id]: "undeployed" } },
		});
		expect(await stateOf(id)).toBe("UNDEPLOYED");
		const gone = await sidecar.call("POST", `${base}/models/${id}/_predict`, {
			text_docs: ["hello"],
		});
		expect(gone.status).toBe(400);
		expect(textAt(gone.json, "error", "reason")).toBe(
			"Model not ready yet. Please deploy the model first.",
		);

		const deleted = await sidecar.call("DELETE", `${base}/models/${id}`);
		expect(deleted.json).toMatchObject({ _id: id, result: "deleted" });
		expect((await sidecar.call("GET", `${base}/models/${id}`)).status).toBe(
			404,
		);
		for (const number of [0, 1, 2])
			await expect(
				callOpenSearch(
					"GET",
					`/.ml-sidecar-chunks-small/_source/${id}_${number}`,
				),
			).rejects.toThrow("404");
	});

	it("the old names of every route work", async () => {
		const { json } = await sidecar.call("POST", `${base}/models/meta`, {
			...miniLmMeta(int8),
			model_group_id: "",
		});
		const id = textAt(json, "model_id");
		let number = 0;
		for await (const chunk of chunksOf(int8)) {
			const path = `${base}/models/${id}/chunk/${number++}`;
			expect((await sidecar.call("POST", path, chunk)).json).toEqual({
				status: "Uploaded",
			});
		}
		const loaded = await sidecar.call("POST", `${base}/models/${id}/_load`);
		expect(loaded.json).toMatchObject({
			task_type: "DEPLOY_MODEL",
			status: "CREATED",
		});
		await finishedTask(sidecar, textAt(loaded.json, "task_id"));
		const predicted = await sidecar.call(
			"POST",
			`${base}/_predict/text_embedding/${id}/`,
			{ text_docs: ["hello"] },
		);
		expect(predicted.status).toBe(200);
		await sidecar.call("POST", `${base}/models/${id}/_unload`);
		expect((await sidecar.call("DELETE", `${base}/models/${id}`)).status).toBe(
			200,
		);
	});

	it("an undeployment right after the deployment's answer is the last word", async () => {
		const id = await registerMiniLm(sidecar, int8);
		const { json } = await sidecar.call("POST", `${base}/models/${id}/_deploy`);
		await sidecar.call("POST", `${base}/models/${id}/_undeploy`);
		await finishedTask(sidecar, textAt(json, "task_id"));
		expect(await stateOf(id)).toBe("UNDEPLOYED");
		expect((await sidecar.call("DELETE", `${base}/models/${id}`)).status).toBe(
			200,
		);
	});

	it("a model of 64 MiB and more has an index of its own, which goes with it", async () => {
		const small = await startSidecar({ SIDECAR_LARGE_MODEL_BYTES: 1 });
		try {
			const id = await registerMiniLm(small, int8);
			const index = `.ml-sidecar-chunks-${id}`;
			expect(
				await callOpenSearch("GET", `/${index}/_settings?flat_settings`),
			).toMatchObject({
				[index]: { settings: { "index.hidden": "true" } },
			});
			await removeModel(small, id);
			await expect(callOpenSearch("GET", `/${index}`)).rejects.toThrow("404");
		} finally {
			await small.close();
		}
	});

	it("a hundred who ask a sidecar that has not loaded it yet all get their vectors", async () => {
		const id = await deployMiniLm(sidecar, inject("minilm").int8);
		const other = await startSidecar();
		try {
			const answers = await Promise.all(
				Array.from({ length: 100 }, () =>
					other.call("POST", `${base}/models/${id}/_predict`, {
						text_docs: ["a"],
					}),
				),
			);
			expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
		} finally {
			await other.close();
			await removeModel(sidecar, id);
		}
	});

	it("is served again by a sidecar that was restarted", async () => {
		const folder = await mkdtemp(join(tmpdir(), "sidecar-restart-"));
		const first = await startSidecar({}, { folder });
		const id = await deployMiniLm(first, int8);
		const path = `${base}/models/${id}/_predict`;
		const before = await first.call("POST", path, { text_docs: ["hello"] });
		await first.close();
		const second = await startSidecar({}, { folder });
		try {
			await second.resume();
			const after = await second.call("POST", path, { text_docs: ["hello"] });
			expect(after.text).toBe(before.text);
		} finally {
			await removeModel(second, id);
			await second.close();
			await rm(folder, { recursive: true, force: true });
		}
	});
});

describe("a sidecar that ends in the middle of its work", () => {
	it("while a model is loading leaves the model deployed, for the next start", async () => {
		const folder = await mkdtemp(join(tmpdir(), "sidecar-restart-"));
		const first = await startSidecar({}, { folder });
		const id = await deployMiniLm(first, int8);
		await first.close();
		const second = await startSidecar({}, { folder });
		const resuming = second.resume();
		await second.close();
		await resuming;
		// For a moment another sidecar may find this one silent that has not said goodbye yet.
		await eventually(async () => (await stateOf(id)) === "DEPLOYED");
		await removeModel(sidecar, id);
		await rm(folder, { recursive: true, force: true });
	});

	it("by being killed leaves no task that runs for ever", async () => {
		const taskId = uniqueName("task");
		await callOpenSearch(
			"PUT",
			`/.ml-sidecar-task/_doc/${taskId}?refresh=true`,
			{
				model_id: "m",
				task_type: "DEPLOY_MODEL",
				function_name: "TEXT_EMBEDDING",
				state: "RUNNING",
				worker_node: ["test-node"],
				create_time: 1,
				last_update_time: 1,
				is_async: true,
				sidecar: { coordinator: "test-node" },
			},
		);
		const path = `${base}/tasks/${taskId}`;
		expect((await sidecar.call("DELETE", path)).status).toBe(400);
		await sidecar.resume();
		expect((await sidecar.call("GET", path)).json).toMatchObject({
			state: "FAILED",
			error: JSON.stringify({
				"test-node": "the sidecar was restarted meanwhile",
			}),
		});
		expect((await sidecar.call("DELETE", path)).status).toBe(200);
	});
});

describe("a model's document", () => {
	it("that was forged can't make the sidecar delete an index of somebody else", async () => {
		const victim = uniqueName("victim");
		const id = uniqueName("forged");
		await callOpenSearch("PUT", `/${victim}`);
		const registered = await registerTiny([bytes("abc")], abc);
		await upload(registered, 0, bytes("abc"));
		const source = Object(
			await callOpenSearch("GET", `/.ml-sidecar-model/_source/${registered}`),
		);
		await callOpenSearch("PUT", `/.ml-sidecar-model/_doc/${id}?refresh=true`, {
			...source,
			sidecar: { chunk_index: victim, chunks: {}, workers: {} },
		});
		expect((await sidecar.call("DELETE", `${base}/models/${id}`)).status).toBe(
			500,
		);
		expect(await callOpenSearch("GET", `/${victim}/_count`)).toMatchObject({
			count: 0,
		});
		await callOpenSearch(
			"DELETE",
			`/.ml-sidecar-model/_doc/${id}?refresh=true`,
		);
		await callOpenSearch("DELETE", `/${victim}`);
		await removeModel(sidecar, registered);
	});

	it("that is damaged does not keep the other models from being served again", async () => {
		const id = uniqueName("damaged");
		await callOpenSearch("PUT", `/.ml-sidecar-model/_doc/${id}?refresh=true`, {
			model_state: "DEPLOYED",
			name: "x",
		});
		await expect(sidecar.resume()).resolves.toBeUndefined();
		await callOpenSearch(
			"DELETE",
			`/.ml-sidecar-model/_doc/${id}?refresh=true`,
		);
	});
});

describe("chunks", () => {
	it("may come in any order; the model is registered with the last one missing", async () => {
		const id = await registerTiny([bytes("abc"), bytes("def")], abcdef);
		expect((await upload(id, 1, bytes("def"))).json).toEqual({
			status: "Uploaded",
		});
		expect(await stateOf(id)).toBe("REGISTERING");
		expect((await upload(id, 0, bytes("abc"))).json).toEqual({
			status: "Uploaded",
		});
		expect(await stateOf(id)).toBe("REGISTERED");
		await removeModel(sidecar, id);
	});

	it("may come gzipped", async () => {
		const id = await registerTiny([bytes("abc")], abc);
		const answer = await fetch(
			`${sidecar.url}${base}/models/${id}/upload_chunk/0`,
			{
				method: "POST",
				headers: {
					"content-encoding": "gzip",
					"content-type": "application/json",
				},
				body: gzipSync("abc"),
			},
		);
		expect(await answer.json()).toEqual({ status: "Uploaded" });
		expect(await stateOf(id)).toBe("REGISTERED");
		await removeModel(sidecar, id);
	});

	it("with another content than the hash says never become a model, and can be sent again", async () => {
		const id = await registerTiny([bytes("abc")], abc);
		await upload(id, 0, bytes("xyz"));
		expect(await stateOf(id)).toBe("REGISTERING");
		const refused = await sidecar.call("POST", `${base}/models/${id}/_deploy`);
		expect(refused.status).toBe(400);
		expect(textAt(refused.json, "error", "reason")).toContain(
			"model content changed",
		);
		await upload(id, 0, bytes("abc"));
		expect(await stateOf(id)).toBe("REGISTERED");
		await removeModel(sidecar, id);
	});

	it("of a registered model can be repeated but not changed", async () => {
		const id = await registerTiny([bytes("abc")], abc);
		await upload(id, 0, bytes("abc"));
		expect((await upload(id, 0, bytes("abc"))).status).toBe(200);
		expect((await upload(id, 0, bytes("xyz"))).status).toBe(400);
		await removeModel(sidecar, id);
	});

	it("that are wrong are refused with ml-commons' reasons, and leave nothing", async () => {
		const id = await registerTiny([bytes("abc")], abc);
		const reasonOf = async (number: number | string, body?: Uint8Array) => {
			const { status, json } = await upload(id, number, body);
			return [status, textAt(json, "error", "reason")];
		};
		expect(await reasonOf(1, bytes("abc"))).toEqual([
			400,
			"Chunk number exceeds total chunks",
		]);
		expect(await reasonOf("x", bytes("abc"))).toEqual([
			400,
			'For input string: "x"',
		]);
		expect(await reasonOf(0)).toEqual([400, "Chunk size either 0 or null"]);
		expect(await reasonOf(0, new Uint8Array(10_000_001))).toEqual([
			400,
			"Chunk size exceeds 10MB",
		]);
		await expect(
			callOpenSearch("GET", `/.ml-sidecar-chunks-small/_source/${id}_0`),
		).rejects.toThrow("404");
		expect((await upload("unknown", 0, bytes("abc"))).status).toBe(404);
		await removeModel(sidecar, id);
	});
});

describe("what can't be deployed", () => {
	it("an archive that is none fails its task with the reason, and leaves no model process", async () => {
		const id = await registerTiny([bytes("abc")], abc);
		await upload(id, 0, bytes("abc"));
		const task = await deploy(sidecar, id);
		expect(task).toMatchObject({ state: "FAILED" });
		expect(Object.keys(JSON.parse(textAt(task, "error")))).toEqual([
			"test-node",
		]);
		expect(await stateOf(id)).toBe("DEPLOY_FAILED");
		expect((await sidecar.call("DELETE", `${base}/models/${id}`)).status).toBe(
			200,
		);
	});

	it("a dimension that is not the model's fails its task and names both", async () => {
		const meta = miniLmMeta(int8);
		const { json } = await sidecar.call(
			"POST",
			`${base}/models/_register_meta`,
			{
				...meta,
				model_config: { ...meta.model_config, embedding_dimension: 768 },
			},
		);
		const id = textAt(json, "model_id");
		let number = 0;
		for await (const chunk of chunksOf(int8)) await upload(id, number++, chunk);
		const task = await deploy(sidecar, id);
		expect(textAt(task, "error")).toMatch(/384.*768/);
		await removeModel(sidecar, id);
	});

	it("a model with chunks missing says which", async () => {
		const id = await registerTiny([bytes("abc"), bytes("def")], abcdef);
		await upload(id, 1, bytes("def"));
		const { status, json } = await sidecar.call(
			"POST",
			`${base}/models/${id}/_deploy`,
		);
		expect(status).toBe(400);
		expect(textAt(json, "error", "reason")).toContain("first chunk 0");
		await removeModel(sidecar, id);
	});
});

describe("errors come in OpenSearch's envelope", () => {
	it.each([
		[
			"GET",
			"/models/unknown",
			undefined,
			404,
			"Failed to find model with the provided model id: unknown",
		],
		["DELETE", "/models/unknown", undefined, 404, "Failed to find model"],
		["POST", "/models/unknown/_deploy", undefined, 404, "Failed to find model"],
		[
			"POST",
			"/models/unknown/_undeploy",
			undefined,
			404,
			"Failed to find model",
		],
		[
			"POST",
			"/models/_undeploy",
			undefined,
			400,
			"Must set specific model ids to undeploy",
		],
		[
			"POST",
			"/models/unknown/_predict",
			{ text_docs: ["a"] },
			404,
			"Failed to find model",
		],
		["GET", "/tasks/unknown", undefined, 404, "Failed to find task"],
		["DELETE", "/tasks/unknown", undefined, 404, "Failed to find task"],
		[
			"POST",
			"/models/_register_meta",
			undefined,
			400,
			"Model meta request has empty body",
		],
		["POST", "/models/_register_meta", {}, 400, "model name is null"],
		[
			"POST",
			"/models/_register_meta",
			{ name: "n" },
			400,
			"model format is null",
		],
		[
			"POST",
			"/models/_register_meta",
			{ name: "n", model_format: "X" },
			400,
			"Wrong model format",
		],
	])("%s %s %j", async (method, path, body, status, reason) => {
		const answer = await sidecar.call(method, `${base}${path}`, body);
		expect(answer.status).toBe(status);
		expect(answer.json).toMatchObject({
			status,
			error: { reason, root_cause: [{ reason }] },
		});
	});

	it.each([
		[
			{ total_chunks: 20_000_000, model_content_size_in_bytes: 1 },
			/exceeds the limit of 4294967296 bytes/,
		],
		[
			{ total_chunks: 1, model_content_size_in_bytes: 2 ** 33 },
			/exceeds the limit/,
		],
		[
			{ total_chunks: 1, model_content_size_in_bytes: 10_000_001 },
			/does not fit into 1 chunks/,
		],
	])(
		"also for a model that is too large, or can't be: %j",
		async (size, reason) => {
			const answer = await sidecar.call(
				"POST",
				`${base}/models/_register_meta`,
				{
					...miniLmMeta(int8),
					...size,
				},
			);
			expect(answer.status).toBe(400);
			expect(textAt(answer.json, "error", "reason")).toMatch(reason);
		},
	);

	it("also for a body that is not JSON", async () => {
		const answer = await sidecar.call(
			"POST",
			`${base}/models/text_embedding/_predict/`,
			"M1",
		);
		expect(answer.status).toBe(400);
		expect(answer.json).toMatchObject({ status: 400 });
	});
});
