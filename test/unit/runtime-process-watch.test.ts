import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ProcessWatch } from "../../sidecar/runtime/process-watch.ts";

beforeEach(() => {
	vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
});
afterEach(() => {
	vi.useRealTimers();
});

/** A process that answers when the test says so. */
function watched(hangMs: number) {
	const questions: unknown[] = [];
	const ends: string[] = [];
	const watch = new ProcessWatch(
		{
			send: (message) => questions.push(message),
			kill: (how) => ends.push(how),
		},
		hangMs,
	);
	return { watch, questions, ends };
}

test("a process that answers lives, and its memory is known", () => {
	const { watch, questions, ends } = watched(1_000);
	for (let i = 0; i < 40; i++) {
		watch.heard({ residentBytes: i, runningMs: 900 });
		vi.advanceTimersByTime(250);
	}
	expect(questions).toHaveLength(41);
	expect(ends).toEqual([]);
	expect(watch.residentBytes).toBe(39);
});

test("a process that gives no answer is ended, and it is said why", () => {
	const { ends } = watched(1_000);
	vi.advanceTimersByTime(1_000);
	expect(ends).toEqual([]);
	vi.advanceTimersByTime(250);
	expect(ends).toEqual(["hung: it was silent for 1000 ms, and was ended"]);
});

test("a process whose run does not end is ended, and it is said why", () => {
	const { watch, ends } = watched(1_000);
	watch.heard({ residentBytes: 1, runningMs: 1_001 });
	expect(ends).toEqual([
		"hung: a run took longer than 1000 ms, and it was ended",
	]);
});

test("a sidecar that was busy itself does not take a process for hanging", () => {
	const { ends } = watched(1_000);
	const real = performance.now.bind(performance);
	const now = vi.spyOn(performance, "now");
	now.mockImplementation(() => real() + 60_000);
	vi.advanceTimersByTime(250);
	expect(ends).toEqual([]);
	now.mockRestore();
});

test("a process that is stopped on purpose is not watched any more", () => {
	const { watch, questions } = watched(1_000);
	watch.stop();
	vi.advanceTimersByTime(10_000);
	expect(questions).toHaveLength(1);
});
