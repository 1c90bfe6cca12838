import { expect, test } from "vitest";
import { LaneRoom } from "../../sidecar/runtime/lane-room.ts";
import { Pace } from "../../sidecar/runtime/pace.ts";

test("how long texts are in tokens is learned from texts, so that a queue of Chinese is not taken for an English one", () => {
	const pace = new Pace();
	expect(pace.tokensOf("x".repeat(400), 512)).toBe(102);
	for (let i = 0; i < 1_000; i++)
		pace.learn({ characters: 100, tokens: 102, truncated: false, micros: 1 });
	expect(pace.tokensOf("x".repeat(400), 512)).toBeGreaterThan(395);
});

test("a text has no more tokens than the window, and one that was cut teaches nothing about length", () => {
	const pace = new Pace();
	expect(pace.tokensOf("x".repeat(1_000_000), 512)).toBe(512);
	for (let i = 0; i < 1_000; i++)
		pace.learn({
			characters: 1_000_000,
			tokens: 512,
			truncated: true,
			micros: 1,
		});
	expect(pace.tokensOf("x".repeat(400), 512)).toBe(102);
});

test("how long a queue takes is learned from runs", () => {
	const pace = new Pace();
	const run = { characters: 40, tokens: 12, truncated: false, micros: 1_200 };
	for (let i = 0; i < 1_000; i++) pace.learn(run);
	expect(pace.timeFor(10_000, 1)).toBeCloseTo(1_000, -1);
	expect(pace.timeFor(10_000, 4)).toBeCloseTo(250, -1);
});

test("a lane that is full says what waits, what the limits are, and when to come again", () => {
	const limits = { inputs: 10, tokens: 100, characters: 1_000 };
	const room = new LaneRoom("ingest", limits);
	expect(room.fits({ inputs: 10, tokens: 5_000, characters: 5_000 })).toBe(
		true,
	);
	room.enter({ inputs: 2, tokens: 90, characters: 900 });
	expect(room.fits({ inputs: 1, tokens: 11, characters: 1 })).toBe(false);
	expect(room.fits({ inputs: 1, tokens: 1, characters: 101 })).toBe(false);
	expect(room.fits({ inputs: 9, tokens: 1, characters: 1 })).toBe(false);
	expect(room.fits({ inputs: 8, tokens: 10, characters: 100 })).toBe(true);
	expect(room.full(1_234)).toMatchObject({
		status: 429,
		type: "rejected_execution_exception",
		retryAfterMs: 1_234,
		message:
			"the model's ingest queue is full: 2 texts with some 90 tokens and 900 characters wait; 10, 100 and 1000 are the most",
	});
});

test("what could never be let in is refused as too large, with the limit", () => {
	const limits = { inputs: 10, tokens: 100, characters: 1_000 };
	const room = new LaneRoom("search", limits);
	const load = { inputs: 11, tokens: 1, characters: 1 };
	expect(() => room.checkPossible(load, 1)).toThrow(
		"the request has 11 texts; the model's queue holds 10",
	);
	expect(() => room.checkPossible({ ...load, inputs: 1 }, 268_435_457)).toThrow(
		"268435456 are the most",
	);
});
