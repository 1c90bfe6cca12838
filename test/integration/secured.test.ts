import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "pino";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Settings } from "../../schemas/settings.ts";
import { createLogger } from "../../sidecar/log.ts";
import { credentials, password, users } from "../helpers/secured-config.ts";
import {
	type SecuredOpenSearch,
	startSecured,
} from "../helpers/secured-opensearch.ts";
import {
	type SecuredSidecar,
	startSecuredSidecar,
} from "../helpers/secured-sidecar.ts";
import { deployMiniLm, removeModel } from "../helpers/sidecar.ts";

let folder: string;
let openSearch: SecuredOpenSearch;
let sidecar: SecuredSidecar;
let modelId: string;
const logged: string[] = [];
const undo: (() => Promise<void>)[] = [];

/** A sidecar before the secured cluster, which knows its authority unless told otherwise. */
async function listen(
	settings: Partial<Settings> = {},
	logger?: Logger,
): Promise<SecuredSidecar> {
	const started = await startSecuredSidecar(folder, {
		settings: {
			OPENSEARCH_URL: openSearch.url,
			OPENSEARCH_CA_FILE: join(folder, "ca.pem"),
			...settings,
		},
		...(logger && { logger }),
	});
	undo.push(started.close);
	return started;
}

/** Texts whose vectors were asked for so far, of a run or of what is kept. */
async function embeddedTexts(): Promise<number> {
	const { text } = await sidecar.as(undefined).call("GET", "/_sidecar/metrics");
	const counts = text.matchAll(
		/^sidecar_model_(?:spared_)?texts_total.* (\d+)$/gm,
	);
	let sum = 0;
	for (const [, count] of counts) sum += Number(count);
	if (sum === 0) throw new Error("no text was ever embedded");
	return sum;
}

/** The role that the README gives to the sidecar's own user. */
function readmeRole(): unknown {
	const readme = readFileSync(
		join(import.meta.dirname, "../../README.md"),
		"utf8",
	);
	const section = readme.slice(readme.indexOf("## A secured cluster"));
	const role = /```json\n([\s\S]*?)```/.exec(section)?.[1];
	if (role === undefined) throw new Error("the README has no role");
	return JSON.parse(role);
}

const indexer = {
	cluster_permissions: ["indices:data/write/bulk"],
	index_permissions: [{ index_patterns: ["books"], allowed_actions: ["crud"] }],
};
const books = {
	settings: { "index.knn": true, "index.default_pipeline": "embed" },
	mappings: {
		properties: {
			vector: {
				type: "knn_vector",
				dimension: 384,
				method: { name: "hnsw", engine: "lucene", space_type: "cosinesimil" },
			},
		},
	},
};

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "sidecar-secured-test-"));
	undo.push(() => rm(folder, { recursive: true, force: true }));
	openSearch = await startSecured({
		tls: true,
		report: (line) => process.stderr.write(`${line}\n`),
	});
	undo.push(() => openSearch.stop());
	await writeFile(join(folder, "ca.pem"), openSearch.ca);
	const roles = "/_plugins/_security/api/roles";
	await openSearch.call("admin", "PUT", `${roles}/ml_sidecar`, readmeRole());
	await openSearch.call("admin", "PUT", `${roles}/indexer`, indexer);

	const log = { write: (line: string) => logged.push(line) };
	sidecar = await listen({}, createLogger("trace", log));
	await sidecar.start();
	const admin = sidecar.as("admin");
	modelId = await deployMiniLm(admin, inject("minilm").int8);
	const embed = { model_id: modelId, field_map: { text: "vector" } };
	await admin.call("PUT", "/_ingest/pipeline/embed", {
		processors: [
			{ set: { field: "text", value: "{{{title}}}" } },
			{ text_embedding: embed },
		],
	});
	await admin.call("PUT", "/books", books);
});

afterAll(async () => {
	if (modelId !== undefined) await removeModel(sidecar.as("admin"), modelId);
	for (const step of undo.splice(0).reverse()) await step();
});

/** A user whom OpenSearch does not know. */
const stranger = "nobody-knows-me";
const predict = { text_docs: ["whale"] };

describe("the model API of a secured cluster", () => {
	it.each([undefined, stranger])(
		"sends %s away with OpenSearch's own 401",
		async (user) => {
			const path = `/_plugins/_ml/models/${modelId}`;
			const own = await sidecar.as(user).call("GET", "/_cluster/health");
			for (const answer of [
				await sidecar.as(user).call("GET", path),
				await sidecar.as(user).call("POST", `${path}/_predict`, predict),
			]) {
				expect(answer.status).toBe(401);
				expect(answer.text).toBe(own.text);
				for (const header of ["www-authenticate", "content-type"])
					expect(answer.headers.get(header)).toBe(own.headers.get(header));
			}
		},
	);

	it("shows a reader what there is", async () => {
		const path = `/_plugins/_ml/models/${modelId}`;
		const { status, json } = await sidecar.as("reader").call("GET", path);
		expect(status).toBe(200);
		expect(json).toMatchObject({ model_state: "DEPLOYED" });
	});

	it.each([
		["GET", "stats"],
		["GET", "profile"],
		["POST", "models/_search"],
		["POST", "model_groups/_search"],
		["POST", "tasks/_search"],
	])(
		"shows a reader %s %s, which the sidecar's own user may see, too",
		async (method, path) => {
			const url = `/_plugins/_ml/${path}`;
			const body = method === "POST" ? { query: { match_all: {} } } : undefined;
			const answer = await sidecar.as("reader").call(method, url, body);
			expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
		},
	);

	it.each([
		["POST", "_predict", "predict"],
		["POST", "_undeploy", "undeploy_models"],
		["POST", "_deploy", "deploy_model"],
		["POST", "upload_chunk/0", "upload_model_chunk"],
		["DELETE", "", "models/delete"],
	])("keeps a reader from %s %s", async (method, name, action) => {
		const path = `/_plugins/_ml/models/${modelId}${name && `/${name}`}`;
		const body = name === "_predict" ? predict : undefined;
		const answer = await sidecar.as("reader").call(method, path, body);
		const reason = `no permissions for [cluster:admin/opensearch/ml/${action}] and User [name=reader, backend_roles=[readers], requestedTenant=null]`;
		const cause = { type: "security_exception", reason };
		expect([answer.status, answer.json]).toEqual([
			403,
			{ error: { root_cause: [cause], ...cause }, status: 403 },
		]);
	});

	it("lets who has full access predict, and nobody without an ML role", async () => {
		const path = `/_plugins/_ml/models/${modelId}/_predict`;
		const writer = await sidecar.as("writer").call("POST", path, predict);
		expect(writer.status).toBe(200);
		const other = await sidecar.as("indexer").call("POST", path, predict);
		expect(other.status).toBe(403);
	});

	it("tells whom OpenSearch knows, and nobody else, that there is no such path or method", async () => {
		for (const [method, path, status] of [
			["GET", "/_plugins/_ml/no/such/path", 400],
			["PATCH", `/_plugins/_ml/models/${modelId}`, 405],
			["POST", "/_plugins/_ml/connectors/_create", 400],
		] as const) {
			const indexer = await sidecar.as("indexer").call(method, path);
			expect(indexer.status, path).toBe(status);
			const nobody = await sidecar.as(undefined).call(method, path);
			expect(nobody.status, path).toBe(401);
		}
	});

	it("lets nobody make it forget results who may not deploy", async () => {
		for (const path of [
			"/_sidecar/cache/_clear",
			`/_sidecar/models/${modelId}/cache/_clear`,
		]) {
			const reader = await sidecar.as("reader").call("POST", path);
			expect([reader.status, reader.text]).toEqual([
				403,
				expect.stringContaining(
					"no permissions for [cluster:admin/opensearch/ml/deploy_model]",
				),
			]);
			const nobody = await sidecar.as(undefined).call("POST", path);
			expect(nobody.status).toBe(401);
			const writer = await sidecar.as("writer").call("POST", path);
			expect(writer.status).toBe(200);
		}
	});

	it("leaves health and metrics open to who watches", async () => {
		for (const path of ["health/live", "health/ready", "metrics"]) {
			const answer = await sidecar
				.as(undefined)
				.call("GET", `/_sidecar/${path}`);
			expect(answer.status, path).toBe(200);
		}
	});
});

describe("what goes on to a secured cluster", () => {
	const lines = (id: string, title: string) =>
		`{"index":{"_index":"books","_id":"${id}"}}\n${JSON.stringify({ title })}\n`;
	const neural = (query_text = "sea adventure") => ({
		_source: ["title"],
		query: {
			neural: {
				vector: { query_text, model_id: modelId, k: 2 },
			},
		},
	});

	it("is written and found by a user who may do no more than that", async () => {
		const user = sidecar.as("indexer");
		const written = await user.call(
			"POST",
			"/_bulk?refresh=wait_for",
			lines("1", "A whale, and a captain who hunts it") +
				lines("2", "How to bake bread"),
		);
		expect(written.json).toMatchObject({ errors: false });
		const one = await user.call("PUT", "/books/_doc/3", { title: "A ship" });
		expect(one.status).toBe(201);
		const found = await user.call("POST", "/books/_search", neural());
		expect(found.json).toMatchObject({ hits: { hits: [{ _id: "1" }, {}] } });
	});

	it("is found by a hybrid query, through a search pipeline, by a user who may do no more than search", async () => {
		const pipeline = {
			phase_results_processors: [{ "normalization-processor": {} }],
		};
		const admin = sidecar.as("admin");
		const stored = await admin.call("PUT", "/_search/pipeline/both", pipeline);
		expect(stored.json).toEqual({ acknowledged: true });
		const { query } = neural();
		const hybrid = { queries: [{ match: { title: "bread" } }, query] };
		const found = await sidecar
			.as("indexer")
			.call("POST", "/books/_search?search_pipeline=both", {
				query: { hybrid },
			});
		expect(found.status, found.text).toBe(200);
		expect(found.json).toMatchObject({
			hits: { max_score: expect.any(Number), hits: [{}, {}] },
		});
	});

	it("is told of by nobody to a user who may not search it", async () => {
		const wrong = {
			query: { neural: { title: { query_text: "a", model_id: modelId } } },
		};
		const user = sidecar.as("reader");
		for (const path of ["/books/_search", "/_sidecar/rewrite/books/_search"]) {
			const { status, text } = await user.call("POST", path, wrong);
			expect(status, path).toBe(403);
			expect(text).toContain("no permissions for [indices:data/read/search]");
		}
	});

	it("is written to an index that does not exist yet, through its template's pipeline", async () => {
		const admin = sidecar.as("admin");
		const template = { index_patterns: ["shelf-*"], template: books };
		await admin.call("PUT", "/_index_template/shelves", template);
		const body = { title: "A lighthouse" };
		const { status } = await admin.call("PUT", "/shelf-1/_doc/1", body);
		expect(status).toBe(201);
		const { json } = await admin.call("GET", "/shelf-1/_doc/1");
		expect(json).toMatchObject({ _source: { vector: expect.any(Array) } });
	});

	it("is refused by OpenSearch for a user who may not, whatever the sidecar may", async () => {
		const user = sidecar.as("reader");
		const refused = { error: { type: "security_exception" }, status: 403 };
		for (const [method, path, body] of [
			["PUT", "/books/_doc/4", { title: "A secret" }],
			["POST", "/_bulk", lines("4", "A secret")],
			["POST", "/books/_search", neural()],
			["GET", "/_ingest/pipeline/embed", undefined],
			["PUT", "/_ingest/pipeline/embed", { processors: [] }],
			["GET", "/.ml-sidecar-model/_search", undefined],
		] as const)
			expect((await user.call(method, path, body)).json, path).toMatchObject(
				refused,
			);
	});

	it("is embedded for nobody whom OpenSearch does not know", async () => {
		const nobody = sidecar.as(undefined);
		const missing = { neural: { vector: { query_text: "a", model_id: "x" } } };
		const before = await embeddedTexts();
		for (const answer of [
			await nobody.call("PUT", "/books/_doc/5", { title: "Never said" }),
			await nobody.call("POST", "/_bulk", lines("5", "Never written")),
			await nobody.call("POST", "/books/_search", neural("never asked")),
			// Whether there is such a model is not for everyone to know.
			await nobody.call("POST", "/books/_search", { query: missing }),
		])
			expect([answer.status, answer.text]).toEqual([401, "Unauthorized"]);
		expect(await embeddedTexts()).toBe(before);
	});
});

describe("TLS to OpenSearch", () => {
	it("is refused to a server whose authority is not known, and said so", async () => {
		const stranger = await listen({ OPENSEARCH_CA_FILE: "" });
		const admin = stranger.as("admin");
		const passed = await admin.call("GET", "/_cluster/health");
		expect(passed.status).toBe(502);
		expect(passed.text).toContain("OpenSearch's certificate is not accepted");
		const own = await admin.call("GET", "/_plugins/_ml/models/x");
		expect(own.status).toBe(503);
		const ready = await admin.call("GET", "/_sidecar/health/ready");
		expect(ready.status).toBe(503);
		await stranger.close();
	});

	it("goes on without a check only where it was asked for, with a warning", async () => {
		const warnings: string[] = [];
		const careless = await listen(
			{ OPENSEARCH_CA_FILE: "", OPENSEARCH_TLS_VERIFY: false },
			createLogger("warn", { write: (line) => warnings.push(line) }),
		);
		const path = `/_plugins/_ml/models/${modelId}`;
		expect((await careless.as("reader").call("GET", path)).status).toBe(200);
		const health = await careless.as("admin").call("GET", "/_cluster/health");
		expect(health.status).toBe(200);
		expect(warnings.join()).toContain("OPENSEARCH_TLS_VERIFY");
		await careless.close();
	});
});

describe("a sidecar whose own user OpenSearch refuses", () => {
	it("shows nobody what its own user may not see", async () => {
		const wrong = await listen({ OPENSEARCH_PASSWORD: "wrong" });
		const path = `/_plugins/_ml/models/${modelId}`;
		expect((await wrong.as(undefined).call("GET", path)).status).toBe(401);
		expect((await wrong.as("admin").call("GET", path)).status).toBe(500);
		await wrong.close();
	});
});

describe("the log", () => {
	it("has no credentials in it, of clients or of the sidecar", () => {
		const text = logged.join("");
		expect(text).toContain("answered");
		expect(text).not.toContain(password);
		for (const user of [...Object.keys(users), stranger])
			expect(text).not.toContain(credentials(user).slice("Basic ".length));
	});
});
