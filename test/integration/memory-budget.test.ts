import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Writable } from "node:stream";
import { pino } from "pino";
import {
	afterAll,
	beforeAll,
	beforeEach,
	expect,
	onTestFinished,
	test,
	vi,
} from "vitest";
import { memoryNeed } from "../../sidecar/runtime/memory/memory-need.ts";
import { MemoryRecord } from "../../sidecar/runtime/memory/memory-record.ts";
import type {
	LoadedModel,
	TextEmbeddingSpec,
} from "../../sidecar/runtime/model-spec.ts";
import type { RuntimeOptions } from "../../sidecar/runtime/runtime.ts";
import { RuntimeStopped } from "../../sidecar/runtime/runtime-stopped.ts";
import { isAlive, RuntimeModels } from "../helpers/runtime-models.ts";

let models: RuntimeModels;
let spec: TextEmbeddingSpec;
/** What one of the models needs, bytes. */
let need: number;

beforeAll(async () => {
	models = await RuntimeModels.create();
	spec = await models.miniLm("int8", { allocations: 1 });
});
// Every test begins with what is estimated.
beforeEach(async () => {
	await rm(recordOf(spec), { force: true });
	need = (await memoryNeed(spec)).bytes;
});
afterAll(() => models.close());

function recordOf({ modelPath }: TextEmbeddingSpec): string {
	return join(dirname(modelPath), "memory.json");
}

/** A runtime whose budget holds so many models and a half. */
function runtimeFor(count: number, options: Partial<RuntimeOptions> = {}) {
	const evicted: string[] = [];
	const runtime = models.runtime({
		memoryBytes: Math.floor((count + 0.5) * need),
		queueCapacity: 16_384,
		queueTokens: 16_000_000,
		onEvicted: (modelId) => evicted.push(modelId),
		...options,
	});
	onTestFinished(() => runtime.close());
	return { runtime, evicted };
}

function texts(count: number): string[] {
	return Array.from({ length: count }, (_, i) => `a wine of the year ${i}`);
}

function pidOf(model: LoadedModel): number {
	const { pid } = model.stats();
	if (pid === undefined) throw new Error("the model has no process");
	return pid;
}

const patience = { timeout: 15_000, interval: 5 };

/** What a promise rejects with. */
async function rejection(promise: Promise<unknown>): Promise<unknown> {
	return promise.then(
		() => expect.unreachable("it was fulfilled"),
		(error: unknown) => error,
	);
}

test("the least recently used model makes room, and one that is used again in between does not", async () => {
	const { runtime, evicted } = runtimeFor(2);
	const first = await runtime.load("first", spec);
	const second = await runtime.load("second", spec);
	const pid = pidOf(second);
	await first.embed(["used again"]);
	await runtime.load("third", spec);
	expect(evicted).toEqual(["second"]);
	expect(isAlive(pid)).toBe(false);
	expect(runtime.get("second")).toBeUndefined();
	expect(runtime.ids().sort()).toEqual(["first", "third"]);
	await expect(first.embed(["still here"])).resolves.toHaveLength(1);
	// Whoever wants it again gets it again, in place of what is now the oldest.
	const again = await runtime.load("second", spec);
	await expect(again.embed(["back"])).resolves.toHaveLength(1);
	expect(evicted).toEqual(["second", "third"]);
});

test("a model that has to leave answers everything that it was given, and its room is taken only then", async () => {
	const { runtime, evicted } = runtimeFor(1);
	const busy = await runtime.load("busy", spec);
	const pid = pidOf(busy);
	const many = busy.embed(texts(500));
	const next = runtime.load("next", spec);
	await vi.waitFor(() => expect(evicted).toEqual(["busy"]), patience);
	expect(runtime.get("busy")).toBeUndefined();
	expect(runtime.files()).toEqual([spec.modelPath, spec.modelPath]);
	let isThere = false;
	void next.then(() => {
		isThere = true;
	});
	await expect(many).resolves.toHaveLength(500);
	expect(isThere).toBe(false);
	const model = await next;
	expect(isAlive(pid)).toBe(false);
	await expect(model.embed(["a"])).resolves.toHaveLength(1);
});

test("models without work leave before one that works, however long ago that was begun", async () => {
	const { runtime, evicted } = runtimeFor(2);
	const busy = await runtime.load("busy", spec);
	const many = busy.embed(texts(500));
	const idle = await runtime.load("idle", spec);
	await idle.embed(["used later than the other"]);
	await runtime.load("next", spec);
	expect(evicted).toEqual(["idle"]);
	await expect(many).resolves.toHaveLength(500);
});

test("a model that is wanted while it leaves comes back in one piece, and once for all who want it", async () => {
	const { runtime, evicted } = runtimeFor(2);
	const leaving = await runtime.load("leaving", spec);
	const pid = pidOf(leaving);
	const other = await runtime.load("other", spec);
	const many = [leaving.embed(texts(300)), other.embed(texts(300))];
	const next = runtime.load("next", spec);
	await vi.waitFor(() => expect(evicted).toEqual(["leaving"]), patience);
	const [one, two] = await Promise.all([
		runtime.load("leaving", spec),
		runtime.load("leaving", spec),
		next,
	]);
	expect(one).toBe(two);
	expect(one).not.toBe(leaving);
	expect(isAlive(pid)).toBe(false);
	await expect(Promise.all(many)).resolves.toHaveLength(2);
	await expect(one?.embed(["a"])).resolves.toHaveLength(1);
});

test("a model that can have no room is refused with the numbers, and nobody leaves for it", async () => {
	const { runtime, evicted } = runtimeFor(1);
	await runtime.load("small", spec);
	const many = { ...spec, allocations: 40 };
	const { bytes } = await memoryNeed(many);
	const error = await rejection(runtime.load("large", many));
	expect(error).toMatchObject({ code: "circuit_open", status: 429 });
	expect(String(error)).toContain(`needs ${bytes} bytes`);
	expect(String(error)).toContain(`models may have ${Math.floor(1.5 * need)}`);
	expect(String(error)).toContain(`the others have ${need}`);
	expect(runtime.ids()).toEqual(["small"]);
	expect(runtime.loading("large")).toBeUndefined();
	expect(evicted).toEqual([]);
});

test("what is being loaded has its room: a second load at the same time does not take it, and is told by whom", async () => {
	const { runtime } = runtimeFor(1);
	// Which of them has looked at its files first is nobody's business.
	const ends = await Promise.allSettled(
		["one", "other"].map((modelId) => runtime.load(modelId, spec)),
	);
	const [loaded = "none"] = runtime.ids();
	expect(runtime.ids()).toHaveLength(1);
	expect(ends.find(({ status }) => status === "rejected")).toMatchObject({
		reason: {
			code: "circuit_open",
			message: expect.stringContaining(
				`have to stay for now: ${loaded} (${need})`,
			),
			retryAfterMs: expect.any(Number),
		},
	});
});

test("who undeploys a model that is leaving does not wait for its work, nor does the load that wanted its room", async () => {
	const { runtime, evicted } = runtimeFor(1);
	const leaving = await runtime.load("leaving", spec);
	const pid = pidOf(leaving);
	const many = rejection(leaving.embed(texts(10_000)));
	const next = runtime.load("next", spec);
	await vi.waitFor(() => expect(evicted).toEqual(["leaving"]), patience);
	expect(await runtime.unload("leaving")).toBe(true);
	expect(isAlive(pid)).toBe(false);
	expect(await many).toBeInstanceOf(RuntimeStopped);
	expect(await runtime.unload("leaving")).toBe(false);
	await expect((await next).embed(["a"])).resolves.toHaveLength(1);
});

test.each([
	["is undeployed", "unload"],
	["ends with the sidecar", "close"],
] as const)("a load that waits for room and %s is over", async (_, end) => {
	const { runtime, evicted } = runtimeFor(1);
	const leaving = await runtime.load("leaving", spec);
	const many = leaving.embed(texts(end === "close" ? 10_000 : 400));
	const answered = many.then(
		() => "answered",
		() => "stopped",
	);
	const waiting = rejection(runtime.load("waiting", spec));
	await vi.waitFor(() => expect(evicted).toEqual(["leaving"]), patience);
	await runtime[end]("waiting");
	expect(await waiting).toBeInstanceOf(RuntimeStopped);
	expect(await answered).toBe(end === "close" ? "stopped" : "answered");
	expect(runtime.loading("waiting")).toBeUndefined();
	expect(runtime.ids()).toEqual([]);
});

test("a model that was put aside holds no memory", async () => {
	const failed: string[] = [];
	const { runtime, evicted } = runtimeFor(1, {
		onFailed: (modelId) => failed.push(modelId),
	});
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
	await vi.waitFor(() => expect(failed).toEqual(["crashing"]), patience);
	await runtime.load("other", spec);
	expect(evicted).toEqual([]);
});

test("models that take more than was known count with what they take: one without work leaves, and the next load knows", async () => {
	const lines: string[] = [];
	const log = new Writable({
		write(chunk, _encoding, done) {
			lines.push(String(chunk));
			done();
		},
	});
	const known = Math.floor(need / 5);
	const { runtime, evicted } = runtimeFor(1, {
		logger: pino({}, log),
		memoryBytes: 2 * known,
	});
	await new MemoryRecord(spec).write(known);
	await runtime.load("one", spec);
	const two = await runtime.load("two", spec);
	expect(evicted).toEqual([]);
	await vi.waitFor(() => expect(evicted).toEqual(["one"]), patience);
	expect(lines.join("")).toMatch(
		/"modelId":"one","bytes":\d+,"inUse":\d+,"budget":\d+,"for":"models have grown"/,
	);
	await expect(two.embed(["a"])).resolves.toHaveLength(1);
	await vi.waitFor(async () => {
		const { bytes } = await memoryNeed(spec);
		expect(bytes).toBeGreaterThan(1.2 * known);
		expect(bytes).toBeLessThan(need);
	}, patience);
	expect(await memoryNeed({ ...spec, allocations: 2 })).toMatchObject({
		isMeasured: false,
	});
});
