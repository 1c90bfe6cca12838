import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { copyFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { pathToFileURL } from "node:url";
import { pino } from "pino";
import {
	afterAll,
	afterEach,
	beforeAll,
	expect,
	onTestFinished,
	test,
	vi,
} from "vitest";
import type { LoadedModel } from "../../sidecar/runtime/model-spec.ts";
import type { Runtime } from "../../sidecar/runtime/runtime.ts";
import { isAlive, RuntimeModels } from "../helpers/runtime-models.ts";

let models: RuntimeModels;
beforeAll(async () => {
	models = await RuntimeModels.create();
});
afterAll(() => models.close());
afterEach(() => vi.unstubAllEnvs());

const compiledRuntime = createRequire(import.meta.url).resolve(
	"#dist/sidecar/runtime/runtime.js",
);

function texts(count: number): string[] {
	return Array.from({ length: count }, (_, i) => `a wine of the year ${i}`);
}

function pidOf(model: LoadedModel): number {
	const { pid } = model.stats();
	if (pid === undefined) throw new Error("the model has no process");
	return pid;
}

/** Some patience: the machine may be busy. */
const patience = { timeout: 30_000, interval: 5 };

async function untilGone(pid: number): Promise<void> {
	await vi.waitFor(() => expect(isAlive(pid)).toBe(false), patience);
}

const hasProc = existsSync("/proc/self/task");

/** The processes of a model that this process has started. */
async function processesOf(modelId: string): Promise<number[]> {
	const threads = await readdir("/proc/self/task");
	const lists = await Promise.all(
		threads.map((id) => readFile(`/proc/self/task/${id}/children`, "utf8")),
	);
	const children = lists.flatMap((list) => list.match(/\d+/g) ?? []);
	const commands = await Promise.all(
		children.map(async (pid) => ({
			pid: Number(pid),
			// It may have ended since.
			line: await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""),
		})),
	);
	return commands
		.filter(({ line }) => line.endsWith(`\0${modelId}\0`))
		.map(({ pid }) => pid);
}

/** A stream that puts what is written into a list. */
function writableInto(lines: string[]): Writable {
	return new Writable({
		write(chunk, _encoding, done) {
			lines.push(String(chunk));
			done();
		},
	});
}

test("a model process that is killed in the middle of its work loses no request", async () => {
	const spec = await models.miniLm("int8");
	const model = await models.runtime().load("killed", spec);
	const expected = await model.embed(texts(400));
	const pid = pidOf(model);
	const calls = [
		model.embed(texts(400)),
		...texts(20).map((text) => model.embed([text], { lane: "search" })),
	];
	await vi.waitFor(
		() => expect(model.stats().texts).toBeGreaterThan(450),
		patience,
	);
	process.kill(pid, "SIGKILL");
	const [bulk, ...queries] = await Promise.all(calls);
	expect(bulk).toEqual(expected);
	expect(queries.flat()).toEqual(expected.slice(0, 20));
	expect(model.stats()).toMatchObject({
		state: "ready",
		restarts: 1,
		queued: { search: 0, ingest: 0 },
		failed: 0,
	});
	expect(pidOf(model)).not.toBe(pid);
});

test("a model whose process ends again and again is put aside, says why, and can be loaded anew", async () => {
	const failures: [string, string][] = [];
	const runtime = models.runtime({
		onFailed: (modelId, reason) => failures.push([modelId, reason]),
	});
	const spec = await models.miniLm("int8", { allocations: 1 });
	const model = await runtime.load("crashing", spec);
	for (let ends = 0; ends < 3; ends++) {
		await vi.waitFor(
			() => expect(model.stats()).toMatchObject({ state: "ready" }),
			patience,
		);
		const pid = pidOf(model);
		process.kill(pid, "SIGKILL");
		await vi.waitFor(() => expect(model.stats().pid).not.toBe(pid), patience);
	}
	await vi.waitFor(() => expect(failures).toHaveLength(1), patience);
	const reason = expect.stringMatching(/put aside.*SIGKILL/);
	expect(failures).toEqual([["crashing", reason]]);
	expect(runtime.get("crashing")).toBe(model);
	await expect(model.embed(["a"])).rejects.toMatchObject({
		code: "inference_failed",
		message: reason,
	});
	const again = await runtime.load("crashing", spec);
	await expect(again.embed(["a"])).resolves.toHaveLength(1);
});

test("a sidecar that is killed leaves no model process behind", async () => {
	const spec = await models.miniLm("int8");
	const script = `
		const { Runtime } = await import(${JSON.stringify(pathToFileURL(compiledRuntime).href)});
		const { pino } = await import("pino");
		const runtime = new Runtime({ logger: pino({ level: "silent" }), startTimeoutMs: 60000 });
		const model = await runtime.load("orphan", ${JSON.stringify(spec)});
		console.log(model.stats().pid);
		for (;;) await model.embed(Array(100).fill("work that never ends"));`;
	const sidecar = spawn(
		process.execPath,
		["--input-type=module", "--eval", script],
		{ stdio: ["ignore", "pipe", "inherit"] },
	);
	const [line] = await once(createInterface(sidecar.stdout), "line");
	const pid = Number(line);
	onTestFinished(() => {
		if (isAlive(pid)) process.kill(pid, "SIGKILL");
	});
	expect(isAlive(pid)).toBe(true);
	sidecar.kill("SIGKILL");
	await untilGone(pid);
});

test("an unloaded model's process is gone, and who waits for it is told so", async () => {
	const runtime = models.runtime({ queueCapacity: 2_000 });
	const model = await runtime.load("gone", await models.miniLm("int8"));
	const pid = pidOf(model);
	const waiting = model.embed(texts(2_000));
	const told = expect(waiting).rejects.toMatchObject({
		code: "bad_state",
		message: "model gone has been unloaded",
	});
	expect(await runtime.unload("gone")).toBe(true);
	expect(isAlive(pid)).toBe(false);
	await told;
	expect(runtime.get("gone")).toBeUndefined();
	expect(await runtime.unload("gone")).toBe(false);
});

test("a model that is unloaded while it loads does not come back", async () => {
	const runtime = models.runtime();
	const loading = runtime.load("early", await models.miniLm("fp32"));
	const told = expect(loading).rejects.toMatchObject({ code: "bad_state" });
	expect(runtime.loading("early")).toBe(loading);
	expect(await runtime.unload("early")).toBe(true);
	await told;
	expect(runtime.get("early")).toBeUndefined();
	expect(runtime.loading("early")).toBeUndefined();
});

test("a model answers from its first allocation on, and the others join it", async () => {
	const spec = await models.miniLm("fp32", { allocations: 3 });
	const model = await models.runtime().load("joined", spec);
	expect(model.stats().allocations).toBe(1);
	const alone = await model.embed(texts(3));
	await vi.waitFor(() => expect(model.stats().allocations).toBe(3), patience);
	expect(await model.embed(texts(3))).toEqual(alone);
});

test("a model whose later allocation cannot be had serves with those it has, and says how many in the log", async () => {
	const lines: string[] = [];
	const runtime = models.runtime({ logger: pino({}, writableInto(lines)) });
	// A prepared model would not be read from this file again.
	const { preparation: _, ...spec } = await models.miniLm("int8", {
		allocations: 64,
	});
	const modelPath = join(spec.modelPath, "..", "vanishing.onnx");
	await copyFile(spec.modelPath, modelPath);
	const model = await runtime.load("fewer", { ...spec, modelPath });
	await rm(modelPath);
	await vi.waitFor(
		() =>
			expect(lines.join("")).toMatch(
				/"modelId":"fewer".*the model runs with \d+ of 64 allocations: ONNX Runtime cannot load/,
			),
		patience,
	);
	const { allocations } = model.stats();
	expect(lines.join("")).toContain(`runs with ${allocations} of 64`);
	await expect(model.embed(texts(20))).resolves.toHaveLength(20);
	expect(model.stats()).toMatchObject({ state: "ready", restarts: 0 });
});

test.runIf(hasProc)(
	"a process that was started before its model's files were there takes the model",
	async () => {
		const runtime = models.runtime();
		const spec = await models.miniLm("int8");
		runtime.prepare("prepared");
		const pids = await processesOf("prepared");
		expect(pids).toHaveLength(1);
		const model = await runtime.load("prepared", spec);
		expect([pidOf(model)]).toEqual(pids);
		expect(await processesOf("prepared")).toEqual(pids);
	},
);

test.runIf(hasProc).each([
	["cannot be had", (runtime: Runtime) => runtime.discard("waste")],
	["are of an unloaded model", (runtime: Runtime) => runtime.unload("waste")],
	["come after the end", (runtime: Runtime) => runtime.close()],
])("a process that waits for files that %s does not stay", async (_, end) => {
	const runtime = models.runtime();
	runtime.prepare("waste");
	expect(await processesOf("waste")).toHaveLength(1);
	await end(runtime);
	expect(await processesOf("waste")).toEqual([]);
});

test.runIf(hasProc)(
	"a process that is killed while it waits for its model's files is replaced",
	async () => {
		const runtime = models.runtime();
		const spec = await models.miniLm("int8");
		runtime.prepare("replaced");
		const [pid = 0] = await processesOf("replaced");
		process.kill(pid, "SIGKILL");
		await vi.waitFor(
			async () => expect(await processesOf("replaced")).toEqual([]),
			patience,
		);
		const model = await runtime.load("replaced", spec);
		await expect(model.embed(["a"])).resolves.toHaveLength(1);
	},
);

test("two who load a model get one process", async () => {
	const runtime = models.runtime();
	const spec = await models.miniLm("int8");
	const [one, two] = await Promise.all([
		runtime.load("shared", spec),
		runtime.load("shared", spec),
	]);
	expect(one).toBe(two);
	expect(await runtime.load("shared", spec)).toBe(one);
	expect(runtime.get("shared")).toBe(one);
	expect(runtime.ids()).toEqual(["shared"]);
});

test("a closed runtime has no process left and starts none", async () => {
	const runtime = models.runtime();
	const spec = await models.miniLm("int8");
	const model = await runtime.load("last", spec);
	const pid = pidOf(model);
	await runtime.close();
	expect(isAlive(pid)).toBe(false);
	await expect(runtime.load("late", spec)).rejects.toMatchObject({
		code: "bad_state",
	});
});

test("a query overtakes thousands of documents that wait", async () => {
	const spec = await models.miniLm("int8", { allocations: 1 });
	const runtime = models.runtime({ queueCapacity: 3_000 });
	const model = await runtime.load("lanes", spec);
	const documents = model.embed(texts(3_000));
	await vi.waitFor(
		() => expect(model.stats().texts).toBeGreaterThan(20),
		patience,
	);
	for (const text of texts(20)) await model.embed([text], { lane: "search" });
	// Each of the 20 waited for a document or two, not for the queue.
	expect(model.stats().queued.ingest).toBeGreaterThan(2_500);
	await expect(documents).resolves.toHaveLength(3_000);
});

test("an abandoned request leaves the queue, and the next one does not wait for it", async () => {
	const spec = await models.miniLm("int8", { allocations: 1 });
	const runtime = models.runtime({ queueCapacity: 5_000 });
	const model = await runtime.load("abort", spec);
	const controller = new AbortController();
	const { signal } = controller;
	const abandoned = model.embed(texts(5_000), { signal });
	const told = expect(abandoned).rejects.toThrow("client left");
	await vi.waitFor(
		() => expect(model.stats().texts).toBeGreaterThan(5),
		patience,
	);
	controller.abort(new Error("client left"));
	await told;
	expect(model.stats().queued.ingest).toBe(0);
	await model.embed(["the next"]);
	expect(model.stats().texts).toBeLessThan(1_000);
});

test("a full queue says so at once", async () => {
	const runtime = models.runtime({ queueCapacity: 100 });
	const model = await runtime.load("full", await models.miniLm("int8"));
	const first = model.embed(texts(100));
	await expect(model.embed(["one more"])).rejects.toMatchObject({
		code: "too_many_requests",
		status: 429,
	});
	await expect(first).resolves.toHaveLength(100);
	await expect(model.embed(["one more"])).resolves.toHaveLength(1);
});

test("a text that this model cannot read fails alone, with the reason", async () => {
	const spec = await models.miniLm("int8");
	const model = await models.runtime().load("huge", spec);
	const huge = "w".repeat(1_000_001);
	await expect(model.embed(["fine", huge])).rejects.toMatchObject({
		code: "too_large",
		message: expect.stringContaining("1000001 characters"),
	});
	await expect(model.embed(["fine"])).resolves.toHaveLength(1);
	expect(model.stats()).toMatchObject({
		restarts: 0,
		queued: { search: 0, ingest: 0 },
	});
});

test.each([
	[
		"another dimension than configured",
		{ dimension: 768 },
		/^model output has dimension 384, but embedding_dimension is 768$/,
	],
	[
		"no pooled output for NONE",
		{ poolingMode: "NONE" as const },
		/pooling_mode NONE needs/,
	],
	[
		"fewer positions than its window",
		{ maxLength: 600 },
		/cannot run a text of 600 tokens/,
	],
	[
		"a window without room for a token",
		{ maxLength: 2 },
		/no room beside 2 special tokens/,
	],
])(
	"a model with %s is refused when it is loaded",
	async (_, overrides, reason) => {
		const runtime = models.runtime();
		const spec = await models.miniLm("int8", overrides);
		await expect(runtime.load("wrong", spec)).rejects.toMatchObject({
			code: "bad_request",
			message: expect.stringMatching(reason),
		});
		expect(runtime.get("wrong")).toBeUndefined();
		expect(runtime.loading("wrong")).toBeUndefined();
	},
);

test("a file that is no ONNX model is refused with ONNX Runtime's reason", async () => {
	const spec = await models.miniLm("int8");
	const modelPath = join(spec.modelPath, "..", "nonsense.onnx");
	await writeFile(modelPath, "this is no model");
	const loading = models.runtime().load("bad", { ...spec, modelPath });
	await expect(loading).rejects.toMatchObject({
		code: "bad_request",
		message: expect.stringMatching(/ONNX Runtime cannot load the model: .+/),
	});
});

test("a model that does not start in time is given up, its process too", async () => {
	const runtime = models.runtime({ startTimeoutMs: 5 });
	const loading = runtime.load("slow", await models.miniLm("fp32"));
	await expect(loading).rejects.toMatchObject({
		code: "inference_failed",
		message: "model process was not ready within 5 ms",
	});
	expect(runtime.loading("slow")).toBeUndefined();
});

test("Ctrl-C, which reaches every process of a terminal, does not end a model before the sidecar says so", async () => {
	const model = await models
		.runtime()
		.load("signals", await models.miniLm("int8"));
	const pid = pidOf(model);
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
		process.kill(pid, signal);
		await model.embed(["still there"]);
	}
	expect(model.stats()).toMatchObject({ pid, restarts: 0 });
});

test("what a model process prints is in the log, with its model", async () => {
	const lines: string[] = [];
	const runtime = models.runtime({ logger: pino({}, writableInto(lines)) });
	const model = await runtime.load("talking", await models.miniLm("int8"));
	// Node prints a line about its debugger on this signal.
	process.kill(pidOf(model), "SIGUSR1");
	await vi.waitFor(
		() =>
			expect(lines.join("")).toMatch(
				/"modelId":"talking".*inspector|"modelId":"talking".*Debugger/,
			),
		patience,
	);
});

test.runIf(existsSync("/proc/self/environ"))(
	"the password of OpenSearch is not in a process that runs foreign models",
	async () => {
		vi.stubEnv("OPENSEARCH_PASSWORD", "a secret");
		const runtime = models.runtime();
		const model = await runtime.load("env", await models.miniLm("int8"));
		const environ = await readFile(`/proc/${pidOf(model)}/environ`, "utf8");
		expect(environ).toContain("PATH=");
		expect(environ).not.toContain("secret");
		expect(environ).not.toContain("OPENSEARCH");
	},
);
