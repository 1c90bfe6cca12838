import { Value } from "typebox/value";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ModelProfile, type RuntimeProfile } from "../../schemas/stats.ts";
import { uniqueName } from "../helpers/opensearch.ts";
import {
	deployMiniLm,
	removeModel,
	startSidecar,
	type TestSidecar,
} from "../helpers/sidecar.ts";
import { valueAt } from "./conformance/json.ts";

const base = "/_plugins/_ml";

let sidecar: TestSidecar;
let model: string;

beforeAll(async () => {
	sidecar = await startSidecar({ SIDECAR_MODEL_ALLOCATIONS: 1 });
	model = await deployMiniLm(sidecar, inject("minilm").int8);
});
afterAll(async () => {
	await removeModel(sidecar, model);
	await sidecar.close();
});

async function profile(): Promise<RuntimeProfile> {
	const { json } = await sidecar.call("GET", `${base}/profile/models/${model}`);
	const shown = valueAt(json, `nodes.*.models.${model}`);
	return Value.Parse(ModelProfile, shown).sidecar;
}

async function predict(...text_docs: string[]) {
	const path = `${base}/models/${model}/_predict`;
	const { status } = await sidecar.call("POST", path, { text_docs });
	expect(status).toBe(200);
}

/** The sum of a metric's samples for the model. */
async function metric(name: string, label = ""): Promise<number> {
	const { text } = await sidecar.call("GET", "/_sidecar/metrics");
	return text
		.split("\n")
		.filter(
			(line) =>
				line.startsWith(`${name}{`) &&
				line.includes(`model_id="${model}"`) &&
				line.includes(label),
		)
		.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

describe("whoever runs a model", () => {
	it("sees in its profile what it is given and what became of that", async () => {
		const before = await profile();
		expect(before).toMatchObject({
			allocations: 1,
			threads_per_allocation: 1,
			queued: { search: 0, ingest: 0 },
			restarts: 0,
		});
		const long = `${uniqueName("text")} ${"word ".repeat(1_000)}`;
		const short = uniqueName("text");
		await predict(long, short, short);
		await predict(short);
		const after = await profile();
		expect(after.texts - before.texts).toBe(2);
		expect(after.tokens - before.tokens).toBeGreaterThan(128);
		expect(after.truncated - before.truncated).toBe(1);
		expect(after.cache?.hits).toBe((before.cache?.hits ?? 0) + 1);
		expect(after.cache?.entries).toBe((before.cache?.entries ?? 0) + 2);
		expect(after.cache?.size_in_bytes).toBeGreaterThan(2 * 384 * 4);
	});

	it("sees in the metrics how many texts needed no run, and where the time of the others went", async () => {
		const text = uniqueName("text");
		const runs = await metric("sidecar_model_texts_total");
		const kept = await metric("sidecar_model_spared_texts_total", "kept");
		await predict(text);
		await predict(text);
		expect(await metric("sidecar_model_texts_total")).toBe(runs + 1);
		expect(await metric("sidecar_model_spared_texts_total", "kept")).toBe(
			kept + 1,
		);
		const total = await metric("sidecar_model_total_duration_seconds_sum");
		const run = await metric("sidecar_model_run_duration_seconds_sum");
		expect(run).toBeGreaterThan(0);
		expect(total).toBeGreaterThanOrEqual(run);
	});

	it("finds no numbers of a model that is not in memory any more", async () => {
		await predict(uniqueName("text"));
		expect(await metric("sidecar_model_texts_total")).toBeGreaterThan(0);
		await sidecar.call("POST", `${base}/models/${model}/_undeploy`);
		const { text } = await sidecar.call("GET", "/_sidecar/metrics");
		expect(text).not.toContain(model);
		const { json } = await sidecar.call(
			"GET",
			`${base}/profile/models/${model}`,
		);
		expect(json).toEqual({});
	});
});
