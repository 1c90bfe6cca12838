import { performance } from "node:perf_hooks";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { LoadedModel } from "../../sidecar/runtime/model-spec.ts";
import { isAlive, RuntimeModels } from "../helpers/runtime-models.ts";

let models: RuntimeModels;
beforeAll(async () => {
	models = await RuntimeModels.create();
});
afterAll(() => models.close());

const patience = { timeout: 30_000, interval: 5 };

let last = 0;

/** Texts that no test has had before. */
function texts(count: number): string[] {
	return Array.from({ length: count }, () => `a wine of the year ${last++}`);
}

function pidOf(model: LoadedModel): number {
	const { pid } = model.stats();
	if (pid === undefined) throw new Error("the model has no process");
	return pid;
}

async function untilAllocated(model: LoadedModel, count: number) {
	await vi.waitFor(
		() => expect(model.stats().allocations).toBe(count),
		patience,
	);
}

test("allocations come and go while a model serves, and no request notices", async () => {
	const spec = await models.miniLm("int8", { allocations: 1 });
	const runtime = models.runtime({ processors: 4, queueCapacity: 5_000 });
	const model = await runtime.load("elastic", spec);
	const pid = pidOf(model);
	const [probe] = await model.embed(["probe"]);
	let served = 0;
	let goesOn = true;
	const serve = async () => {
		while (goesOn) {
			const [embedding] = await model.embed(["probe"], { lane: "search" });
			expect(embedding).toEqual(probe);
			await model.embed(texts(8));
			served++;
		}
	};
	const serving = Promise.all([serve(), serve(), serve()]);
	for (const allocations of [3, 1, 2]) {
		model.adjust({ ...spec, allocations });
		await untilAllocated(model, allocations);
	}
	model.adjust({ ...spec, allocations: 2, threadsPerAllocation: 2 });
	await vi.waitFor(
		() => expect(model.stats().threadsPerAllocation).toBe(2),
		patience,
	);
	const before = served;
	await vi.waitFor(() => expect(served).toBeGreaterThan(before + 3), patience);
	goesOn = false;
	await serving;
	expect(model.stats()).toMatchObject({ failed: 0, restarts: 0, pid });
});

test("a model that was changed while it served comes back as it was changed when its process ends", async () => {
	const spec = await models.miniLm("int8", { allocations: 1 });
	const model = await models.runtime({ processors: 4 }).load("changed", spec);
	model.adjust({ ...spec, allocations: 3 });
	await untilAllocated(model, 3);
	process.kill(pidOf(model), "SIGKILL");
	await vi.waitFor(() => expect(model.stats().restarts).toBe(1), patience);
	await untilAllocated(model, 3);
});

test("a model that is changed while its process is being replaced comes back as it was changed", async () => {
	const spec = await models.miniLm("int8", { allocations: 1 });
	const model = await models.runtime({ processors: 4 }).load("late", spec);
	process.kill(pidOf(model), "SIGKILL");
	await vi.waitFor(() => expect(model.stats().restarts).toBe(1), patience);
	expect(model.stats().state).toBe("restarting");
	// Two there are for a moment in any case, when one that is prepared takes the place of the first.
	model.adjust({ ...spec, allocations: 3 });
	await untilAllocated(model, 3);
});

test("never more runs go on than there are processors, over all models, and each gets its part", async () => {
	const runtime = models.runtime({ processors: 1, queueCapacity: 5_000 });
	const spec = await models.miniLm("int8", { allocations: 2 });
	const [a, b] = await Promise.all([
		runtime.load("a", spec),
		runtime.load("b", spec),
	]);
	await Promise.all([untilAllocated(a, 2), untilAllocated(b, 2)]);
	const ran = () => a.stats().runSeconds + b.stats().runSeconds;
	const [start, before] = [performance.now(), ran()];
	let done = 0;
	const first = Promise.all(
		[a, b].map(async (model) => {
			await model.embed(texts(400));
			done++;
			if (done < 2) return;
			const elapsed = (performance.now() - start) / 1_000;
			// With two at a time it would be nearly twice the time that passed.
			expect(ran() - before).toBeLessThan(elapsed * 1.05);
		}),
	);
	await vi.waitFor(
		() => expect(b.stats().texts).toBeGreaterThan(200),
		patience,
	);
	expect(a.stats().texts).toBeGreaterThan(50);
	const query = b.embed(texts(1), { lane: "search" });
	const finished = vi.fn();
	void query.then(finished);
	const waited = a.stats().texts + b.stats().texts;
	await query;
	// The query of one model waits for a run or two of the other one's documents, not for its bulk.
	expect(a.stats().texts + b.stats().texts - waited).toBeLessThan(80);
	await first;
});

test.each(["int8", "fp32"] as const)(
	"a text that comes alone, and is run by several threads, has the vector that it has among others: %s",
	async (precision) => {
		const spec = await models.miniLm(precision, { allocations: 1 });
		const options = { processors: 3, queueCapacity: 5_000 };
		const narrow = await models
			.runtime(options)
			.load("narrow", { ...spec, allocations: 3 });
		// Only a prepared model has threads for lone texts.
		await untilAllocated(narrow, 3);
		const wide = await models
			.runtime(options)
			.load("wide", { ...spec, loneThreads: 3 });
		const asked = texts(100).map((text, i) => text.repeat(1 + (i % 7)));
		const expected = await narrow.embed(asked);
		for (const [i, text] of asked.entries()) {
			const [found] = await wide.embed([text], { lane: "search" });
			expect(found).toEqual(expected[i]);
		}
	},
);

test("one search with a thousand texts does not shut out those with one", async () => {
	const runtime = models.runtime({ queueCapacity: 2_000 });
	const spec = await models.miniLm("int8", { allocations: 1 });
	const model = await runtime.load("fair", spec);
	let isLargeDone = false;
	const large = model.embed(texts(1_000), { lane: "search" }).then(() => {
		isLargeDone = true;
	});
	let small = 0;
	while (small < 20 && !isLargeDone) {
		await model.embed(texts(1), { lane: "search" });
		small++;
	}
	expect(isLargeDone).toBe(false);
	await large;
});

test("documents are embedded, however many queries come", async () => {
	const runtime = models.runtime({ queueCapacity: 5_000 });
	const spec = await models.miniLm("int8", { allocations: 1 });
	const model = await runtime.load("starved", spec);
	let goesOn = true;
	const search = async () => {
		while (goesOn) await model.embed(texts(20), { lane: "search" });
	};
	const searches = Promise.all([search(), search(), search()]);
	await expect(model.embed(texts(40))).resolves.toHaveLength(40);
	goesOn = false;
	await searches;
});

test("a model process that hangs is ended, and what it had is run by the next one", async () => {
	const spec = await models.miniLm("int8", { allocations: 1 });
	const runtime = models.runtime({ hangMs: 1_000 });
	const model = await runtime.load("hanging", spec);
	const expected = await model.embed(["a text", "another one"]);
	const pid = pidOf(model);
	process.kill(pid, "SIGSTOP");
	await expect(model.embed(["a text", "another one"])).resolves.toEqual(
		expected,
	);
	expect(isAlive(pid)).toBe(false);
	expect(model.stats()).toMatchObject({ restarts: 1, failed: 0 });
});

test("a text whose run takes longer than the limit fails after the second time, with the reason", async () => {
	const spec = await models.miniLm("fp32", { allocations: 1, maxLength: 512 });
	const runtime = models.runtime({ hangMs: 40 });
	const model = await runtime.load("slow", spec);
	const long = "a long story about wine ".repeat(200);
	await expect(model.embed([long])).rejects.toMatchObject({
		code: "inference_failed",
		message: expect.stringContaining("a run took longer than 40 ms"),
	});
	await vi.waitFor(() => expect(model.stats().state).toBe("ready"), patience);
	await expect(model.embed(["short"])).resolves.toHaveLength(1);
});

test("a request that is late or not wanted any more leaves the queue, and is counted apart", async () => {
	const spec = await models.miniLm("int8", { allocations: 1 });
	const runtime = models.runtime({ queueCapacity: 3_000 });
	const model = await runtime.load("late", spec);
	const controller = new AbortController();
	const bulk = model.embed(texts(1_000), { signal: controller.signal });
	const late = model.embed(texts(100), { deadline: performance.now() + 50 });
	await expect(late).rejects.toMatchObject({ code: "timeout", status: 408 });
	controller.abort(new Error("client left"));
	await expect(bulk).rejects.toThrow("client left");
	expect(model.stats().queued).toEqual({ search: 0, ingest: 0 });
	expect(model.stats().expired).toBeGreaterThan(50);
	expect(model.stats().cancelled).toBeGreaterThan(500);
	expect(model.stats()).toMatchObject({ failed: 0, rejected: 0 });
});

test("what is asked again is not run again, until the results are cleared", async () => {
	const spec = await models.miniLm("int8", { identity: "cached" });
	const runtime = models.runtime({ cacheBytes: 1_000_000 });
	const model = await runtime.load("cached", spec);
	const asked = ["one", "two", "one"];
	const first = await model.embed(asked);
	expect(model.stats().texts).toBe(2);
	expect(await model.embed(asked, { lane: "search" })).toEqual(first);
	expect(model.stats()).toMatchObject({
		texts: 2,
		cache: { entries: 2, hits: 2, misses: 2 },
	});
	expect(runtime.clearCache("cached")).toBe(2);
	expect(await model.embed(asked)).toEqual(first);
	expect(model.stats().texts).toBe(4);
});

test("who asks for the same at the same time shares a run, also without a cache", async () => {
	const spec = await models.miniLm("int8");
	const model = await models.runtime().load("flight", spec);
	const [text = ""] = texts(1);
	const calls = Array.from({ length: 50 }, () => model.embed([text]));
	const answers = await Promise.all(calls);
	expect(new Set(answers.map(([one]) => one)).size).toBe(1);
	expect(model.stats().texts).toBe(1);
});

test("the memory of a model's process is known", async () => {
	const spec = await models.miniLm("int8", { allocations: 1 });
	const model = await models.runtime().load("measured", spec);
	await vi.waitFor(
		() => expect(model.stats().residentBytes).toBeGreaterThan(50_000_000),
		patience,
	);
});
