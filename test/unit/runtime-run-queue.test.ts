import { expect, test } from "vitest";
import type { ToProcess } from "../../sidecar/runtime/messages.ts";
import type {
	ModelInput,
	ModelResult,
} from "../../sidecar/runtime/model-result.ts";
import { type Connection, RunQueue } from "../../sidecar/runtime/run-queue.ts";
import { RuntimeStopped } from "../../sidecar/runtime/runtime-stopped.ts";

/** A process that notes what it is sent; a text is answered when the test says so, with its length for a vector. */
class NotedProcess implements Connection {
	readonly sent: ToProcess[] = [];

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
			micros: 1000,
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

function connected(limits?: Partial<Record<string, number>>) {
	const queue = new RunQueue({
		texts: 8,
		characters: 100,
		inProcess: 2,
		...limits,
	});
	const process = new NotedProcess();
	queue.connect(process);
	return { queue, process };
}

test("vectors come back in the order of their texts, whichever is ready first", async () => {
	const { queue, process } = connected({ inProcess: 8 });
	const answer = queue.run(["a", "bb", "ccc"]);
	for (const text of ["ccc", "a", "bb"]) process.answer(queue, text);
	expect(vectorsOf(await answer)).toEqual([[1], [2], [3]]);
	expect(queue).toMatchObject({
		texts: 3,
		tokens: 9,
		runMicros: 3000,
		size: 0,
	});
});

test("a query is sent at once, though documents fill the process and the queue", () => {
	const { queue, process } = connected();
	void queue.run(["i1", "i2", "i3", "i4"]);
	void queue.run(["s1"], { lane: "search" });
	expect(process.texts()).toEqual(["i1", "i2", "s1"]);
	process.answer(queue, "i1");
	expect(process.texts()).toEqual(["i1", "i2", "s1", "i3"]);
});

test("a full queue turns a request away at once, and takes it once there is room", async () => {
	const { queue, process } = connected({ texts: 2 });
	const first = queue.run(["a", "b"]);
	await expect(queue.run(["c"])).rejects.toMatchObject({
		code: "too_many_requests",
	});
	process.answer(queue, "a");
	const second = queue.run(["c"]);
	process.answer(queue, "b");
	process.answer(queue, "c");
	await expect(Promise.all([first, second])).resolves.toHaveLength(2);
	expect(queue.rejected).toBe(1);
});

const full = { code: "too_many_requests" };

test.each([
	["texts", { texts: 4 }, ["a", "b", "c", "d"]],
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
	["texts", { texts: 4 }, ["a", "b", "c", "d"]],
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
		expect(queue.rejected).toBe(1);
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
		const { queue, process } = connected({ characters: 10 });
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
		expect(queue.size).toBe(3);
	},
);

test("after its process died a lane still holds what it held, and no more comes in", async () => {
	const { queue, process } = connected({ texts: 2 });
	const documents = queue.run(["a", "b"]);
	expect(process.texts()).toEqual(["a", "b"]);
	queue.disconnect("was ended by SIGKILL");
	await expect(queue.run(["c"])).rejects.toMatchObject(full);
	const query = queue.run(["query"], { lane: "search" });
	const next = new NotedProcess();
	queue.connect(next);
	for (const text of next.texts()) next.answer(queue, text);
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
	const { queue } = connected({ texts: 2 });
	await expect(queue.run(["a", "b", "c"])).rejects.toMatchObject({
		code: "too_large",
	});
	expect(queue.size).toBe(0);
});

test("an abandoned request makes room, here and in the process", async () => {
	const { queue, process } = connected();
	const controller = new AbortController();
	const { signal } = controller;
	const answer = queue.run(["a", "b", "c"], { signal });
	process.answer(queue, "a");
	controller.abort(new Error("client left"));
	await expect(answer).rejects.toThrow("client left");
	expect(process.cancelled()).toEqual([process.idOf("b"), process.idOf("c")]);
	expect(queue.size).toBe(0);
	await expect(queue.run(["d"], { signal })).rejects.toThrow("client left");
	void queue.run(["x".repeat(60)]);
	void queue.run(["y".repeat(40)]);
	expect(queue.size).toBe(2);
});

test("a text that cannot be read fails its request alone, and the rest of that is not run", async () => {
	const { queue, process } = connected({ inProcess: 3 });
	const bad = queue.run(["bad", "more", "rest", "end"]);
	const good = queue.run(["good"]);
	const refusal = { code: "too_large", reason: "no" } as const;
	queue.answered({ kind: "failed", id: process.idOf("bad"), refusal });
	await expect(bad).rejects.toMatchObject({ code: "too_large" });
	expect(process.texts()).not.toContain("end");
	process.answer(queue, "good");
	await expect(good).resolves.toHaveLength(1);
	expect(queue.size).toBe(0);
});

test("a process that ends loses nothing: the next one gets its texts, before all others", async () => {
	const { queue, process } = connected();
	const answer = queue.run(["a", "bb", "ccc"]);
	process.answer(queue, "a");
	queue.disconnect("was ended by SIGKILL");
	const query = queue.run(["query"], { lane: "search" });
	const next = new NotedProcess();
	queue.connect(next);
	expect(next.texts()).toEqual(["query", "bb", "ccc"]);
	for (const text of next.texts()) next.answer(queue, text);
	expect(vectorsOf(await answer)).toEqual([[1], [2], [3]]);
	await expect(query).resolves.toHaveLength(1);
});

test("a text that ends every process is given up with the cause, and the others live", async () => {
	const { queue, process } = connected({ inProcess: 1 });
	const poison = queue.run(["poison"]);
	const behind = queue.run(["behind"]);
	expect(process.texts()).toEqual(["poison"]);
	queue.disconnect("was ended by SIGKILL");
	queue.connect(new NotedProcess());
	queue.disconnect("was ended by SIGSEGV");
	await expect(poison).rejects.toMatchObject({
		code: "inference_failed",
		message: expect.stringContaining("SIGSEGV"),
	});
	const third = new NotedProcess();
	queue.connect(third);
	third.answer(queue, "behind");
	await expect(behind).resolves.toHaveLength(1);
	expect(queue.size).toBe(0);
});

test("an unloaded model lets nobody wait for ever", async () => {
	const { queue } = connected();
	const waiting = queue.run(["a", "b", "c"]);
	const error = new RuntimeStopped("unloaded");
	queue.close(error);
	await expect(waiting).rejects.toBe(error);
	await expect(queue.run(["d"])).rejects.toBe(error);
	expect(queue.size).toBe(0);
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
	const { queue } = connected({ texts: 0 });
	await expect(queue.run([])).resolves.toEqual([]);
});
