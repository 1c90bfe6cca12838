import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
	deploy,
	finishedTask,
	removeModel,
	startSidecar,
	type TestSidecar,
	textAt,
} from "../helpers/sidecar.ts";
import { sha256Of, zipOf } from "../helpers/small-archive.ts";

const base = "/_plugins/_ml";
const paddingBytes = 50_000;
/** For one model in use and one that arrives, but not for another one beside them. */
const cacheBytes = 3 * (paddingBytes + 10_000);
const threshold = "plugins.ml_commons.disk_free_space_threshold";

let folder: string;
let sidecar: TestSidecar;
const registered: string[] = [];

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "cache-folder-test-"));
	const settings = {
		SIDECAR_CACHE_MAX_BYTES: cacheBytes,
		SIDECAR_MODEL_ALLOCATIONS: 1,
	};
	sidecar = await startSidecar(settings, { folder });
});
afterEach(async () => {
	await set(null);
	for (const id of registered.splice(0)) await removeModel(sidecar, id);
});
afterAll(async () => {
	await sidecar.close();
	await rm(folder, { recursive: true, force: true });
});

async function set(value: string | null): Promise<void> {
	const body = { persistent: { [threshold]: value } };
	const { status, text } = await sidecar.call(
		"PUT",
		"/_cluster/settings",
		body,
	);
	if (status !== 200) throw new Error(text);
}

function fixture(path: string): Promise<Buffer> {
	return readFile(join(import.meta.dirname, "../fixtures", path));
}

/** The metadata of an archive of its own. */
function metaOf(archive: Buffer) {
	return {
		name: "small",
		function_name: "TEXT_EMBEDDING",
		model_format: "ONNX",
		model_content_hash_value: sha256Of(archive),
		model_content_size_in_bytes: archive.byteLength,
		total_chunks: 1,
		model_config: {
			model_type: "bert",
			embedding_dimension: 2,
			framework_type: "sentence_transformers",
		},
	};
}

/** A small model unlike any other. @returns its id and its hash */
async function register(): Promise<{ id: string; sha256: string }> {
	const archive = await zipOf({
		"model.onnx": await fixture("models/ids-and-positions.onnx"),
		"tokenizer.json": await fixture("tokenizers/small-wordpiece.json"),
		"padding.bin": randomBytes(paddingBytes),
	});
	const meta = metaOf(archive);
	const path = `${base}/models`;
	const answer = await sidecar.call("POST", `${path}/_register_meta`, meta);
	const id = textAt(answer.json, "model_id");
	registered.push(id);
	await sidecar.call("POST", `${path}/${id}/upload_chunk/0`, archive);
	return { id, sha256: meta.model_content_hash_value };
}

function cached(): Promise<string[]> {
	return readdir(join(folder, "models"));
}

/** Until these models are in the folder and no other, and nothing is being prepared there. */
async function untilCached(
	...models: readonly { sha256: string }[]
): Promise<void> {
	const expected = models.map(({ sha256 }) => sha256).sort();
	await expect
		.poll(async () => (await cached()).sort(), { timeout: 10_000 })
		.toEqual(expected);
}

async function predict(id: string): Promise<number> {
	const path = `${base}/_predict/text_embedding/${id}`;
	const body = { text_docs: ["the word"] };
	return (await sidecar.call("POST", path, body)).status;
}

/** How often the breaker was open, as the statistics tell. */
async function trips(): Promise<number> {
	const statistic = "ml_circuit_breaker_trigger_count";
	const { text } = await sidecar.call("GET", `${base}/stats/${statistic}`);
	return Number(new RegExp(`"${statistic}":(\\d+)`).exec(text)?.[1]);
}

describe("a cache folder with little room", () => {
	it("keeps the models in use, gives up the others, and says why one has no room", async () => {
		const [a, b, c] = [await register(), await register(), await register()];
		expect(await deploy(sidecar, a.id)).toMatchObject({ state: "COMPLETED" });
		expect(await deploy(sidecar, b.id)).toMatchObject({ state: "COMPLETED" });
		const refused = await deploy(sidecar, c.id);
		expect(textAt(refused, "state")).toBe("FAILED");
		expect(textAt(refused, "error")).toContain(
			`SIDECAR_CACHE_MAX_BYTES is ${cacheBytes}`,
		);
		await untilCached(a, b);
		await sidecar.call("POST", `${base}/models/${a.id}/_undeploy`);
		expect(await deploy(sidecar, c.id)).toMatchObject({ state: "COMPLETED" });
		await untilCached(b, c);
		expect([await predict(b.id), await predict(c.id)]).toEqual([200, 200]);
	});
});

describe("a disk with less free space than the cluster setting says", () => {
	it("lets no model in: each way is answered as ml-commons does, and counted", async () => {
		const { id } = await register();
		expect(await trips()).toBe(0);
		await set("1000pb");
		const reason = "Disk Circuit Breaker is open, please check your resources!";
		const cause = { type: "circuit_breaking_exception", reason };
		for (const [path, body] of [
			[`${base}/models/_register_meta`, metaOf(Buffer.from("x"))],
			[
				`${base}/models/_register`,
				{
					name: "huggingface/sentence-transformers/all-MiniLM-L6-v2",
					version: "1.0.1",
					model_format: "ONNX",
				},
			],
			[`${base}/models/${id}/_deploy`, undefined],
		] as const)
			expect(await sidecar.call("POST", path, body)).toMatchObject({
				status: 429,
				json: { error: cause, status: 429 },
			});
		expect(await trips()).toBe(3);
		await set("-1");
		const { json } = await sidecar.call("POST", `${base}/models/${id}/_deploy`);
		expect(await finishedTask(sidecar, textAt(json, "task_id"))).toMatchObject({
			state: "COMPLETED",
		});
	});
});
