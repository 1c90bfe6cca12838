import { expect, onTestFinished, test, vi } from "vitest";
import type { Lane } from "../../sidecar/runtime/lanes.ts";
import type { Grouping } from "../../sidecar/runtime/process/grouping.ts";
import type {
	Runner,
	TimedOutputs,
} from "../../sidecar/runtime/process/runner.ts";
import { Scheduler } from "../../sidecar/runtime/process/scheduler.ts";
import type { Tokens } from "../../sidecar/runtime/session.ts";

interface Run {
	texts: string[];
	/** After so many microseconds, with the way to where it ran and back in so many. */
	end: (micros?: number, elapsedMicros?: number) => void;
	fail: () => void;
}

/** A scheduler over one or more runners whose runs end when the test says so. A text has a token for each character. */
function scheduled(runnerCount = 1, grouping?: Grouping) {
	const texts: string[] = [];
	const runs: Run[] = [];
	const answered: string[] = [];
	const batches: number[] = [];
	const failures: [string, unknown][] = [];
	let allowed = 0;
	const newRunner = (threads = 1): Runner => ({
		threads,
		run: (inputs: readonly Tokens[]) =>
			new Promise<TimedOutputs>((resolve, reject) => {
				runs.push({
					texts: inputs.map(({ ids }) => texts[ids[0] ?? -1] ?? "?"),
					end: (micros = 1_000, elapsedMicros = micros) =>
						resolve({
							outputs: inputs.map(() => ({
								kind: "vector",
								vector: Float32Array.of(1),
							})),
							micros,
							elapsedMicros,
						}),
					fail: () => reject(new Error("the run failed")),
				});
			}),
	});
	const scheduler = new Scheduler({
		tokenizer: {
			encode: async (input) => {
				const text = String(input);
				if (text === "bad") throw new Error("cannot be read");
				const ids = new Int32Array(text.length).fill(texts.indexOf(text));
				return { ids, typeIds: new Int32Array(ids.length), truncated: false };
			},
		},
		runners: Array.from({ length: runnerCount }, () => newRunner()),
		onRun: ({ input }, { times }) => {
			answered.push(String(input));
			batches.push(times.batch);
		},
		onFailure: ({ input }, error) => failures.push([String(input), error]),
		onAllowed: () => {
			allowed++;
		},
	});
	if (grouping) scheduler.grouping = grouping;
	const submit = (lane: Lane, text: string): number => {
		const id = texts.length;
		texts.push(text);
		scheduler.submit({ id, lane, input: text });
		return id;
	};
	const begun = () => runs.map((run) => run.texts.join("+"));
	const untilBegun = async (count: number) => {
		for (let turn = 0; turn < 1_000 && runs.length < count; turn++)
			await untilTokenized();
		expect(runs).toHaveLength(count);
	};
	return {
		scheduler,
		newRunner,
		submit,
		runs,
		untilBegun,
		begun,
		answered,
		batches,
		failures,
		allowedTimes: () => allowed,
	};
}

/** Until everything that has been submitted is tokenised, as far as it will be. */
function untilTokenized(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}

test("an allocation that joins takes what waits, and does not wait for the next request", async () => {
	const { scheduler, newRunner, submit, untilBegun, begun } = scheduled();
	for (const text of ["i1", "i2", "i3", "i4"]) submit("ingest", text);
	await untilBegun(1);
	scheduler.add(newRunner());
	await untilBegun(2);
	scheduler.add(newRunner());
	await untilBegun(3);
	expect(begun()).toEqual(["i1", "i2", "i3"]);
});

test("an allocation that leaves finishes its run and gets nothing more", async () => {
	const { scheduler, newRunner, submit, runs, untilBegun, answered } =
		scheduled(0);
	const [stays, leaves] = [newRunner(), newRunner()];
	scheduler.add(stays);
	scheduler.add(leaves);
	for (const text of ["a", "b", "c"]) submit("ingest", text);
	await untilBegun(2);
	let left = false;
	const end = scheduler.remove(leaves).then(() => {
		left = true;
	});
	await untilTokenized();
	expect(left).toBe(false);
	runs[1]?.end();
	await end;
	expect(answered).toEqual(["b"]);
	expect(runs).toHaveLength(2);
	runs[0]?.end();
	await untilBegun(3);
});

test("a query waits for the end of one run, not for the documents before it", async () => {
	const { submit, runs, untilBegun, begun } = scheduled();
	for (const text of ["i1", "i2", "i3", "i4"]) submit("ingest", text);
	await untilBegun(1);
	submit("search", "query");
	// The query is tokenised while i1 still runs: nothing of it is left to do when the runner is free.
	await untilTokenized();
	for (let count = 2; count <= 5; count++) {
		runs.at(-1)?.end();
		await untilBegun(count);
	}
	expect(begun()).toEqual(["i1", "query", "i2", "i3", "i4"]);
});

test("documents get their turn, however many queries come", async () => {
	const { submit, runs, untilBegun, begun } = scheduled();
	submit("ingest", "i0");
	await untilBegun(1);
	for (let i = 1; i < 10; i++) submit("ingest", `i${i}`);
	for (let i = 0; i < 200; i++) submit("search", `q${i}`);
	for (let count = 2; count <= 101; count++) {
		await untilTokenized();
		runs.at(-1)?.end();
		await untilBegun(count);
	}
	const documents = begun().filter((text) => text.startsWith("i"));
	expect(documents.length).toBeGreaterThanOrEqual(6);
	expect(documents.length).toBeLessThanOrEqual(10);
});

test("while queries come, long runs of documents leave one allocation to them", async () => {
	const { submit, runs, untilBegun, begun } = scheduled(2);
	for (let i = 0; i < 6; i++) submit("ingest", `document ${i}`);
	await untilBegun(2);
	submit("search", "q1");
	await untilTokenized();
	runs[0]?.end();
	await untilBegun(3);
	runs[2]?.end(100);
	await untilTokenized();
	// One of the two is idle: the next query does not wait at all.
	expect(begun()).toEqual(["document 0", "document 1", "q1"]);
	submit("search", "q2");
	await untilBegun(4);
	runs[1]?.end();
	await untilBegun(5);
	expect(begun().at(-1)).toBe("document 2");
});

test("short runs of documents take all the allocations: a query waits no longer for them than for another query", async () => {
	const { submit, runs, untilBegun, begun } = scheduled(2);
	for (let i = 0; i < 6; i++) submit("ingest", `i${i}`);
	await untilBegun(2);
	submit("search", "q1");
	await untilTokenized();
	runs[0]?.end();
	await untilBegun(3);
	runs[2]?.end();
	await untilBegun(4);
	expect(begun()).toEqual(["i0", "i1", "q1", "i2"]);
});

test("every worker has work as long as there is some", async () => {
	const { submit, untilBegun, answered, runs } = scheduled(3);
	for (const text of ["a", "b", "c", "d", "e"]) submit("ingest", text);
	await untilBegun(3);
	for (const run of runs.slice(0, 2)) run.end();
	await untilBegun(5);
	for (const run of runs.slice(2)) run.end();
	await vi.waitFor(() => expect(answered).toHaveLength(5));
});

test("no more runs go on than are allowed, and it is said when that is so", async () => {
	const { scheduler, submit, runs, untilBegun, allowedTimes } = scheduled(3);
	scheduler.allow(0);
	expect(allowedTimes()).toBe(1);
	for (const text of ["a", "b", "c", "d", "e"]) submit("ingest", text);
	await untilTokenized();
	expect(runs).toHaveLength(0);
	scheduler.allow(2);
	await untilBegun(2);
	scheduler.allow(1);
	expect(allowedTimes()).toBe(2);
	runs[0]?.end();
	await vi.waitFor(() => expect(allowedTimes()).toBe(3));
	expect(runs).toHaveLength(2);
	runs[1]?.end();
	await untilBegun(3);
});

test("texts of equal length run together, others do not, and a query not with documents", async () => {
	const { submit, runs, untilBegun, begun, batches } = scheduled(1, {
		texts: 3,
		tokens: 4,
	});
	submit("ingest", "first");
	await untilBegun(1);
	for (const text of ["a1", "b1", "long1", "c22", "c1", "d1", "long2"])
		submit("ingest", text);
	submit("search", "q1");
	await untilTokenized();
	for (let count = 2; count <= 7; count++) {
		runs.at(-1)?.end();
		await untilBegun(count);
	}
	expect(begun()).toEqual([
		"first",
		"q1",
		"a1+b1+c1",
		"long1",
		"c22",
		"d1",
		"long2",
	]);
	expect(batches).toEqual([1, 1, 3, 3, 3, 1, 1, 1]);
});

test("a group leaves something for the other allocations", async () => {
	const { scheduler, submit, untilBegun, begun } = scheduled(2, {
		texts: 8,
		tokens: 4,
	});
	scheduler.allow(0);
	for (const text of ["a1", "b1", "c1", "d1"]) submit("ingest", text);
	await untilTokenized();
	scheduler.allow(2);
	await untilBegun(2);
	expect(begun()).toEqual(["a1+b1", "c1+d1"]);
});

test("what fails together is run again one by one: only the guilty text is refused", async () => {
	const { scheduler, submit, runs, untilBegun, begun, answered, failures } =
		scheduled(1, { texts: 8, tokens: 4 });
	scheduler.allow(0);
	for (const text of ["a1", "b1", "c1"]) submit("ingest", text);
	await untilTokenized();
	scheduler.allow(1);
	await untilBegun(1);
	runs[0]?.fail();
	await untilBegun(2);
	runs[1]?.end();
	await untilBegun(3);
	runs[2]?.fail();
	await untilBegun(4);
	runs[3]?.end();
	await vi.waitFor(() => expect(answered).toEqual(["a1", "c1"]));
	expect(begun()).toEqual(["a1+b1+c1", "a1", "b1", "c1"]);
	expect(failures.map(([text]) => text)).toEqual(["b1"]);
});

test("an abandoned text is not run, one that runs is answered", async () => {
	const { scheduler, submit, runs, untilBegun, begun, answered } = scheduled();
	const ids = ["a", "b", "c", "d", "e", "f"].map((text) =>
		submit("ingest", text),
	);
	await untilBegun(1);
	for (const id of ids.slice(0, 5)) scheduler.cancel(id);
	runs[0]?.end();
	await untilBegun(2);
	runs[1]?.end();
	await vi.waitFor(() => expect(answered).toEqual(["a", "f"]));
	expect(begun()).toEqual(["a", "f"]);
});

test.each(["while it waits", "while it is tokenised", "when it is ready"])(
	"a document's text that a query wants too goes first: %s",
	async (when) => {
		const { scheduler, submit, runs, untilBegun, begun } = scheduled();
		const ids = ["a", "b", "c", "d", "e", "f"].map((text) =>
			submit("ingest", text),
		);
		if (when === "while it is tokenised") scheduler.promote(ids[1] ?? -1);
		await untilBegun(1);
		await untilTokenized();
		const wanted =
			when === "while it waits" ? 5 : when === "when it is ready" ? 2 : 1;
		if (wanted !== 1) scheduler.promote(ids[wanted] ?? -1);
		await untilTokenized();
		runs[0]?.end();
		await untilBegun(2);
		expect(begun()[1]).toBe(["a", "b", "c", "d", "e", "f"][wanted]);
	},
);

test("a text that cannot be tokenised is said to be so, and holds up no other", async () => {
	const { submit, untilBegun, failures, begun } = scheduled();
	submit("ingest", "bad");
	submit("ingest", "good");
	await untilBegun(1);
	expect(begun()).toEqual(["good"]);
	expect(failures).toEqual([["bad", new Error("cannot be read")]]);
});

test("a text that comes alone is run by several threads, once they are known to be quicker than one, here or in another thread", async () => {
	vi.useFakeTimers({ toFake: ["performance"] });
	onTestFinished(() => void vi.useRealTimers());
	const { scheduler, newRunner, submit, runs, untilBegun } = scheduled(2);
	const one = vi.fn(newRunner(1).run);
	const several = vi.fn(newRunner(2).run);
	scheduler.lone = [
		{ threads: 1, run: one },
		{ threads: 2, run: several },
	];
	const query = async (text: string, elapsedMicros: number, afterMs = 1) => {
		vi.advanceTimersByTime(afterMs);
		submit("search", text);
		await untilBegun(runs.length + 1);
		// The way to another thread is what makes the difference.
		runs.at(-1)?.end(600, elapsedMicros);
		await untilTokenized();
	};
	const queries = async (count: number, elapsedMicros: number) => {
		for (let i = 0; i < count; i++) await query(String(i % 10), elapsedMicros);
	};
	await queries(10, 1_000);
	expect(one).toHaveBeenCalledTimes(0);
	await queries(10, 800);
	expect(one).toHaveBeenCalledTimes(10);
	await queries(15, 600);
	expect(several).toHaveBeenCalledTimes(15);
	// Two at once have a thread each.
	const before = runs.length;
	submit("search", "a");
	submit("search", "b");
	await untilBegun(before + 2);
	for (const run of runs.slice(before)) run.end();
	await untilTokenized();
	expect(several).toHaveBeenCalledTimes(15);
	// Whoever asks at the same time is expected to do so again, for a while.
	await query("c", 1_000);
	expect(several).toHaveBeenCalledTimes(15);
	await query("d", 600, 250);
	expect(several).toHaveBeenCalledTimes(16);
	// It had come while nobody could see it.
	await query("e", 1_000, 0);
	expect(several).toHaveBeenCalledTimes(16);
	// Other models have all processors but one.
	scheduler.allow(1);
	await query("f", 1_000, 250);
	expect(several).toHaveBeenCalledTimes(16);
});

test("a run that hangs can be seen", async () => {
	const { scheduler, submit, runs, untilBegun } = scheduled();
	expect(scheduler.runningSince).toBeUndefined();
	const before = performance.now();
	submit("ingest", "a");
	await untilBegun(1);
	expect(scheduler.runningSince).toBeGreaterThanOrEqual(before);
	runs[0]?.end();
	await vi.waitFor(() => expect(scheduler.runningSince).toBeUndefined());
});
