import { expect, test, vi } from "vitest";
import type { Lane } from "../../sidecar/runtime/lanes.ts";
import type { TimedOutput } from "../../sidecar/runtime/process/runner.ts";
import { Scheduler } from "../../sidecar/runtime/process/scheduler.ts";

/** A scheduler over one or more workers whose runs end when the test says so, in the order they began. */
function scheduled(workerCount = 1) {
	const texts = new Map<number, string>();
	const begun: string[] = [];
	const answered: string[] = [];
	const failures: [string, unknown][] = [];
	const ends: (() => void)[] = [];
	const newRunner = () => {
		const worker = {
			idle: true,
			run: ({ ids }: { ids: Int32Array }) => {
				worker.idle = false;
				begun.push(texts.get(ids[0] ?? -1) ?? "?");
				return new Promise<TimedOutput>((resolve) => {
					ends.push(() => {
						worker.idle = true;
						const vector = Float32Array.of(1);
						resolve({ output: { kind: "vector", vector }, micros: 1 });
					});
				});
			},
		};
		return worker;
	};
	const scheduler = new Scheduler({
		tokenizer: {
			encode: async (input) => {
				const text = String(input);
				if (text === "bad") throw new Error("cannot be read");
				const id = [...texts].find(([, known]) => known === text)?.[0] ?? -1;
				return {
					ids: Int32Array.of(id),
					typeIds: Int32Array.of(0),
					truncated: false,
				};
			},
		},
		runners: Array.from({ length: workerCount }, newRunner),
		onRun: ({ input }) => answered.push(String(input)),
		onFailure: ({ input }, error) => failures.push([String(input), error]),
	});
	const submit = (lane: Lane, text: string): number => {
		const id = texts.size;
		texts.set(id, text);
		scheduler.submit({ id, lane, input: text });
		return id;
	};
	const endRun = (): void => ends.shift()?.();
	const untilBegun = (count: number) =>
		vi.waitFor(() => expect(begun).toHaveLength(count));
	return {
		scheduler,
		newRunner,
		submit,
		endRun,
		untilBegun,
		begun,
		answered,
		failures,
	};
}

test("an allocation that joins takes what waits, and does not wait for the next request", async () => {
	const { scheduler, newRunner, submit, untilBegun, begun } = scheduled();
	for (const text of ["i1", "i2", "i3", "i4"]) submit("ingest", text);
	await untilBegun(1);
	scheduler.add(newRunner());
	await untilBegun(2);
	scheduler.add(newRunner());
	await untilBegun(3);
	expect(begun).toEqual(["i1", "i2", "i3"]);
});

test("a query waits for the end of one run, not for the documents before it", async () => {
	const { submit, endRun, untilBegun, begun } = scheduled();
	for (const text of ["i1", "i2", "i3", "i4"]) submit("ingest", text);
	await untilBegun(1);
	submit("search", "query");
	// The query is tokenised while i1 still runs: nothing of it is left to do when the worker is free.
	await new Promise(setImmediate);
	for (let runs = 2; runs <= 5; runs++) {
		endRun();
		await untilBegun(runs);
	}
	expect(begun).toEqual(["i1", "query", "i2", "i3", "i4"]);
});

test("every worker has work as long as there is some", async () => {
	const { submit, untilBegun, answered, endRun } = scheduled(3);
	for (const text of ["a", "b", "c", "d", "e"]) submit("ingest", text);
	await untilBegun(3);
	endRun();
	endRun();
	await untilBegun(5);
	for (let i = 0; i < 3; i++) endRun();
	await vi.waitFor(() => expect(answered).toHaveLength(5));
});

test("an abandoned text is not run, one that runs is answered", async () => {
	const { scheduler, submit, endRun, untilBegun, begun, answered } =
		scheduled();
	const ids = ["a", "b", "c", "d", "e", "f"].map((text) =>
		submit("ingest", text),
	);
	await untilBegun(1);
	for (const id of ids.slice(0, 5)) scheduler.cancel(id);
	endRun();
	await untilBegun(2);
	endRun();
	await vi.waitFor(() => expect(answered).toEqual(["a", "f"]));
	expect(begun).toEqual(["a", "f"]);
});

test("a text that cannot be tokenised is said to be so, and holds up no other", async () => {
	const { submit, untilBegun, failures, begun } = scheduled();
	submit("ingest", "bad");
	submit("ingest", "good");
	await untilBegun(1);
	expect(begun).toEqual(["good"]);
	expect(failures).toEqual([["bad", new Error("cannot be read")]]);
});
