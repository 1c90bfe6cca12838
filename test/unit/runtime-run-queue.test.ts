import { expect, test, vi } from "vitest";
import type { ToProcess } from "../../sidecar/runtime/messages.ts";
import type {
	ModelInput,
	ModelResult,
} from "../../sidecar/runtime/model-result.ts";
import type { LossReason } from "../../sidecar/runtime/observer.ts";
import { unobserved } from "../../sidecar/runtime/observer.ts";
import { ResultCache } from "../../sidecar/runtime/results/result-cache.ts";
import type { ResultSpace } from "../../sidecar/runtime/results/result-space.ts";
import { type Connection, RunQueue } from "../../sidecar/runtime/run-queue.ts";
import { RuntimeStopped } from "../../sidecar/runtime/runtime-stopped.ts";

/** A process that notes what it is sent; a text is answered when the test says so, with its length for a vector. */
class NotedProcess implements Connection {
	readonly sent: ToProcess[] = [];
	readonly allocations: number;

	constructor(allocations = 1) {
		this.allocations = allocations;
	}

	send(message: ToProcess): void {
		this.sent.push(message);
	}

	batch(send: () => void): void {
		send();
	}

	texts(): ModelInput[] {
		return this.sent.flatMap((it) => (it.kind === "run" ? [it.input] : []));
	}

	cancelled(): number[] {
		return this.sent.flatMap((it) => (it.kind === "cancel" ? [it.id] : []));
	}

	promoted(): number[] {
		return this.sent.flatMap((it) => (it.kind === "promote" ? [it.id] : []));
	}

	idOf(input: ModelInput): number {
		for (const it of this.sent) {
			if (it.kind === "run" && it.input === input) return it.id;
		}
		throw new Error(`${input} was not sent`);
	}

	answer(queue: RunQueue, input: ModelInput): void {
		queue.answered({
			kind: "result",
			id: this.idOf(input),
			times: { tokenizeMicros: 100, runMicros: 1000, batch: 1 },
			result: {
				kind: "vector",
				vector: Float32Array.of(input.length),
				tokens: 3,
				truncated: false,
			},
		});
	}
}

function vectorsOf(results: readonly ModelResult[]): number[][] {
	return results.map((result) =>
		result.kind === "vector" ? [...result.vector] : [],
	);
}

const enough = { inputs: 8, tokens: 100_000, characters: 100_000 };

function connected(limits: Partial<typeof enough> = {}, results?: ResultSpace) {
	const lost: [LossReason, number][] = [];
	const spared: string[] = [];
	const queue = new RunQueue({
		modelId: "m",
		limits: { ...enough, ...limits },
		results,
		observer: {
			...unobserved,
			lost: (_model, _lane, reason, inputs) => lost.push([reason, inputs]),
			spared: (_model, lane, how) => spared.push(`${lane} ${how}`),
		},
	});
	const process = new NotedProcess();
	queue.connect(process, 512);
	const size = () => queue.queued.search + queue.queued.ingest;
	return { queue, process, size, lost, spared };
}

/** A text of some 500 tokens, so that a process is given two of them ahead. */
function long(name: string): string {
	return name.padEnd(4_000, ".");
}

/** Answers one by one all that a process has been sent, and is sent because of that. @returns in which order */
function answerAll(queue: RunQueue, process: NotedProcess): ModelInput[] {
	for (let at = 0; at < process.texts().length; at++) {
		const text = process.texts()[at];
		if (text !== undefined) process.answer(queue, text);
	}
	return process.texts();
}

test("vectors come back in the order of their texts, whichever is ready first", async () => {
	const { queue, process, size } = connected();
	const answer = queue.run(["a", "bb", "ccc"]);
	for (const text of ["ccc", "a", "bb"]) process.answer(queue, text);
	expect(vectorsOf(await answer)).toEqual([[1], [2], [3]]);
	expect(queue.counts).toMatchObject({ texts: 3, tokens: 9, runMicros: 3000 });
	expect(size()).toBe(0);
});

test("a query is sent at once, though documents fill the process and the queue", () => {
	const { queue, process } = connected();
	const [first, second, third] = [long("i1"), long("i2"), long("i3")];
	void queue.run([first, second, third, "i4"]);
	void queue.run(["s1"], { lane: "search" });
	expect(process.texts()).toEqual([first, second, "s1"]);
	process.answer(queue, first);
	expect(process.texts()).toEqual([first, second, "s1", third]);
});

test("a full queue turns a request away at once, and takes it once there is room", async () => {
	const { queue, process } = connected({ inputs: 2 });
	const first = queue.run(["a", "b"]);
	await expect(queue.run(["c"])).rejects.toMatchObject({
		code: "too_many_requests",
	});
	process.answer(queue, "a");
	const second = queue.run(["c"]);
	process.answer(queue, "b");
	process.answer(queue, "c");
	await expect(Promise.all([first, second])).resolves.toHaveLength(2);
	expect(queue.counts.rejected).toBe(1);
});

const full = { code: "too_many_requests" };

test.each([
	["texts", { inputs: 4 }, ["a", "b", "c", "d"]],
	["characters", { characters: 10 }, ["long".repeat(20)]],
])(
	"a search is answered however many documents wait: they fill only their own lane's %s",
	async (_, limits, documents) => {
		const { queue, process } = connected(limits);
		const ingest = queue.run(documents);
		const query = queue.run(["query"], { lane: "search" });
		await expect(queue.run(["more"])).rejects.toMatchObject({
			...full,
			message: expect.stringContaining("ingest queue is full"),
		});
		process.answer(queue, "query");
		await expect(query).resolves.toHaveLength(1);
		await expect(queue.run(["more"])).rejects.toMatchObject(full);
		for (const text of documents) process.answer(queue, text);
		await expect(ingest).resolves.toHaveLength(documents.length);
	},
);

test.each([
	["texts", { inputs: 4 }, ["a", "b", "c", "d"]],
	["characters", { characters: 10 }, ["long".repeat(20)]],
])(
	"a flood of searches is bounded by its own lane's %s, and documents still come in",
	async (_, limits, queries) => {
		const { queue, process } = connected(limits);
		void queue.run(queries, { lane: "search" });
		const document = queue.run(["document"], { lane: "ingest" });
		await expect(queue.run(["more"], { lane: "search" })).rejects.toMatchObject(
			{
				...full,
				message: expect.stringContaining("search queue is full"),
			},
		);
		expect(queue.counts.rejected).toBe(1);
		process.answer(queue, "document");
		await expect(document).resolves.toHaveLength(1);
	},
);

/** Both lanes have one text of 6 characters, of 10 at most; then the one of a lane ends in some way. */
test.each([
	["answered", "search", "ingest"],
	["answered", "ingest", "search"],
	["refused", "search", "ingest"],
	["refused", "ingest", "search"],
	["abandoned", "search", "ingest"],
	["abandoned", "ingest", "search"],
] as const)(
	"a text that is %s makes room in its own lane (%s), and none in the other",
	async (how, lane, other) => {
		const { queue, process, size } = connected({ characters: 10 });
		const controller = new AbortController();
		const { signal } = controller;
		const ending = queue.run(["ending"], { lane, signal });
		void queue.run(["stays!"], { lane: other });
		const ended = ending.then(
			() => "answered",
			() => "failed",
		);
		const refusal = { code: "bad_request", reason: "no" } as const;
		const id = process.idOf("ending");
		if (how === "answered") process.answer(queue, "ending");
		else if (how === "abandoned") controller.abort(new Error("client left"));
		else queue.answered({ kind: "failed", id, refusal });
		expect(await ended).toBe(how === "answered" ? "answered" : "failed");
		void queue.run(["half"], { lane });
		void queue.run(["second"], { lane });
		await expect(queue.run(["x"], { lane })).rejects.toMatchObject(full);
		await expect(queue.run(["fives"], { lane: other })).rejects.toMatchObject(
			full,
		);
		expect(size()).toBe(3);
	},
);

test("after its process died a lane still holds what it held, and no more comes in", async () => {
	const { queue, process } = connected({ inputs: 2 });
	const documents = queue.run(["a", "b"]);
	expect(process.texts()).toEqual(["a", "b"]);
	queue.disconnect("was ended by SIGKILL");
	await expect(queue.run(["c"])).rejects.toMatchObject(full);
	const query = queue.run(["query"], { lane: "search" });
	const next = new NotedProcess();
	queue.connect(next, 512);
	answerAll(queue, next);
	await expect(query).resolves.toHaveLength(1);
	await expect(documents).resolves.toHaveLength(2);
});

test("a few huge texts fill the queue as well, but a request alone is never too big for an empty one", async () => {
	const { queue, process } = connected({ characters: 10 });
	const huge = "h".repeat(50);
	const first = queue.run([huge]);
	await expect(queue.run(["a"])).rejects.toMatchObject({
		code: "too_many_requests",
	});
	process.answer(queue, huge);
	await first;
	const second = queue.run(["a"]);
	process.answer(queue, "a");
	await expect(second).resolves.toHaveLength(1);
});

test("a request that could never be taken is not told to try again", async () => {
	const { queue, size } = connected({ inputs: 2 });
	await expect(queue.run(["a", "b", "c"])).rejects.toMatchObject({
		code: "too_large",
	});
	expect(size()).toBe(0);
});

test("an abandoned request makes room, here and in the process", async () => {
	const { queue, process, size } = connected();
	const controller = new AbortController();
	const { signal } = controller;
	const answer = queue.run(["a", "b", "c"], { signal });
	process.answer(queue, "a");
	controller.abort(new Error("client left"));
	await expect(answer).rejects.toThrow("client left");
	expect(process.cancelled()).toEqual([process.idOf("b"), process.idOf("c")]);
	expect(size()).toBe(0);
	await expect(queue.run(["d"], { signal })).rejects.toThrow("client left");
	void queue.run(["x".repeat(60)]);
	void queue.run(["y".repeat(40)]);
	expect(size()).toBe(2);
});

test("a text that cannot be read fails its request alone, and the rest of that is not run", async () => {
	const { queue, process, size } = connected();
	const [more, rest] = [long("more"), long("rest")];
	const bad = queue.run(["bad", more, rest, "end"]);
	const good = queue.run(["good"]);
	const refusal = { code: "too_large", reason: "no" } as const;
	queue.answered({ kind: "failed", id: process.idOf("bad"), refusal });
	await expect(bad).rejects.toMatchObject({ code: "too_large" });
	expect(process.texts()).not.toContain("end");
	process.answer(queue, "good");
	await expect(good).resolves.toHaveLength(1);
	expect(size()).toBe(0);
});

test("a process that ends loses nothing: the next one gets its texts, before all others", async () => {
	const { queue, process } = connected();
	const answer = queue.run(["a", "bb", "ccc"]);
	process.answer(queue, "a");
	queue.disconnect("was ended by SIGKILL");
	const later = queue.run(["later"]);
	const next = new NotedProcess();
	queue.connect(next, 512);
	expect(answerAll(queue, next)).toEqual(["bb", "ccc", "later"]);
	expect(vectorsOf(await answer)).toEqual([[1], [2], [3]]);
	await expect(later).resolves.toHaveLength(1);
});

test("after a process ended, a query waits for one of the texts that it had, not for all", async () => {
	const { queue } = connected();
	const documents = queue.run(["i1", "i2", "i3"]);
	queue.disconnect("was ended by SIGKILL");
	const query = queue.run(["query"], { lane: "search" });
	const next = new NotedProcess();
	queue.connect(next, 512);
	expect(answerAll(queue, next)).toEqual(["i1", "query", "i2", "i3"]);
	await expect(query).resolves.toHaveLength(1);
	await expect(documents).resolves.toHaveLength(3);
});

test("a text that ends every process is given up with the cause, and those that ran beside it live", async () => {
	const { queue } = connected();
	const answers = ["beside", "poison", "behind"].map((text) =>
		queue.run([text]),
	);
	const [beside, poison, behind] = answers;
	poison?.catch(() => undefined);
	queue.disconnect("was ended by SIGKILL");
	const second = new NotedProcess();
	queue.connect(second, 512);
	expect(second.texts()).toEqual(["beside"]);
	second.answer(queue, "beside");
	expect(second.texts()).toEqual(["beside", "poison"]);
	queue.disconnect("was ended by SIGSEGV");
	await expect(poison).rejects.toMatchObject({
		code: "inference_failed",
		message: expect.stringContaining("SIGSEGV"),
	});
	const third = new NotedProcess();
	queue.connect(third, 512);
	expect(third.texts()).toEqual(["behind"]);
	third.answer(queue, "behind");
	await expect(beside).resolves.toHaveLength(1);
	await expect(behind).resolves.toHaveLength(1);
	expect(queue.counts.failed).toBe(1);
});

test("nothing runs beside a suspect, the last one too: what it ends would be lost with it", async () => {
	const { queue } = connected();
	const answer = queue.run(["suspect"]);
	queue.disconnect("was ended by SIGKILL");
	const later = queue.run(["later"]);
	const next = new NotedProcess();
	queue.connect(next, 512);
	const query = queue.run(["query"], { lane: "search" });
	expect(next.texts()).toEqual(["suspect"]);
	next.answer(queue, "suspect");
	expect(next.texts()).toEqual(["suspect", "query", "later"]);
	const last = queue.run(["last"]);
	expect(next.texts().at(-1)).toBe("last");
	for (const text of ["query", "later", "last"]) next.answer(queue, text);
	const all = await Promise.all([answer, query, later, last]);
	expect(all).toHaveLength(4);
});

test("a suspect whose client leaves is waited for: what comes after it is not lost by its fault", async () => {
	const { queue } = connected();
	const controller = new AbortController();
	const poison = queue.run(["poison"], { signal: controller.signal });
	const innocent = queue.run(["innocent"]);
	queue.disconnect("was ended by SIGKILL");
	const second = new NotedProcess();
	queue.connect(second, 512);
	controller.abort(new Error("client left"));
	await expect(poison).rejects.toThrow("client left");
	const other = queue.run(["other"]);
	expect(second.texts()).toEqual(["poison"]);
	queue.disconnect("hung");
	const third = new NotedProcess();
	queue.connect(third, 512);
	expect(answerAll(queue, third)).toEqual(["innocent", "other"]);
	await expect(innocent).resolves.toHaveLength(1);
	await expect(other).resolves.toHaveLength(1);
});

test("a suspect whose client leaves holds up the next one until it has ended, and no longer", async () => {
	const { queue } = connected();
	const controller = new AbortController();
	const left = queue.run(["left"], { signal: controller.signal });
	const stays = queue.run(["stays"]);
	queue.disconnect("was ended by SIGKILL");
	const next = new NotedProcess();
	queue.connect(next, 512);
	controller.abort(new Error("client left"));
	await expect(left).rejects.toThrow("client left");
	next.answer(queue, "left");
	expect(next.texts()).toEqual(["left", "stays"]);
	next.answer(queue, "stays");
	await expect(stays).resolves.toHaveLength(1);
});

test("a process that has more allocations by the time it is heard gets work for all of them", () => {
	const { queue } = connected({ inputs: 100 });
	queue.disconnect("was ended by SIGKILL");
	const documents = Array.from({ length: 20 }, (_, i) => long(`${i}`));
	void queue.run(documents);
	const process = new NotedProcess(3);
	queue.connect(process, 512);
	expect(process.texts()).toHaveLength(6);
});

test("an unloaded model lets nobody wait for ever", async () => {
	const { queue, size } = connected();
	const waiting = queue.run(["a", "b", "c"]);
	const error = new RuntimeStopped("unloaded");
	queue.close(error);
	await expect(waiting).rejects.toBe(error);
	await expect(queue.run(["d"])).rejects.toBe(error);
	expect(size()).toBe(0);
});

test("a pair counts with both its texts, so that a few long ones fill the queue as well", async () => {
	const { queue, process } = connected({ characters: 10 });
	const pair = ["four", "seven.."] as const;
	const first = queue.run([pair]);
	await expect(queue.run(["a"])).rejects.toMatchObject(full);
	process.answer(queue, pair);
	await expect(first).resolves.toHaveLength(1);
	void queue.run(["x".repeat(10)]);
	await expect(queue.run(["a"])).rejects.toMatchObject(full);
});

test("no texts are no work", async () => {
	const { queue } = connected({ inputs: 0 });
	await expect(queue.run([])).resolves.toEqual([]);
});

test("equal texts are run once, and everybody gets the result", async () => {
	const { queue, process, spared } = connected();
	const first = queue.run(["same", "other", "same"]);
	const second = queue.run(["same"], { lane: "search" });
	expect(process.texts()).toEqual(["same", "other"]);
	for (const text of ["same", "other"]) process.answer(queue, text);
	expect(vectorsOf(await first)).toEqual([[4], [5], [4]]);
	expect(vectorsOf(await second)).toEqual([[4]]);
	expect(queue.counts.texts).toBe(2);
	expect(spared).toEqual(["search shared"]);
});

test("a document's text that a query wants too is run as the query's", async () => {
	const { queue, process } = connected();
	const [first, second] = [long("i1"), long("i2")];
	void queue.run([first, second, "waiting", "both"]);
	const query = queue.run(["both"], { lane: "search" });
	expect(process.texts()).toEqual([first, second, "both"]);
	expect(queue.queued).toEqual({ search: 1, ingest: 3 });
	void queue.run([second], { lane: "search" });
	expect(process.promoted()).toEqual([process.idOf(second)]);
	process.answer(queue, "both");
	await expect(query).resolves.toHaveLength(1);
});

test("a request that leaves does not take a text from others that want it", async () => {
	const { queue, process, lost } = connected();
	const controller = new AbortController();
	const leaves = queue.run(["same"], { signal: controller.signal });
	const stays = queue.run(["same"]);
	controller.abort(new Error("client left"));
	await expect(leaves).rejects.toThrow("client left");
	expect(process.cancelled()).toEqual([]);
	process.answer(queue, "same");
	await expect(stays).resolves.toHaveLength(1);
	expect(lost).toEqual([["cancelled", 1]]);
});

test("what was made of a text is not made again", async () => {
	const cache = new ResultCache({ maxBytes: 100_000 });
	const { queue, process, spared } = connected({}, cache.open("model"));
	const first = queue.run(["text"]);
	process.answer(queue, "text");
	await first;
	const again = await queue.run(["text", "text"], { lane: "search" });
	expect(vectorsOf(again)).toEqual([[4], [4]]);
	expect(process.texts()).toEqual(["text"]);
	expect(spared).toEqual(["search kept"]);
});

test("two requests in a lane take turns: one text does not wait behind a thousand", () => {
	const { queue, process } = connected({ inputs: 2_000 });
	const many = Array.from({ length: 1_000 }, (_, index) => `many ${index}`);
	void queue.run(many, { lane: "search" });
	void queue.run(["one"], { lane: "search" });
	const [first] = process.texts();
	if (first !== undefined) process.answer(queue, first);
	expect(process.texts().at(-1)).toBe("one");
});

test("past its deadline a request is told so, and leaves the queue", async () => {
	vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
	try {
		const { queue, process, size, lost } = connected();
		const deadline = performance.now() + 500;
		const answer = queue.run(["a", "b"], { lane: "search", deadline });
		process.answer(queue, "a");
		vi.advanceTimersByTime(499);
		expect(size()).toBe(1);
		vi.advanceTimersByTime(2);
		await expect(answer).rejects.toMatchObject({
			code: "timeout",
			message: "model m gave no answer within 500 ms",
		});
		expect(process.cancelled()).toEqual([process.idOf("b")]);
		expect(size()).toBe(0);
		expect(lost).toEqual([["expired", 1]]);
	} finally {
		vi.useRealTimers();
	}
});

test("a bulk that was let in waits for room and is fed as there is some, in its turn", async () => {
	const { queue, process } = connected({ inputs: 2 });
	const first = queue.run(["a", "b"]);
	const fed = queue.run(["c", "d"], { whenFull: "wait" });
	const later = queue.run(["e"], { whenFull: "wait" });
	await expect(queue.run(["f"])).rejects.toMatchObject(full);
	process.answer(queue, "a");
	// There is room for one, but those that wait for it come in their order.
	await expect(queue.run(["f"])).rejects.toMatchObject(full);
	expect(process.texts()).toEqual(["a", "b"]);
	process.answer(queue, "b");
	expect(process.texts()).toEqual(["a", "b", "c", "d"]);
	for (const text of ["c", "d", "e"]) process.answer(queue, text);
	await expect(Promise.all([first, fed, later])).resolves.toHaveLength(3);
});

test("a bulk whose client leaves while it waits for room is forgotten", async () => {
	const { queue, process } = connected({ inputs: 1 });
	const controller = new AbortController();
	void queue.run(["a"]);
	const fed = queue.run(["b"], {
		whenFull: "wait",
		signal: controller.signal,
	});
	controller.abort(new Error("client left"));
	await expect(fed).rejects.toThrow("client left");
	process.answer(queue, "a");
	await queue.drained();
	expect(process.texts()).toEqual(["a"]);
});

test("a queue that becomes smaller than what waits for it says so, and lets in what comes after", async () => {
	const { queue, process } = connected({ inputs: 4 });
	const first = queue.run(["a", "b", "c", "d"]);
	const fed = queue.run(["e", "f", "g"], { whenFull: "wait" });
	const behind = queue.run(["h"], { whenFull: "wait" });
	queue.limit({ ...enough, inputs: 2 });
	await expect(fed).rejects.toMatchObject({ code: "too_large" });
	expect(answerAll(queue, process)).toEqual(["a", "b", "c", "d", "h"]);
	await expect(Promise.all([first, behind])).resolves.toHaveLength(2);
	await queue.drained();
});

test("a bulk that shared more than its queue holds does not wait for ever once that is done", async () => {
	const { queue, process } = connected({ inputs: 2 });
	const first = queue.run(["a", "b"]);
	// Of the three one is new.
	const fed = queue.run(["a", "b", "c"], { whenFull: "wait" });
	const leaving = queue.drained();
	for (const text of ["a", "b"]) process.answer(queue, text);
	await expect(first).resolves.toHaveLength(2);
	await expect(fed).rejects.toMatchObject({ code: "too_large" });
	await leaving;
});

test("who is turned away is told when there will be room: the longer the queue, the later", async () => {
	const { queue } = connected({ inputs: 3 });
	void queue.run([long("a"), long("b"), "c"]);
	const refusal: unknown = await queue.run(["d"]).catch((error) => error);
	expect(refusal).toMatchObject(full);
	const { retryAfterMs = 0 } = refusal as { retryAfterMs?: number };
	// Some 1,000 tokens of 0.3 ms each.
	expect(retryAfterMs).toBeGreaterThan(200);
	expect(retryAfterMs).toBeLessThan(400);
});

test("a model is not taken away while it has something to answer", async () => {
	const { queue, process } = connected({ inputs: 1 });
	void queue.run(["a"]);
	void queue.run(["b"], { whenFull: "wait" });
	let drained = false;
	const end = queue.drained().then(() => {
		drained = true;
	});
	process.answer(queue, "a");
	await Promise.resolve();
	expect(drained).toBe(false);
	process.answer(queue, "b");
	await end;
});
