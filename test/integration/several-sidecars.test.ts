import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { eventually } from "../helpers/eventually.ts";
import { opensearchUrl, uniqueName } from "../helpers/opensearch.ts";
import {
	deploy,
	deployMiniLm,
	registerMiniLm,
	removeModel,
	startSidecar,
	type TestSidecar,
	textAt,
} from "../helpers/sidecar.ts";
import { runSidecar } from "../helpers/sidecar-process.ts";

const base = "/_plugins/_ml";

let one: TestSidecar;
let other: TestSidecar;
/** The node ids of the two, as their tasks show them. */
let ids: string[];
let model: string;

beforeAll(async () => {
	one = await startSidecar();
	other = await startSidecar();
	model = await registerMiniLm(one, inject("minilm").int8);
	ids = nodesOf(await deploy(one, model));
});
afterAll(async () => {
	await removeModel(one, model);
	await one.close();
	await other.close();
});

function nodesOf(task: unknown): string[] {
	const nodes: unknown = Reflect.get(Object(task), "worker_node");
	return Array.isArray(nodes) ? nodes.map(String) : [];
}

async function modelOf(id: string) {
	return (await one.call("GET", `${base}/models/${id}`)).json;
}

function predict(sidecar: TestSidecar, id: string) {
	return sidecar.call("POST", `${base}/models/${id}/_predict`, {
		text_docs: ["someone who repairs water pipes"],
	});
}

describe("two sidecars on one cluster", () => {
	it("a deployment reaches both, and both answer alike", async () => {
		expect(new Set(ids).size).toBe(2);
		expect(await modelOf(model)).toMatchObject({
			model_state: "DEPLOYED",
			planning_worker_node_count: 2,
			current_worker_node_count: 2,
			planning_worker_nodes: expect.arrayContaining(ids),
		});
		const [here, there] = await Promise.all([
			predict(one, model),
			predict(other, model),
		]);
		expect(here.status).toBe(200);
		expect(there.text).toBe(here.text);
	});

	it("an undeployment through one reports both, and takes the model out of both", async () => {
		const id = await registerMiniLm(one, inject("minilm").int8);
		await deploy(other, id);
		const { json } = await one.call("POST", `${base}/models/${id}/_undeploy`);
		expect(json).toEqual({
			[ids[0] ?? ""]: { stats: { [id]: "undeployed" } },
			[ids[1] ?? ""]: { stats: { [id]: "undeployed" } },
		});
		expect((await predict(one, id)).status).toBe(400);
		expect((await predict(other, id)).status).toBe(400);
		await removeModel(one, id);
	});

	it("a model that is planned for one alone is served through the other too", async () => {
		const id = await registerMiniLm(one, inject("minilm").int8);
		const path = `${base}/models/${id}/_deploy`;
		const first = ids[0] ?? "";
		await other.call("PUT", "/_cluster/settings", {
			persistent: { "plugins.ml_commons.allow_custom_deployment_plan": true },
		});
		const { json } = await other.call("POST", path, { node_ids: [first] });
		const task = textAt(json, "task_id");
		await eventually(
			async () =>
				textAt(
					(await one.call("GET", `${base}/tasks/${task}`)).json,
					"state",
				) === "COMPLETED",
		);
		expect(await modelOf(id)).toMatchObject({
			planning_worker_nodes: [first],
		});
		const answers = await Promise.all([predict(one, id), predict(other, id)]);
		expect(answers.map(({ status }) => status)).toEqual([200, 200]);
		expect(answers[0]?.text).toBe(answers[1]?.text);
		await expectWritesAndSearches(other, id);
		const refused = await other.call("POST", `${base}/models/${id}/_predict`, {
			text_docs: [],
		});
		expect(refused.status).toBe(400);
		await removeModel(one, id);
		await other.call("PUT", "/_cluster/settings", {
			persistent: { "plugins.ml_commons.allow_custom_deployment_plan": null },
		});
	});

	async function expectWritesAndSearches(
		sidecar: TestSidecar,
		model_id: string,
	): Promise<void> {
		const name = uniqueName("remote");
		await sidecar.call("PUT", `/_ingest/pipeline/${name}`, {
			processors: [{ text_embedding: { model_id, field_map: { text: "v" } } }],
		});
		await sidecar.call("PUT", `/${name}`, {
			settings: { "index.knn": true, default_pipeline: name },
			mappings: {
				properties: {
					v: {
						type: "knn_vector",
						dimension: 384,
						method: { name: "hnsw", engine: "lucene" },
					},
				},
			},
		});
		const words = ["plumber", "whale", "algebra"];
		const bulk = await sidecar.call(
			"POST",
			`/${name}/_bulk?refresh=true`,
			words
				.map((text) => `{"index":{"_id":"${text}"}}\n{"text":"${text}"}\n`)
				.join(""),
		);
		expect(bulk.json).toMatchObject({ errors: false });
		const found = await sidecar.call("POST", `/${name}/_search`, {
			query: {
				neural: { v: { query_text: "mends water pipes", model_id, k: 1 } },
			},
		});
		expect(found.json).toMatchObject({ hits: { hits: [{ _id: "plumber" }] } });
		await sidecar.call("DELETE", `/${name}`);
		await sidecar.call("DELETE", `/_ingest/pipeline/${name}`);
	}

	it("a setting that is changed through one is in force on the other at once", async () => {
		const name = "plugins.ml_commons.allow_registering_model_via_local_file";
		const register = () =>
			other.call("POST", `${base}/models/_register_meta`, {
				name: "n",
			});
		await one.call("PUT", "/_cluster/settings", {
			persistent: { [name]: false },
		});
		const refused = await register();
		await one.call("PUT", "/_cluster/settings", {
			persistent: { [name]: null },
		});
		const read = await register();
		expect(refused.text).toContain("allow_registering_model_via_local_file");
		expect(read.text).toContain("model format is null");
	});

	it("have ids of their own also where they share a cache folder, and files unharmed", async () => {
		const folder = await mkdtemp(join(tmpdir(), "sidecar-shared-"));
		const environment = {
			OPENSEARCH_URL: opensearchUrl(),
			SIDECAR_CACHE_DIR: folder,
		};
		const sharing = await Promise.all([
			runSidecar(environment),
			runSidecar(environment),
		]);
		try {
			await eventually(async () => {
				const nodes = Reflect.get(
					Object(await modelOf(model)),
					"planning_worker_nodes",
				);
				return Array.isArray(nodes) && new Set(nodes).size === 4;
			});
			const answers = await Promise.all(
				sharing.map(async ({ address }) => {
					const answer = await fetch(
						`${await address}${base}/models/${model}/_predict`,
						{ method: "POST", body: '{"text_docs":["a"]}' },
					);
					return answer.status;
				}),
			);
			expect(answers).toEqual([200, 200]);
		} finally {
			for (const { child } of sharing) child.kill("SIGTERM");
			await Promise.all(sharing.map(({ closed }) => closed));
			await rm(folder, { recursive: true, force: true });
		}
	});
});

describe("a sidecar that disappears", () => {
	it("is noticed within 15 s; when it comes back the model is whole again", async () => {
		const folder = await mkdtemp(join(tmpdir(), "sidecar-vanishing-"));
		const environment = {
			OPENSEARCH_URL: opensearchUrl(),
			SIDECAR_CACHE_DIR: folder,
		};
		const vanishing = await runSidecar(environment);
		await vanishing.address;
		await eventually(async () => stateIs("DEPLOYED", 3));
		vanishing.child.kill("SIGKILL");
		await vanishing.closed;
		const start = performance.now();
		await eventually(async () => stateIs("PARTIALLY_DEPLOYED", 2));
		expect(performance.now() - start).toBeLessThan(15_000);
		expect((await predict(one, model)).status).toBe(200);

		const again = await runSidecar(environment);
		try {
			await eventually(async () => stateIs("DEPLOYED", 3));
		} finally {
			again.child.kill("SIGTERM");
			await again.closed;
			await rm(folder, { recursive: true, force: true });
		}
		await eventually(async () => stateIs("DEPLOYED", 2));
	}, 60_000);

	async function stateIs(state: string, current: number): Promise<boolean> {
		const found = Object(await modelOf(model));
		return (
			Reflect.get(found, "model_state") === state &&
			Reflect.get(found, "current_worker_node_count") === current
		);
	}
});

describe("a sidecar that joins later", () => {
	it("serves what is deployed everywhere", async () => {
		const late = await startSidecar();
		try {
			expect((await predict(late, model)).status).toBe(200);
		} finally {
			await late.close();
		}
	});

	it("is part of a deployment that comes after it", async () => {
		const late = await startSidecar();
		try {
			const id = await deployMiniLm(late, inject("minilm").int8);
			const { json } = await one.call("GET", `${base}/models/${id}`);
			expect(json).toMatchObject({ current_worker_node_count: 3 });
			await removeModel(late, id);
		} finally {
			await late.close();
		}
	});
});
