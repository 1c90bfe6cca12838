import { EventEmitter, once } from "node:events";
import { Writable } from "node:stream";
import { setImmediate, setTimeout } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RuntimeStopped } from "../../sidecar/runtime/runtime-stopped.ts";
import { RuntimeModels } from "../helpers/runtime-models.ts";

let models: RuntimeModels;
beforeAll(async () => {
	models = await RuntimeModels.create();
});
afterAll(() => models.close());

/** What a promise rejects with. */
async function rejection(promise: Promise<unknown>): Promise<unknown> {
	return promise.then(
		() => expect.unreachable("it was fulfilled"),
		(error: unknown) => error,
	);
}

test("a sidecar that stops while a model loads does not call the model broken", async () => {
	const runtime = models.runtime();
	const loading = rejection(runtime.load("early", await models.miniLm("fp32")));
	await runtime.close();
	expect(await loading).toBeInstanceOf(RuntimeStopped);
});

test("a model that is undeployed while it loads is not called broken", async () => {
	const runtime = models.runtime();
	const loading = rejection(runtime.load("early", await models.miniLm("fp32")));
	expect(await runtime.unload("early")).toBe(true);
	expect(await loading).toBeInstanceOf(RuntimeStopped);
});

test("a deployment that comes when the sidecar stops already is not a failed one", async () => {
	const runtime = models.runtime();
	await runtime.close();
	const late = runtime.load("late", await models.miniLm("int8"));
	expect(await rejection(late)).toBeInstanceOf(RuntimeStopped);
});

test.each(["close", "unload"] as const)(
	"texts that wait or run when the model goes by %s, and those that come after, are told from failed ones",
	async (end) => {
		const runtime = models.runtime({ queueCapacity: 2_000 });
		const model = await runtime.load("going", await models.miniLm("int8"));
		const texts = Array.from({ length: 2_000 }, (_, i) => `wine ${i}`);
		const documents = rejection(model.embed(texts));
		const query = rejection(model.embed(["wine"], { lane: "search" }));
		await runtime[end]("going");
		expect(await documents).toBeInstanceOf(RuntimeStopped);
		expect(await query).toBeInstanceOf(RuntimeStopped);
		const late = rejection(model.embed(["late"]));
		expect(await late).toBeInstanceOf(RuntimeStopped);
	},
);

test("a model that cannot be run is still called so, whoever loads it", async () => {
	const spec = await models.miniLm("int8", { dimension: 768 });
	const error = await rejection(models.runtime().load("wrong", spec));
	expect(error).toMatchObject({ code: "bad_request" });
	expect(error).not.toBeInstanceOf(RuntimeStopped);
});

test("a model that failed before the sidecar was stopped keeps its own reason", async () => {
	const startTimeoutMs = 5;
	const starts = new EventEmitter();
	const log = new Writable({
		write(_line, _encoding, done) {
			starts.emit("start");
			done();
		},
	});
	const runtime = models.runtime({
		startTimeoutMs,
		// The first that it says is that the model has its room: its process is started then.
		logger: pino({ level: "debug" }, log),
	});
	const spec = await models.miniLm("fp32");
	const loading = rejection(runtime.load("slow", spec));
	await once(starts, "start");
	await setImmediate();
	// Node runs timers of one length in their order: the start has failed, and its process has yet to end.
	await setTimeout(startTimeoutMs);
	const closing = runtime.close();
	const error = await loading;
	expect(error).toMatchObject({ code: "inference_failed" });
	expect(error).not.toBeInstanceOf(RuntimeStopped);
	await closing;
});

test("a full queue of documents turns no search away", async () => {
	const runtime = models.runtime({ queueCapacity: 100 });
	const model = await runtime.load("full", await models.miniLm("int8"));
	const documents = model.embed(
		Array.from({ length: 100 }, (_, i) => `wine ${i}`),
	);
	const query = model.embed(["wine"], { lane: "search" });
	await expect(model.embed(["one more"])).rejects.toMatchObject({
		code: "too_many_requests",
	});
	await expect(query).resolves.toHaveLength(1);
	await expect(documents).resolves.toHaveLength(100);
});
