import { pino } from "pino";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { loadSettings, upstreamTls } from "../../sidecar/config.ts";
import { Admission } from "../../sidecar/services/admission.ts";
import { RateLimits } from "../../sidecar/services/rate-limits.ts";
import { createClient } from "../../sidecar/store/client.ts";
import { ControllerStore } from "../../sidecar/store/controllers.ts";
import { HiddenIndices } from "../../sidecar/store/hidden-indices.ts";
import { ModelStore } from "../../sidecar/store/models.ts";
import { opensearchUrl, uniqueName } from "../helpers/opensearch.ts";
import {
	miniLmMeta,
	startSidecar,
	type TestSidecar,
	textAt,
} from "../helpers/sidecar.ts";

const { int8 } = inject("minilm");
let sidecar: TestSidecar;
let model: string;

beforeAll(async () => {
	sidecar = await startSidecar();
	const { json } = await sidecar.call(
		"POST",
		"/_plugins/_ml/models/_register_meta",
		miniLmMeta(int8, uniqueName("admitted")),
	);
	model = textAt(json, "model_id");
	await sidecar.call("POST", `/_plugins/_ml/controllers/${model}`, {
		user_rate_limiter: { ann: { limit: 1, unit: "DAYS" } },
	});
});
afterAll(async () => {
	await sidecar.call("DELETE", `/_plugins/_ml/models/${model}`);
	await sidecar.close();
});

/** An admission with a clock of its own, and a connection that can be cut. */
function admission() {
	const settings = loadSettings({ OPENSEARCH_URL: opensearchUrl() });
	const tls = upstreamTls(settings);
	const client = createClient(settings, { tls, credentials: "own" });
	const indices = new HiddenIndices(client);
	const state = { now: 0, enabled: true };
	const made = new Admission({
		models: new ModelStore(client, indices),
		controllers: new ControllerStore(client, indices),
		limits: new RateLimits(),
		liveNodes: () => 1,
		controllersEnabled: () => state.enabled,
		now: () => state.now,
		logger: pino({ level: "silent" }),
	});
	return { made, state, cut: () => client.close() };
}

it("a user of whom the controller says so is throttled, and nobody else", async () => {
	const { made, state, cut } = admission();
	await made.check(model, "ann");
	await expect(made.check(model, "ann")).rejects.toMatchObject({
		code: "throttled",
		message:
			"Request is throttled at user level. If you think there's an issue, please contact your cluster admin.",
		retryAfterMs: 86_400_000,
	});
	for (const other of ["bob", "constructor", undefined])
		for (let request = 0; request < 3; request++)
			await made.check(model, other);
	state.enabled = false;
	await made.check(model, "ann");
	await cut();
});

it("what is known of a model holds on while OpenSearch can't be asked, and a model that is not known waits for it", async () => {
	const { made, state, cut } = admission();
	await made.check(model, "ann");
	await cut();
	for (const later of [1_000, 3_000, 10_000]) {
		state.now = later;
		await expect(made.check(model, "ann")).rejects.toMatchObject({
			code: "throttled",
		});
		await made.check(model, "bob");
	}
	await expect(made.check("another", "bob")).rejects.toThrow();
});

it("a model that is not there is somebody else's to refuse", async () => {
	const { made, cut } = admission();
	await made.check("nope", "ann");
	await cut();
});
