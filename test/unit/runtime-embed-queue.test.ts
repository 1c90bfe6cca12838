import { expect, test } from "vitest";
import {
	type Connection,
	EmbedQueue,
} from "../../sidecar/runtime/embed-queue.ts";
import type { ToProcess } from "../../sidecar/runtime/messages.ts";
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

	texts(): string[] {
		return this.sent.flatMap((it) => (it.kind === "embed" ? [it.text] : []));
	}

	cancelled(): number[] {
		return this.sent.flatMap((it) => (it.kind === "cancel" ? [it.id] : []));
	}

	idOf(text: string): number {
		for (const it of this.sent) {
			if (it.kind === "embed" && it.text === text) return it.id;
		}
		throw new Error(`${text} was not sent`);
	}

	answer(queue: EmbedQueue, text: string): void {
		queue.answered({
			kind: "embedding",
			id: this.idOf(text),
			embedding: {
				vector: Float32Array.of(text.length),
				tokens: 3,
				micros: 1000,
				truncated: false,
			},
		});
	}
}

function connected(limits?: Partial<Record<string, number>>) {
	const queue = new EmbedQueue({
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
	const answer = queue.embed(["a", "bb", "ccc"]);
	for (const text of ["ccc", "a", "bb"]) process.answer(queue, text);
	const vectors = (await answer).map(({ vector }) => [...vector]);
	expect(vectors).toEqual([[1], [2], [3]]);
	expect(queue).toMatchObject({
		texts: 3,
		tokens: 9,
		runMicros: 3000,
		size: 0,
	});
});

test("a query is sent at once, though documents fill the process and the queue", () => {
	const { queue, process } = connected();
	void queue.embed(["i1", "i2", "i3", "i4"]);
	void queue.embed(["s1"], { lane: "search" });
	expect(process.texts()).toEqual(["i1", "i2", "s1"]);
	process.answer(queue, "i1");
	expect(process.texts()).toEqual(["i1", "i2", "s1", "i3"]);
});

test("a full queue turns a request away at once, and takes it once there is room", async () => {
	const { queue, process } = connected({ texts: 2 });
	const first = queue.embed(["a", "b"]);
	await expect(queue.embed(["c"])).rejects.toMatchObject({
		code: "too_many_requests",
	});
	process.answer(queue, "a");
	const second = queue.embed(["c"]);
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
		const ingest = queue.embed(documents);
		const query = queue.embed(["query"], { lane: "search" });
		await expect(queue.embed(["more"])).rejects.toMatchObject({
			...full,
			message: expect.stringContaining("ingest queue is full"),
		});
		process.answer(queue, "query");
		await expect(query).resolves.toHaveLength(1);
		await expect(queue.embed(["more"])).rejects.toMatchObject(full);
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
		void queue.embed(queries, { lane: "search" });
		const document = queue.embed(["document"], { lane: "ingest" });
		await expect(
			queue.embed(["more"], { lane: "search" }),
		).rejects.toMatchObject({
			...full,
			message: expect.stringContaining("search queue is full"),
		});
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
		const ending = queue.embed(["ending"], { lane, signal });
		void queue.embed(["stays!"], { lane: other });
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
		void queue.embed(["half"], { lane });
		void queue.embed(["second"], { lane });
		await expect(queue.embed(["x"], { lane })).rejects.toMatchObject(full);
		await expect(queue.embed(["fives"], { lane: other })).rejects.toMatchObject(
			full,
		);
		expect(queue.size).toBe(3);
	},
);

test("after its process died a lane still holds what it held, and no more comes in", async () => {
	const { queue, process } = connected({ texts: 2 });
	const documents = queue.embed(["a", "b"]);
	expect(process.texts()).toEqual(["a", "b"]);
	queue.disconnect("was ended by SIGKILL");
	await expect(queue.embed(["c"])).rejects.toMatchObject(full);
	const query = queue.embed(["query"], { lane: "search" });
	const next = new NotedProcess();
	queue.connect(next);
	for (const text of next.texts()) next.answer(queue, text);
	await expect(query).resolves.toHaveLength(1);
	await expect(documents).resolves.toHaveLength(2);
});

test("a few huge texts fill the queue as well, but a request alone is never too big for an empty one", async () => {
	const { queue, process } = connected({ characters: 10 });
	const huge = "h".repeat(50);
	const first = queue.embed([huge]);
	await expect(queue.embed(["a"])).rejects.toMatchObject({
		code: "too_many_requests",
	});
	process.answer(queue, huge);
	await first;
	const second = queue.embed(["a"]);
	process.answer(queue, "a");
	await expect(second).resolves.toHaveLength(1);
});

test("a request that could never be taken is not told to try again", async () => {
	const { queue } = connected({ texts: 2 });
	await expect(queue.embed(["a", "b", "c"])).rejects.toMatchObject({
		code: "too_large",
	});
	expect(queue.size).toBe(0);
});

test("an abandoned request makes room, here and in the process", async () => {
	const { queue, process } = connected();
	const controller = new AbortController();
	const { signal } = controller;
	const answer = queue.embed(["a", "b", "c"], { signal });
	process.answer(queue, "a");
	controller.abort(new Error("client left"));
	await expect(answer).rejects.toThrow("client left");
	expect(process.cancelled()).toEqual([process.idOf("b"), process.idOf("c")]);
	expect(queue.size).toBe(0);
	await expect(queue.embed(["d"], { signal })).rejects.toThrow("client left");
	void queue.embed(["x".repeat(60)]);
	void queue.embed(["y".repeat(40)]);
	expect(queue.size).toBe(2);
});

test("a text that cannot be read fails its request alone, and the rest of that is not run", async () => {
	const { queue, process } = connected({ inProcess: 3 });
	const bad = queue.embed(["bad", "more", "rest", "end"]);
	const good = queue.embed(["good"]);
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
	const answer = queue.embed(["a", "bb", "ccc"]);
	process.answer(queue, "a");
	queue.disconnect("was ended by SIGKILL");
	const query = queue.embed(["query"], { lane: "search" });
	const next = new NotedProcess();
	queue.connect(next);
	expect(next.texts()).toEqual(["query", "bb", "ccc"]);
	for (const text of next.texts()) next.answer(queue, text);
	expect((await answer).map(({ vector }) => vector[0])).toEqual([1, 2, 3]);
	await expect(query).resolves.toHaveLength(1);
});

test("a text that ends every process is given up with the cause, and the others live", async () => {
	const { queue, process } = connected({ inProcess: 1 });
	const poison = queue.embed(["poison"]);
	const behind = queue.embed(["behind"]);
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
	const waiting = queue.embed(["a", "b", "c"]);
	const error = new RuntimeStopped("unloaded");
	queue.close(error);
	await expect(waiting).rejects.toBe(error);
	await expect(queue.embed(["d"])).rejects.toBe(error);
	expect(queue.size).toBe(0);
});

test("no texts are no work", async () => {
	const { queue } = connected({ texts: 0 });
	await expect(queue.embed([])).resolves.toEqual([]);
});
