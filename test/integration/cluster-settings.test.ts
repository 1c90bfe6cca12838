import { gzipSync } from "node:zlib";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { loadSettings } from "../../sidecar/config.ts";
import { ClusterSettingsService } from "../../sidecar/services/cluster-settings.ts";
import { createClient } from "../../sidecar/store/client.ts";
import { ConfigStore } from "../../sidecar/store/config.ts";
import { HiddenIndices } from "../../sidecar/store/hidden-indices.ts";
import { callOpenSearch, opensearchUrl } from "../helpers/opensearch.ts";
import { startSidecar, type TestSidecar } from "../helpers/sidecar.ts";

const path = "/_cluster/settings";
const one = "plugins.ml_commons.max_model_on_node";
const two = "plugins.ml_commons.safe_delete_model";
const core = "search.max_buckets";
const everything = { "plugins.*": null, [core]: null };

let sidecar: TestSidecar;
let other: TestSidecar;

beforeAll(async () => {
	sidecar = await startSidecar();
	other = await startSidecar();
	await reset();
});
afterEach(reset);
afterAll(async () => {
	await sidecar.close();
	await other.close();
});

async function reset(): Promise<void> {
	const settings = { persistent: everything, transient: everything };
	const { status, text } = await sidecar.call("PUT", path, settings);
	if (status !== 200) throw new Error(text);
}

async function put(settings: unknown, query = "") {
	const { status, json } = await sidecar.call("PUT", `${path}${query}`, {
		persistent: settings,
	});
	return { status, json };
}

/** What is set, by flat names, as a client of a sidecar sees it. */
async function seen(by: TestSidecar): Promise<unknown> {
	return (await by.call("GET", `${path}?flat_settings`)).json;
}

function refusal(type: string, reason: string) {
	const cause = { type, reason };
	return {
		status: 400,
		json: { error: { root_cause: [cause], ...cause }, status: 400 },
	};
}

describe("a client that sets what ml-commons knows", () => {
	it("gets one answer for both parts of its call, and each part is where it belongs", async () => {
		expect(await put({ [one]: 7, [core]: 70_000 })).toEqual({
			status: 200,
			json: {
				acknowledged: true,
				persistent: {
					plugins: { ml_commons: { max_model_on_node: "7" } },
					search: { max_buckets: "70000" },
				},
				transient: {},
			},
		});
		expect(await seen(sidecar)).toEqual({
			persistent: { [one]: "7", [core]: "70000" },
			transient: {},
		});
		expect(await callOpenSearch("GET", `${path}?flat_settings`)).toEqual({
			persistent: { [core]: "70000" },
			transient: {},
		});
	});

	it("can ask for flat names, for a part, and for another form", async () => {
		const { text } = await sidecar.call(
			"PUT",
			`${path}?flat_settings&pretty&filter_path=persistent`,
			{ persistent: { [one]: 7 } },
		);
		expect(text).toBe(`{\n  "persistent" : {\n    "${one}" : "7"\n  }\n}\n`);
		const yaml = await sidecar.call("GET", `${path}?flat_settings&format=yaml`);
		expect(yaml.headers.get("content-type")).toBe("application/yaml");
		expect(yaml.text).toBe(`---\npersistent:\n  ${one}: "7"\ntransient: {}\n`);
	});

	it("finds it through every sidecar, and none of many changes at once is lost", async () => {
		const names = [
			"max_register_model_tasks_per_node",
			"max_deploy_model_tasks_per_node",
			"max_ml_task_per_node",
			"monitoring_request_count",
			"ml_task_timeout_in_seconds",
			"max_batch_inference_tasks",
		].map((name) => `plugins.ml_commons.${name}`);
		const answers = await Promise.all(
			names.map((name, index) =>
				(index % 2 === 0 ? sidecar : other).call("PUT", path, {
					persistent: { [name]: 7 },
				}),
			),
		);
		expect(answers.map(({ status }) => status)).toEqual(names.map(() => 200));
		const set = Object.fromEntries(names.map((name) => [name, "7"]));
		expect(await seen(other)).toEqual({ persistent: set, transient: {} });
		expect(await seen(sidecar)).toEqual(await seen(other));
	});

	it("gets rid of it by null and by patterns, in the scope that is named", async () => {
		await sidecar.call("PUT", path, {
			persistent: { [one]: 7, [two]: true },
			transient: { [one]: 8 },
		});
		await put({ [one]: null });
		expect(await seen(sidecar)).toEqual({
			persistent: { [two]: "true" },
			transient: { [one]: "8" },
		});
		await sidecar.call("PUT", path, {
			transient: { "plugins.ml_commons.*": null },
		});
		expect(await seen(sidecar)).toEqual({
			persistent: { [two]: "true" },
			transient: {},
		});
	});

	it("finds the defaults of what is not set, among OpenSearch's", async () => {
		await put({ [one]: 7 });
		const { json } = await sidecar.call(
			"GET",
			`${path}?include_defaults&flat_settings`,
		);
		expect(json).toMatchObject({
			defaults: { [two]: "false", [core]: "65535" },
		});
		expect(json).not.toHaveProperty(["defaults", one]);
	});
});

describe("a call is made as a whole or not at all", () => {
	it("where a value of the sidecar's is wrong", async () => {
		expect(await put({ [core]: 70_000, [one]: -1 })).toEqual(
			refusal(
				"illegal_argument_exception",
				`Failed to parse value [-1] for setting [${one}] must be >= 0`,
			),
		);
		expect(await seen(sidecar)).toEqual({ persistent: {}, transient: {} });
	});

	it.each([
		[
			{ [core]: "x" },
			"illegal_argument_exception",
			`Failed to parse value [x] for setting [${core}]`,
		],
		[
			{ "plugins.ml_commons.magic": 1 },
			"settings_exception",
			"persistent setting [plugins.ml_commons.magic], not recognized",
		],
		[
			{ "plugins.ml_commons.global_tenant_id": "x" },
			"settings_exception",
			"final persistent setting [plugins.ml_commons.global_tenant_id], not updateable",
		],
	])("where %j is refused", async (wrong, type, reason) => {
		const answer = await put({ [one]: 7, ...wrong });
		expect(answer.status).toBe(400);
		expect(answer.json).toMatchObject({ error: { type, reason } });
		expect(await seen(sidecar)).toEqual({ persistent: {}, transient: {} });
	});

	it.each([
		[
			"disk_free_space_threshold",
			"indices.recovery.max_bytes_per_sec",
			["5", "x", "5xb", "1.5b", "1.5gb", "gb", "-5gb", "9999999999999tb"],
		],
		[
			"max_model_on_node",
			"cluster.routing.allocation.node_concurrent_recoveries",
			["x", "", 1.5, -1, 99_999_999_999, " 5", [1, 2]],
		],
		[
			"model_auto_redeploy_success_ratio",
			"indices.breaker.request.overhead",
			["x", "", "1e", " x ", -1, ["a"]],
		],
		["safe_delete_model", "cluster.blocks.read_only", ["x", "", 1, "TRUE"]],
	])(
		"where %s is refused as OpenSearch refuses %s, with the causes",
		async (name, like, values) => {
			const setting = `plugins.ml_commons.${name}`;
			for (const value of values) {
				const { text } = await sidecar.call("PUT", path, {
					persistent: { [setting]: value },
				});
				const own = await fetch(`${opensearchUrl()}${path}`, {
					method: "PUT",
					headers: { "content-type": "application/json" },
					body: JSON.stringify({ persistent: { [like]: value } }),
				});
				expect(own.status).toBe(400);
				expect(text.replaceAll(setting, like)).toBe(await own.text());
			}
		},
	);

	it("where OpenSearch does not know a parameter", async () => {
		const answer = await put({ [one]: 7 }, "?magic");
		expect(answer).toEqual(
			refusal(
				"illegal_argument_exception",
				"request [/_cluster/settings] contains unrecognized parameter: [magic]",
			),
		);
		expect(await seen(sidecar)).toEqual({ persistent: {}, transient: {} });
	});
});

describe("what does not concern the sidecar goes on as it is", () => {
	it("a GET while nothing is set, errors too", async () => {
		for (const query of ["", "?pretty", "?format=yaml", "?magic", "?local=x"]) {
			const direct = await fetch(`${opensearchUrl()}${path}${query}`);
			const proxied = await sidecar.call("GET", `${path}${query}`);
			expect(proxied.status).toBe(direct.status);
			expect(proxied.text).toBe(await direct.text());
		}
	});

	it("a body in gzip, and one that is none of the sidecar's", async () => {
		const send = (settings: unknown) =>
			fetch(`${sidecar.url}${path}`, {
				method: "PUT",
				headers: {
					"content-type": "application/json",
					"content-encoding": "gzip",
				},
				body: gzipSync(JSON.stringify({ persistent: settings })),
			});
		expect((await send({ [core]: 70_000 })).status).toBe(200);
		expect((await send({ [one]: 7 })).status).toBe(200);
		expect(await seen(sidecar)).toEqual({
			persistent: { [core]: "70000", [one]: "7" },
			transient: {},
		});
	});
});

describe("whoever asks for a setting within the sidecar", () => {
	it("has the value in force in its own type, also after changes made elsewhere", async () => {
		const client = createClient(
			loadSettings({ OPENSEARCH_URL: opensearchUrl() }),
			{ tls: { rejectUnauthorized: true }, credentials: "own" },
		);
		const settings = new ClusterSettingsService({
			store: new ConfigStore(client, new HiddenIndices(client)),
			announce: async () => undefined,
			logger: pino({ level: "silent" }),
		});
		try {
			expect(settings.get(one)).toBe(10);
			await put({ [one]: 7 });
			await settings.refresh();
			expect(settings.get(one)).toBe(7);
			await sidecar.call("PUT", path, { transient: { [one]: "8" } });
			await settings.refresh();
			expect(settings.get(one)).toBe(8);
			await put({ "plugins.ml_commons.disk_free_space_threshold": "1gb" });
			await settings.refresh();
			expect(settings.get("plugins.ml_commons.disk_free_space_threshold")).toBe(
				2 ** 30,
			);
			await reset();
			await settings.refresh();
			expect(settings.get(one)).toBe(10);
		} finally {
			await client.close();
		}
	});
});

describe("a client that looks for plugins", () => {
	const provided = ["opensearch-ml", "opensearch-neural-search"];

	it("finds those that the sidecar provides in the table", async () => {
		const { text } = await sidecar.call("GET", "/_cat/plugins?h=component");
		expect(text.split("\n")).toEqual(expect.arrayContaining(provided));
		const own = await fetch(`${opensearchUrl()}/_cat/plugins?h=component`);
		const left = text
			.split("\n")
			.filter((line) => !provided.includes(line))
			.join("\n");
		expect(left).toBe(await own.text());
	});

	it.each([
		"/_nodes",
		"/_nodes/plugins",
		"/_nodes/_local/plugins,os",
		"/_nodes/_all/info/plugins",
	])("finds them in the nodes: %s", async (nodes) => {
		const query = "?filter_path=nodes.*.plugins.name";
		const { text } = await sidecar.call("GET", `${nodes}${query}`);
		for (const name of provided) expect(text).toContain(`"${name}"`);
	});

	it.each([
		"/_nodes/http",
		"/_nodes/nobody",
		"/_nodes/plugins?magic",
		"/_nodes/stats/magic",
		"/_cat/plugins?help",
		"/_cat/plugins?v=x&pretty",
	])(
		"has OpenSearch's own answer where they are not in it: %s",
		async (url) => {
			const direct = await fetch(`${opensearchUrl()}${url}`);
			const proxied = await sidecar.call("GET", url);
			expect(proxied.status).toBe(direct.status);
			expect(proxied.text).toBe(await direct.text());
		},
	);
});
