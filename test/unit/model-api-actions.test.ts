import { tmpdir } from "node:os";
import { pino } from "pino";
import { expect, it } from "vitest";
import { buildApp } from "../../sidecar/app.ts";
import { loadSettings } from "../../sidecar/config.ts";
import {
	actionOf,
	isListed,
	isModelApi,
} from "../../sidecar/routes/model-api-actions.ts";

/** The routes of the model API as the whole sidecar has them. */
async function registered(): Promise<{ method: string; url: string }[]> {
	const { server } = buildApp({
		settings: loadSettings({}),
		logger: pino({ level: "silent" }),
		cacheFolder: tmpdir(),
		nodeIds: () => ["node"],
		version: "0.0.0",
	});
	const routes: { method: string; url: string }[] = [];
	server.addHook("onRoute", ({ method, url, config }) => {
		if (config?.refuses) return;
		for (const name of [method].flat()) routes.push({ method: name, url });
	});
	await server.ready();
	await server.close();
	return routes.filter(({ url }) => isModelApi(url));
}

it("every route of the model API asks for a permission of its own, so that a reader is not kept from reading", async () => {
	const routes = await registered();
	expect(routes.length).toBeGreaterThan(10);
	expect(routes.filter(({ method, url }) => !isListed(method, url))).toEqual(
		[],
	);
});

it.each([
	["GET", "models/:model_id", "models/get"],
	["HEAD", "models/:id", "models/get"],
	["POST", "models/:model_id/upload_chunk/:chunk_number", "upload_model_chunk"],
	["POST", "_predict/:algorithm/:model_id", "predict"],
	["GET", "stats/", "stats/nodes"],
	["GET", ":node_id/stats/:stat", "stats/nodes"],
])("%s %s asks for %s", (method, path, action) => {
	expect(actionOf(method, `/_plugins/_ml/${path}`)).toBe(
		`cluster:admin/opensearch/ml/${action}`,
	);
});

it("whoever makes the sidecars forget results needs a permission, and whoever watches them none", () => {
	for (const route of [
		"/_sidecar/cache/_clear",
		"/_sidecar/models/:model_id/cache/_clear",
	]) {
		expect(isModelApi(route)).toBe(true);
		expect(actionOf("POST", route)).toBe(
			"cluster:admin/opensearch/ml/deploy_model",
		);
	}
	for (const route of ["/_sidecar/metrics", "/_sidecar/health/live"])
		expect(isModelApi(route)).toBe(false);
});

it("a route that nobody has put into the table is open to nobody but who may do everything", () => {
	expect(isListed("PATCH", "/_plugins/_ml/models/:id")).toBe(false);
	expect(actionOf("PATCH", "/_plugins/_ml/models/:id")).toBe(
		"cluster:admin/opensearch/ml/*",
	);
});
