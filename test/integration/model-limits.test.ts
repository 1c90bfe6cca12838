import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { callOpenSearch, uniqueName } from "../helpers/opensearch.ts";
import {
	deployMiniLm,
	miniLmMeta,
	removeModel,
	startSidecar,
	type TestSidecar,
	textAt,
} from "../helpers/sidecar.ts";

const models = "/_plugins/_ml/models";
const controllers = "/_plugins/_ml/controllers";
const { int8 } = inject("minilm");
let sidecar: TestSidecar;
/** Deployed. */
let model: string;
/** Registered in part, and never deployed. */
let idle: string;

beforeAll(async () => {
	sidecar = await startSidecar();
	model = await deployMiniLm(sidecar, int8);
	const { json } = await sidecar.call(
		"POST",
		`${models}/_register_meta`,
		miniLmMeta(int8, uniqueName("idle")),
	);
	idle = textAt(json, "model_id");
});
afterAll(async () => {
	await removeModel(sidecar, model);
	await removeModel(sidecar, idle);
	await sidecar.close();
});

async function update(id: string, body?: unknown) {
	return sidecar.call("PUT", `${models}/${id}`, body);
}

async function predict() {
	return sidecar.call("POST", `${models}/${model}/_predict`, {
		text_docs: ["hello"],
		return_number: false,
	});
}

async function shown(id: string): Promise<unknown> {
	return (await sidecar.call("GET", `${models}/${id}`)).json;
}

function reason({ json }: { json: unknown }): string {
	return textAt(json, "error", "reason");
}

describe("an update of a model", () => {
	it("changes what it says and leaves the rest, and answers as a write does", async () => {
		const before = await shown(idle);
		const first = await update(idle, {
			name: "renamed",
			description: "new",
			is_enabled: false,
			rate_limiter: { limit: 4, unit: "MINUTES" },
			deploy_setting: { is_auto_deploy_enabled: true },
			unknown: 1,
		});
		expect(first.json).toMatchObject({
			_index: ".ml-sidecar-model",
			_id: idle,
			result: "updated",
			_version: expect.any(Number),
			_seq_no: expect.any(Number),
			_primary_term: 1,
			_shards: { failed: 0 },
		});
		await update(idle, {
			rate_limiter: { limit: "7" },
			deploy_setting: { model_ttl_minutes: 5 },
			model_config: { pooling_mode: "cls" },
		});
		expect(await shown(idle)).toEqual({
			...Object(before),
			name: "renamed",
			description: "new",
			is_enabled: false,
			rate_limiter: { limit: "7", unit: "MINUTES" },
			deploy_setting: { is_auto_deploy_enabled: true, model_ttl_minutes: 5 },
			model_config: {
				model_type: "bert",
				embedding_dimension: 384,
				framework_type: "SENTENCE_TRANSFORMERS",
				pooling_mode: "CLS",
				normalize_result: true,
			},
			last_updated_time: expect.any(Number),
		});
	});

	it("gives the model the next version of another group, and none of its own", async () => {
		const register = await sidecar.call(
			"POST",
			"/_plugins/_ml/model_groups/_register",
			{ name: uniqueName("group") },
		);
		const group = textAt(register.json, "model_group_id");
		for (let time = 0; time < 2; time++) {
			expect((await update(idle, { model_group_id: group })).status).toBe(200);
			expect(await shown(idle)).toMatchObject({
				model_group_id: group,
				model_version: "1",
			});
		}
		const shownGroup = await sidecar.call(
			"GET",
			`/_plugins/_ml/model_groups/${group}`,
		);
		expect(shownGroup.json).toMatchObject({ latest_version: 1 });
	});

	it.each<[unknown, number, string]>([
		[undefined, 400, "Update model request has empty body"],
		[
			{ connector_id: "a" },
			400,
			"Trying to update the connector or connector_id field on a local model.",
		],
		[
			{ connector: {} },
			400,
			"Trying to update the connector or connector_id field on a local model.",
		],
		[
			{ guardrails: {} },
			400,
			"guardrails are not supported: the sidecar would not apply them",
		],
		[
			{ model_group_id: "nope" },
			404,
			"Failed to find the model group with the provided model group id in the update model input, MODEL_GROUP_ID: nope",
		],
		[
			{ rate_limiter: { limit: "x" } },
			400,
			"Limit field must be a positive number.",
		],
		[
			{ rate_limiter: { unit: "x" } },
			400,
			"No enum constant java.util.concurrent.TimeUnit.x",
		],
		[{ model_config: { framework_type: "x" } }, 400, "Wrong framework type"],
	])("%j is refused", async (body, status, why) => {
		const before = await shown(idle);
		const answer = await update(idle, body);
		expect([answer.status, reason(answer)]).toEqual([status, why]);
		expect(await shown(idle)).toEqual(before);
	});

	it.each([{ name: "" }, { name: 5 }, { is_enabled: "no" }, [], "x"])(
		"%j is refused as well",
		async (body) => {
			expect((await update(idle, body)).status).toBe(400);
		},
	);

	it("of an unknown model is refused", async () => {
		const answer = await update("nope", {});
		expect([answer.status, reason(answer)]).toEqual([
			404,
			"Failed to find model to update with the provided model id: nope",
		]);
	});

	it("does not change how a deployed model embeds: its vectors would depend on the sidecar", async () => {
		const answer = await update(model, {
			model_config: { pooling_mode: "cls" },
		});
		expect(answer.status).toBe(400);
		expect(reason(answer)).toContain("undeploy it first");
	});

	it("is not possible while the model is being deployed", async () => {
		const state = (model_state: string) =>
			callOpenSearch(
				"POST",
				`/.ml-sidecar-model/_update/${idle}?refresh=true`,
				{
					doc: { model_state },
				},
			);
		await state("DEPLOYING");
		const answer = await update(idle, { description: "x" });
		await state("REGISTERING");
		expect([answer.status, reason(answer)]).toEqual([
			409,
			`Model is deploying. Please wait for the model to complete deployment. model ID ${idle}`,
		]);
	});
});

describe("a deployed model", () => {
	it("refuses to be asked while it is disabled, at once", async () => {
		expect((await predict()).status).toBe(200);
		await update(model, { is_enabled: false });
		const answer = await predict();
		expect([answer.status, reason(answer)]).toEqual([
			403,
			"Model is disabled.",
		]);
		await update(model, { is_enabled: true });
		expect((await predict()).status).toBe(200);
	});

	it("is disabled also where another sidecar was told so", async () => {
		expect((await predict()).status).toBe(200);
		const change = (is_enabled: boolean) =>
			callOpenSearch(
				"POST",
				`/.ml-sidecar-model/_update/${model}?refresh=true`,
				{
					doc: { is_enabled },
				},
			);
		await change(false);
		await expect
			.poll(async () => (await predict()).status, { timeout: 10_000 })
			.toBe(403);
		await change(true);
		await expect
			.poll(async () => (await predict()).status, { timeout: 10_000 })
			.toBe(200);
	});

	it("is not asked more often than its limit says, and tells when it can be again", async () => {
		await update(model, { rate_limiter: { limit: "2", unit: "HOURS" } });
		const answers = [await predict(), await predict(), await predict()];
		expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
		const [, , last] = answers;
		expect(last?.json).toMatchObject({
			error: {
				type: "status_exception",
				reason: "Request is throttled at model level.",
			},
			status: 429,
		});
		const wait = Number(last?.headers.get("retry-after"));
		expect(wait).toBeGreaterThan(1_700);
		expect(wait).toBeLessThanOrEqual(1_800);
		await update(model, {
			rate_limiter: { limit: "1000000", unit: "SECONDS" },
		});
		expect((await predict()).status).toBe(200);
	});
});

describe("a controller", () => {
	it("is made, replaced, changed in part, shown and deleted", async () => {
		const path = `${controllers}/${idle}`;
		const early = await sidecar.call("PUT", path, { user_rate_limiter: {} });
		expect([early.status, reason(early)]).toEqual([
			409,
			`Model controller haven't been created for the model. Consider calling create model controller api instead. Model ID: ${idle}`,
		]);
		const made = await sidecar.call("POST", path, {
			user_rate_limiter: { u: { limit: 1, unit: "DAYS" } },
		});
		expect(made.json).toEqual({ model_id: idle, status: "CREATED" });
		expect(await shown(idle)).toMatchObject({ is_controller_enabled: true });
		const replaced = await sidecar.call("POST", path, {
			user_rate_limiter: { "v.w": { limit: "5", unit: "MINUTES" }, empty: {} },
		});
		expect(replaced.json).toEqual({ model_id: idle, status: "UPDATED" });
		const changed = await sidecar.call("PUT", path, {
			user_rate_limiter: { "v.w": { limit: 9 }, x: { limit: 2 } },
		});
		expect(changed.json).toMatchObject({ _id: idle, result: "updated" });
		expect((await sidecar.call("PUT", path, {})).json).toMatchObject({
			result: "noop",
		});
		expect((await sidecar.call("GET", path)).json).toEqual({
			model_id: idle,
			user_rate_limiter: {
				"v.w": { limit: "9", unit: "MINUTES" },
				x: { limit: "2" },
			},
		});
		const deleted = await sidecar.call("DELETE", path);
		expect(deleted.json).toMatchObject({ _id: idle, result: "deleted" });
		expect(await shown(idle)).toMatchObject({ is_controller_enabled: false });
		for (const method of ["GET", "DELETE"])
			expect((await sidecar.call(method, path)).status).toBe(404);
	});

	it.each<[string, unknown, number]>([
		["nope", {}, 404],
		["idle", undefined, 400],
		["idle", { user_rate_limiter: "x" }, 400],
		["idle", { user_rate_limiter: { u: null } }, 400],
		["idle", { user_rate_limiter: { u: { limit: "x" } } }, 400],
	])("of %s is not made of %j", async (which, body, status) => {
		const id = which === "idle" ? idle : which;
		expect(
			(await sidecar.call("POST", `${controllers}/${id}`, body)).status,
		).toBe(status);
		expect((await sidecar.call("GET", `${controllers}/${id}`)).status).toBe(
			404,
		);
	});

	it("goes with its model", async () => {
		const { json } = await sidecar.call(
			"POST",
			`${models}/_register_meta`,
			miniLmMeta(int8, uniqueName("short")),
		);
		const id = textAt(json, "model_id");
		await sidecar.call("POST", `${controllers}/${id}`, {});
		await sidecar.call("DELETE", `${models}/${id}`);
		expect((await sidecar.call("GET", `${controllers}/${id}`)).status).toBe(
			404,
		);
	});

	it("can be switched off for the cluster", async () => {
		const change = (value: boolean | null) =>
			sidecar.call("PUT", "/_cluster/settings", {
				persistent: { "plugins.ml_commons.controller_enabled": value },
			});
		await change(false);
		const answer = await sidecar.call("POST", `${controllers}/${idle}`, {});
		await change(null);
		expect([answer.status, reason(answer)]).toEqual([
			400,
			'Controller is currently disabled. To enable it, update the setting "plugins.ml_commons.controller_enabled" to true.',
		]);
	});
});

describe("a model that pipelines use", () => {
	it("is kept where the cluster's settings say so", async () => {
		const { json } = await sidecar.call(
			"POST",
			`${models}/_register_meta`,
			miniLmMeta(int8, uniqueName("used")),
		);
		const id = textAt(json, "model_id");
		const pipeline = uniqueName("pipeline");
		await sidecar.call("PUT", `/_ingest/pipeline/${pipeline}`, {
			processors: [
				{ set: { field: "a", value: id } },
				{ text_embedding: { model_id: id, field_map: { a: "b" } } },
			],
		});
		const change = (value: boolean | null) =>
			sidecar.call("PUT", "/_cluster/settings", {
				persistent: { "plugins.ml_commons.safe_delete_model": value },
			});
		await change(true);
		const kept = await sidecar.call("DELETE", `${models}/${id}`);
		await sidecar.call("DELETE", `/_ingest/pipeline/${pipeline}`);
		const gone = await sidecar.call("DELETE", `${models}/${id}`);
		await change(null);
		expect([kept.status, reason(kept)]).toEqual([
			409,
			`1 ingest pipelines are still using this model, please delete or update the pipelines first: [${pipeline}]`,
		]);
		expect(gone.status).toBe(200);
	});
});
