import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { Type } from "typebox";
import { Value } from "typebox/value";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { eventually } from "../helpers/eventually.ts";
import { callOpenSearch, opensearchUrl } from "../helpers/opensearch.ts";
import { miniLmMeta } from "../helpers/sidecar.ts";
import { runSidecar, type SidecarProcess } from "../helpers/sidecar-process.ts";

/*
 * A sidecar is killed at a random moment of register, deploy, undeploy and delete, and started again. Whatever the
 * moment, the next start leaves nothing half done. `SIDECAR_TEST_KILLS` says how often, `SIDECAR_TEST_SEED` from where
 * the random numbers go on; a failure names its seed.
 */

const kills = Number(process.env.SIDECAR_TEST_KILLS ?? 6);
const seed = Number(process.env.SIDECAR_TEST_SEED ?? Date.now() % 1_000_000);
const base = "/_plugins/_ml";

/** Models that are there at a time; each start loads those that are deployed. */
const mostModels = 3;

/** The longest time from an operation's begin to the kill, milliseconds: a deployment takes about as long. */
const longestMs = 1_500;

let folder: string;
let sidecar: SidecarProcess;
let url: string;
let random: () => number;

beforeAll(async () => {
	random = generator(seed);
	folder = await mkdtemp(join(tmpdir(), "sidecar-kills-"));
	await start();
	await call("PUT", "/_cluster/settings", {
		persistent: { "plugins.ml_commons.allow_registering_model_via_url": true },
	});
});
afterAll(async () => {
	await call("PUT", "/_cluster/settings", {
		persistent: { "plugins.ml_commons.allow_registering_model_via_url": null },
	});
	sidecar.child.kill("SIGTERM");
	await sidecar.closed;
	await rm(folder, { recursive: true, force: true });
});

describe(`a sidecar that is killed ${kills} times (seed ${seed})`, () => {
	it("leaves nothing over, nothing stuck, and every task ended", async () => {
		for (let kill = 0; kill < kills; kill++) {
			const working = operate();
			await setTimeout(random() * longestMs);
			sidecar.child.kill("SIGKILL");
			await Promise.all([sidecar.closed, working]);
			await start();
			await expectOrder(kill);
		}
		for (const { id } of await models()) await removeModel(id);
		await expectOrder(kills);
		expect(await models()).toEqual([]);
		expect(await chunkIndices()).toEqual([]);
		expect(await filesIn("downloads")).toEqual([]);
	}, 600_000);
});

/** Everything at once that a client may be at; what the kill cuts off is expected to fail. */
async function operate(): Promise<void> {
	const present = await models();
	const pick = () => present[Math.floor(random() * present.length)]?.id;
	const work: Promise<unknown>[] = [upload()];
	if (present.length < mostModels) work.push(register());
	const [first, second, third] = [pick(), pick(), pick()];
	if (first) work.push(call("POST", `${base}/models/${first}/_deploy`));
	if (second && random() < 0.5)
		work.push(call("POST", `${base}/models/${second}/_undeploy`));
	if (third && random() < 0.6) work.push(removeModel(third));
	await Promise.allSettled(work);
}

/** By URL, and deployed in the same request. */
function register() {
	const { zipPath } = inject("minilm").int8;
	const { total_chunks: _chunks, ...meta } = miniLmMeta(inject("minilm").int8);
	return call("POST", `${base}/models/_register?deploy=true`, {
		...meta,
		name: `killed-${Math.floor(random() * 3)}`,
		url: pathToFileURL(zipPath).href,
	});
}

/** The metadata and one chunk of several: such a model waits for its client. */
async function upload() {
	const meta = miniLmMeta(inject("minilm").int8, "killed-upload");
	const { model_id: id } = Value.Parse(
		Type.Object({ model_id: Type.String() }),
		await call("POST", `${base}/models/_register_meta`, meta),
	);
	await call("POST", `${base}/models/${id}/upload_chunk/0`, { a: "chunk" });
	await removeModel(id);
}

async function removeModel(id: string): Promise<void> {
	await call("POST", `${base}/models/${id}/_undeploy`);
	await call("DELETE", `${base}/models/${id}`);
}

async function start(): Promise<void> {
	sidecar = await runSidecar({
		OPENSEARCH_URL: opensearchUrl(),
		SIDECAR_CACHE_DIR: folder,
		SIDECAR_MODEL_ALLOCATIONS: "1",
	});
	url = await sidecar.address;
}

const Hits = Type.Object({
	hits: Type.Object({
		hits: Type.Array(
			Type.Object({
				_id: Type.String(),
				_source: Type.Object({
					name: Type.Optional(Type.String()),
					state: Type.Optional(Type.String()),
					model_state: Type.Optional(Type.String()),
					sidecar: Type.Optional(Type.Unknown()),
				}),
			}),
		),
	}),
});

async function documents(index: string) {
	const found = Value.Parse(
		Hits,
		await callOpenSearch(
			"POST",
			`/${index}/_search?ignore_unavailable=true&size=1000`,
			{ _source: { excludes: ["content"] } },
		),
	);
	return found.hits.hits.map(({ _id, _source }) => ({ id: _id, ..._source }));
}

async function models() {
	const found = await documents(".ml-sidecar-model");
	return found.filter(({ name }) => String(name).startsWith("killed-"));
}

async function chunkIndices(): Promise<string[]> {
	const indices = Object.keys(
		Object(
			await callOpenSearch(
				"GET",
				"/.ml-sidecar-chunks-*/_settings?expand_wildcards=all",
			),
		),
	);
	return indices.filter((name) => name !== ".ml-sidecar-chunks-small");
}

async function filesIn(name: string): Promise<string[]> {
	const entries = await readdir(join(folder, name), {
		recursive: true,
		withFileTypes: true,
	});
	return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

/** Chunks that belong to no model. */
async function orphans(): Promise<string[]> {
	const chunks = await documents(".ml-sidecar-chunks-small");
	const known = new Set(
		(await documents(".ml-sidecar-model")).map(({ id }) => id),
	);
	return chunks
		.map(({ id }) => id)
		.filter((id) => !known.has(id.slice(0, id.lastIndexOf("_"))));
}

/** Waits until everything has come to an end, and looks at what is there. */
async function expectOrder(kill: number): Promise<void> {
	const unended = async () => [
		...(await documents(".ml-sidecar-task")).filter(({ state }) =>
			["CREATED", "RUNNING"].includes(String(state)),
		),
		...(await models()).filter(
			({ model_state, sidecar }) =>
				model_state === "DEPLOYING" ||
				(model_state === "REGISTERING" &&
					"registering_node" in Object(sidecar)) ||
				"deleting" in Object(sidecar),
		),
		...(await orphans()),
	];
	try {
		await Promise.race([
			eventually(async () => (await unended()).length === 0),
			setTimeout(60_000).then(() => {
				throw new Error("something has not come to an end");
			}),
		]);
	} catch (cause) {
		throw new Error(
			`after kill ${kill}, seed ${seed}: ${JSON.stringify(await unended())}`,
			{ cause },
		);
	}
	for (const { id, model_state } of await models()) {
		if (model_state !== "DEPLOYED") continue;
		const answer = await fetch(`${url}${base}/models/${id}/_predict`, {
			method: "POST",
			body: '{"text_docs":["someone who repairs water pipes"]}',
		});
		expect(answer.status, `predict after kill ${kill}, seed ${seed}`).toBe(200);
	}
}

async function call(
	method: string,
	path: string,
	body?: unknown,
): Promise<unknown> {
	const answer = await fetch(`${url}${path}`, {
		method,
		...(body !== undefined && {
			headers: { "content-type": "application/json" },
			body: JSON.stringify(body),
		}),
	});
	return answer.json();
}

/** A small generator of numbers from 0 to 1 (mulberry32), so that a run can be repeated. */
function generator(start: number): () => number {
	let state = start;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
}
