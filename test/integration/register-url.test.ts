import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import {
	copyFile,
	mkdir,
	mkdtemp,
	readdir,
	rm,
	writeFile,
} from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { callOpenSearch, uniqueName } from "../helpers/opensearch.ts";
import { listening } from "../helpers/proxy-wire.ts";
import {
	type Answer,
	deploy,
	finishedTask,
	miniLmMeta,
	removeModel,
	startSidecar,
	type TestSidecar,
	textAt,
} from "../helpers/sidecar.ts";

const base = "/_plugins/_ml";
const { int8 } = inject("minilm");
const setting = "plugins.ml_commons.";
let folder: string;
let sidecar: TestSidecar;
let server: Server;
let origin: string;
/** How many requests the server answered with the whole archive, or a part of it. */
let served: number;

/** Serves the archive; the first connection breaks in the middle. */
function startServer(): Server {
	served = 0;
	return createServer((request, response) => {
		if (request.url !== "/m.zip?token=secret")
			return void response.writeHead(404).end();
		const first = Number(/\d+/.exec(request.headers.range ?? "")?.[0] ?? 0);
		const size = int8.sizeBytes;
		response.writeHead(first > 0 ? 206 : 200, {
			etag: '"1"',
			"content-length": size - first,
			...(first > 0 && {
				"content-range": `bytes ${first}-${size - 1}/${size}`,
			}),
		});
		const breaks = served++ === 0;
		createReadStream(int8.zipPath, {
			start: first,
			...(breaks && { end: 5_000_000 }),
		})
			.on("end", () => breaks && response.destroy())
			.pipe(response, { end: !breaks });
	});
}

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "register-url-test-"));
	sidecar = await startSidecar(
		{
			SIDECAR_DOWNLOAD_PRIVATE_ADDRESSES: true,
			SIDECAR_PRETRAINED_URL: pathToFileURL(join(folder, "pretrained")).href,
		},
		{ folder: join(folder, "cache") },
	);
	await change({ allow_registering_model_via_url: true });
	server = startServer();
	origin = `http://127.0.0.1:${await listening(server)}`;
});
afterAll(async () => {
	await change({
		allow_registering_model_via_url: null,
		max_register_model_tasks_per_node: null,
	});
	server.closeAllConnections();
	server.close();
	await sidecar.close();
	await rm(folder, { recursive: true });
});

async function change(settings: Record<string, unknown>) {
	const persistent = Object.fromEntries(
		Object.entries(settings).map(([name, value]) => [setting + name, value]),
	);
	const { text, status } = await sidecar.call("PUT", "/_cluster/settings", {
		persistent,
	});
	if (status !== 200) throw new Error(text);
}

/** A registration of all-MiniLM-L6-v2 from its file. */
function request(changes: object = {}) {
	const { total_chunks, model_content_size_in_bytes, ...meta } = miniLmMeta(
		int8,
		uniqueName("by-url"),
	);
	return { ...meta, url: pathToFileURL(int8.zipPath).href, ...changes };
}

function post(
	body?: unknown,
	path = "_register",
	on = sidecar,
): Promise<Answer> {
	return on.call("POST", `${base}/models/${path}`, body);
}

async function register(body: unknown, path?: string, on?: TestSidecar) {
	const { json, text } = await post(body, path, on);
	expect(json, text).toEqual({
		task_id: expect.any(String),
		status: "CREATED",
	});
	return textAt(json, "task_id");
}

/** Registers, and waits for the end. @returns the task */
async function registered(body: unknown, path?: string): Promise<unknown> {
	return finishedTask(sidecar, await register(body, path));
}

/** Everything that the sidecars store but tasks and signs of life, and what is on its way on disk. */
async function traces() {
	await callOpenSearch("POST", "/.ml-sidecar-*/_refresh?expand_wildcards=all");
	const found = Object(
		await callOpenSearch(
			"POST",
			"/.ml-sidecar-*,-.ml-sidecar-task,-.ml-sidecar-node,-.ml-sidecar-config/_search?expand_wildcards=all",
			{ size: 1_000, _source: false },
		),
	);
	const indices = Object(
		await callOpenSearch("GET", "/.ml-sidecar-chunks-*?expand_wildcards=all"),
	);
	const downloads = join(folder, "cache", "downloads", "test-node");
	return {
		documents: found.hits.hits
			.map((hit: { _index: string; _id: string }) => `${hit._index}/${hit._id}`)
			.sort(),
		indices: Object.keys(indices).sort(),
		files: await readdir(downloads),
	};
}

/** The id of a model of this name that is being registered. */
async function registeringId(name: string): Promise<string> {
	for (;;) {
		const found = Object(
			await callOpenSearch("POST", "/.ml-sidecar-model/_search", {
				query: { term: { "name.keyword": name } },
			}),
		);
		if (found.hits.hits.length > 0) return found.hits.hits[0]._id;
	}
}

async function predicts(id: string) {
	const { status, text } = await sidecar.call(
		"POST",
		`${base}/models/${id}/_predict`,
		{ text_docs: ["hello"] },
	);
	expect(status, text).toBe(200);
}

describe("a model by URL", () => {
	it("out of a file is registered with all that was said of it, and runs", async () => {
		const body = request({
			description: "d",
			is_enabled: true,
			rate_limiter: { limit: "4000", unit: "MINUTES" },
			deploy_setting: { is_auto_deploy_enabled: true },
			interface: { input: "{}", output: "{}" },
		});
		const taskId = await register(body);
		const early = await sidecar.call("GET", `${base}/tasks/${taskId}`);
		expect(early.json).toMatchObject({ state: "CREATED" });
		expect(early.json).not.toHaveProperty("model_id");
		const task = await finishedTask(sidecar, taskId);
		expect(task).toEqual({
			model_id: expect.any(String),
			task_type: "REGISTER_MODEL",
			function_name: "TEXT_EMBEDDING",
			state: "COMPLETED",
			worker_node: ["test-node"],
			create_time: expect.any(Number),
			last_update_time: expect.any(Number),
			is_async: true,
		});
		const id = textAt(task, "model_id");
		const { json } = await sidecar.call("GET", `${base}/models/${id}`);
		expect(json).toMatchObject({
			name: body.name,
			model_version: "1",
			model_group_id: expect.any(String),
			model_state: "REGISTERED",
			description: "d",
			is_enabled: true,
			rate_limiter: { limit: "4000", unit: "MINUTES" },
			deploy_setting: { is_auto_deploy_enabled: true, model_ttl_minutes: -1 },
			interface: { input: "{}", output: "{}" },
			model_content_size_in_bytes: int8.sizeBytes,
			model_content_hash_value: int8.sha256,
			total_chunks: 3,
		});
		expect(await deploy(sidecar, id)).toMatchObject({ state: "COMPLETED" });
		await predicts(id);
		await removeModel(sidecar, id);
	});

	it("over HTTP, through a broken connection, is deployed as well if asked to", async () => {
		const url = `${origin}/m.zip?token=secret`;
		const task = await registered(request({ url }), "_upload?deploy=true");
		expect(task).toMatchObject({ state: "COMPLETED" });
		expect(served).toBe(2);
		const id = textAt(task, "model_id");
		// It takes a task of its own, begun after this one has ended.
		let state = "";
		while (!["DEPLOYED", "DEPLOY_FAILED"].includes(state)) {
			const { json } = await sidecar.call("GET", `${base}/models/${id}`);
			state = textAt(json, "model_state");
		}
		await predicts(id);
		await removeModel(sidecar, id);
	});

	it("may be asked for with an id and a version in the path, which say nothing", async () => {
		const task = await registered(request(), "an-id/1.0/_register");
		await removeModel(sidecar, textAt(task, "model_id"));
	});

	it("of a name that is there is the next version in its group", async () => {
		const body = request();
		const ids = [];
		const versions = [];
		for (let n = 0; n < 2; n++) {
			const id = textAt(await registered(body), "model_id");
			const { json } = await sidecar.call("GET", `${base}/models/${id}`);
			ids.push(id);
			versions.push(textAt(json, "model_version"));
		}
		expect(versions).toEqual(["1", "2"]);
		for (const id of ids) await removeModel(sidecar, id);
	});
});

describe("a pretrained model", () => {
	const name = "huggingface/sentence-transformers/all-MiniLM-L6-v2";

	it("is known by name and version", async () => {
		const home = join(folder, "pretrained", name, "1.0.2", "onnx");
		await mkdir(home, { recursive: true });
		await copyFile(
			int8.zipPath,
			join(home, "sentence-transformers_all-MiniLM-L6-v2-1.0.2-onnx.zip"),
		);
		const { model_config, model_content_hash_value } = miniLmMeta(int8);
		await writeFile(
			join(home, "config.json"),
			JSON.stringify({
				name,
				version: "1.0.2",
				description: "from the list",
				model_task_type: "TEXT_EMBEDDING",
				model_format: "ONNX",
				model_content_hash_value,
				model_config,
			}),
		);
		const task = await registered({
			name,
			version: "1.0.2",
			model_format: "ONNX",
		});
		const id = textAt(task, "model_id");
		const { json } = await sidecar.call("GET", `${base}/models/${id}`);
		expect(json).toMatchObject({
			name,
			description: "from the list",
			model_state: "REGISTERED",
			model_config: { embedding_dimension: 384 },
		});
		await removeModel(sidecar, id);
	});

	it.each([
		{ name, version: "9.9.9" },
		{ name },
		{ name: "nobody/knows", version: "1" },
		{ name: "../../secret", version: "1" },
	])("is not on the list: %j", async (asked) => {
		expect(await registered({ ...asked, model_format: "onnx" })).toMatchObject({
			state: "FAILED",
			error:
				"This model is not in the pre-trained model list, please check your parameters.",
		});
	});
});

describe("a registration that fails has its reason in the task, and leaves nothing", () => {
	/** A file that is no model, and its hash. */
	async function file(content: string) {
		const path = join(folder, uniqueName("file"));
		await writeFile(path, content);
		return {
			url: pathToFileURL(path).href,
			model_content_hash_value: createHash("sha256")
				.update(content)
				.digest("hex"),
		};
	}

	it.each<[string, () => object | Promise<object>, string | RegExp]>([
		[
			"another hash",
			() => ({ model_content_hash_value: "0".repeat(64) }),
			"model content changed",
		],
		[
			"no hash at all",
			() => ({ model_content_hash_value: "00" }),
			"model content changed",
		],
		[
			"no hash given",
			() => ({ model_content_hash_value: undefined }),
			"Model content Hash code need to be provided when register via url. Please calculate sha 256 Hash code.",
		],
		["no archive", () => file("text"), /^Model archive cannot be read/],
		[
			"no file",
			() => ({ url: "file:///no/such/file.zip" }),
			"file:///no/such/file.zip can't be opened (ENOENT)",
		],
		[
			"nothing at the URL",
			() => ({ url: `${origin}/none?token=secret` }),
			/^http:\/\/127\.0\.0\.1:\d+\/none answers with status 404$/,
		],
		[
			"a group that is not there",
			() => ({ model_group_id: "unknown" }),
			"Model group not found",
		],
	])("%s", async (_name, changes, error) => {
		const before = await traces();
		const task = await registered(request(await changes()));
		expect(task).toMatchObject({
			state: "FAILED",
			error: typeof error === "string" ? error : expect.stringMatching(error),
		});
		expect(task).not.toHaveProperty("model_id");
		expect(await traces()).toEqual(before);
	});

	it("too many at a time", async () => {
		await change({ max_register_model_tasks_per_node: 0 });
		expect(await registered(request())).toMatchObject({
			state: "FAILED",
			error: "exceed max running task limit",
		});
		await change({ max_register_model_tasks_per_node: null });
	});

	it.each([1, 1e9])(
		"a model that is deleted meanwhile (large from %d bytes on)",
		async (SIDECAR_LARGE_MODEL_BYTES) => {
			const other = await startSidecar({ SIDECAR_LARGE_MODEL_BYTES });
			try {
				const before = await traces();
				const body = request();
				const taskId = await register(body, "_register", other);
				const id = await registeringId(body.name);
				const deleted = await other.call("DELETE", `${base}/models/${id}`);
				expect(deleted.status, deleted.text).toBe(200);
				expect(await finishedTask(other, taskId)).toMatchObject({
					state: "FAILED",
					error: "the model was deleted before it was registered",
				});
				expect(await traces()).toEqual(before);
			} finally {
				await other.close();
			}
		},
	);

	it("a sidecar that is stopped meanwhile", async () => {
		const cache = join(folder, "stopped");
		const other = await startSidecar(
			{ SIDECAR_LARGE_MODEL_BYTES: 1 },
			{ folder: cache },
		);
		const before = await traces();
		const body = request();
		const taskId = await register(body, "_register", other);
		await registeringId(body.name);
		await other.close();
		const { json } = await sidecar.call("GET", `${base}/tasks/${taskId}`);
		expect(json).toMatchObject({
			state: "FAILED",
			error: "the sidecar was stopped",
		});
		expect(await traces()).toEqual(before);
		const [own = ""] = await readdir(join(cache, "downloads"));
		expect(await readdir(join(cache, "downloads", own))).toEqual([]);
	});

	it("an address of the sidecar's own network, unless it is allowed", async () => {
		const other = await startSidecar();
		try {
			const body = request({ url: `${origin}/m.zip?token=secret` });
			const task = await finishedTask(
				other,
				await register(body, "_register", other),
			);
			expect(textAt(task, "error")).toMatch(
				/^127\.0\.0\.1 has no public address/,
			);
		} finally {
			await other.close();
		}
	});
});

describe("what is refused at once, in ml-commons' words", () => {
	const config = miniLmMeta(int8).model_config;

	it.each<[string, object | undefined, string, string?]>([
		["no body", undefined, "request body is required", "parse_exception"],
		["no name", {}, "model name is null"],
		["no format", { name: "n" }, "model format is null"],
		["a wrong format", request({ model_format: "X" }), "Wrong model format"],
		[
			"a wrong function",
			request({ function_name: "MAGIC" }),
			"Wrong function name",
		],
		[
			"no configuration",
			request({ model_config: undefined }),
			"model config is null",
		],
		[
			"a wrong configuration",
			request({ model_config: { ...config, framework_type: "x" } }),
			"Wrong framework type",
		],
		[
			"a blank name",
			request({ name: " " }),
			"Validation Failed: 1: Model name is required and cannot be null or blank;",
			"action_request_validation_exception",
		],
		[
			"a wrong limit",
			request({ rate_limiter: { limit: "x", unit: "MINUTES" } }),
			"Limit field must be a positive number.",
			"parse_exception",
		],
		["no URL", request({ url: "foo" }), "URL can't match trusted url regex"],
		["an empty URL", request({ url: "" }), "URL can't match trusted url regex"],
	])("%s", async (_name, body, reason, type = "illegal_argument_exception") => {
		const { status, json } = await post(body);
		expect(json).toMatchObject({ status: 400, error: { type, reason } });
		expect(status).toBe(400);
	});

	it("a flag that is none", async () => {
		const { json } = await post(request(), "_register?deploy=foo");
		expect(json).toMatchObject({
			status: 400,
			error: {
				reason:
					"Failed to parse value [foo] as only [true] or [false] are allowed.",
			},
		});
	});

	it("a URL, where the cluster does not allow any", async () => {
		await change({ allow_registering_model_via_url: null });
		const { json } = await post(request({ url: "foo" }));
		expect(json).toMatchObject({
			status: 400,
			error: {
				reason:
					"To upload custom model user needs to enable allow_registering_model_via_url settings. Otherwise please use OpenSearch pre-trained models.",
			},
		});
		await change({ allow_registering_model_via_url: true });
	});
});
