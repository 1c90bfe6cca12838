import { expect, test } from "vitest";
import { tryWindow } from "../../sidecar/runtime/window-trial.ts";

/** A graph with so many positions, each of whose runs takes a millisecond for so many tokens. */
function graph(positions: number, tokensPerMs = Number.POSITIVE_INFINITY) {
	const tried: number[] = [];
	let time = 0;
	return {
		tried,
		now: () => time,
		async run(tokens: number) {
			tried.push(tokens);
			time += tokens / tokensPerMs;
			if (tokens > positions) throw new Error(`no position ${tokens}`);
		},
	};
}

test("a model with a position for every token of its window is tried up to it, and taken", async () => {
	const { run, now, tried } = graph(8192);
	await tryWindow(8192, run, { known: 640, now });
	expect(tried).toEqual([3, 1280, 2560, 5120, 8192]);
});

test("a model whose positions end before its window is refused when it is loaded, with the length that failed", async () => {
	const { run, now } = graph(2048);
	await expect(tryWindow(8192, run, { known: 640, now })).rejects.toMatchObject(
		{
			code: "bad_request",
			message:
				"the model cannot run a text of 2560 tokens, and its window is 8192: no position 2560",
		},
	);
});

test("a model that makes much of every length is not tried at one that could take all the memory", async () => {
	const { run, now, tried } = graph(1000, 50);
	await expect(tryWindow(1_000_000, run, { known: 400, now })).rejects.toThrow(
		"1600 tokens",
	);
	tried.length = 0;
	const slow = graph(1_000_000, 50);
	await tryWindow(1_000_000, slow.run, { known: 640, now: slow.now });
	expect(slow.tried).toEqual([3, 1280, 2560]);
});

test("a graph that takes no empty batch is not refused for that", async () => {
	const { run, now, tried } = graph(0);
	await tryWindow(8192, run, { known: 640, now });
	expect(tried).toEqual([3]);
});

test("a window that has been run already costs nothing", async () => {
	const { run, now, tried } = graph(512);
	await tryWindow(512, run, { known: 512, now });
	expect(tried).toEqual([]);
});
