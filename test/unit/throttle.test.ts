import { describe, expect, it } from "vitest";
import { Throttle } from "../../sidecar/services/by-scroll/throttle.ts";

function throttleAt(rate: number, ended = new AbortController()) {
	let time = 1_000;
	const now = () => time;
	const throttle = new Throttle(rate, { now, ended: ended.signal });
	const pass = (ms: number) => {
		time += ms;
	};
	return { throttle, pass, ended };
}

describe("a throttle", () => {
	it("asks for as long as the documents were to take, less what they took", () => {
		const { throttle, pass } = throttleAt(10);
		pass(300);
		expect(throttle.delay(1_000, 5)).toBe(200);
		pass(300);
		expect(throttle.delay(1_000, 5)).toBe(0);
	});

	it("holds nothing back without a rate", async () => {
		const { throttle } = throttleAt(Number.POSITIVE_INFINITY);
		await throttle.hold(1_000, 1_000_000);
		expect(throttle.heldMs).toBe(0);
	});

	it("lets a wait of hours end when the rate is changed, or the run ends", async () => {
		const slow = throttleAt(0.001);
		const held = slow.throttle.hold(1_000, 100);
		expect(slow.throttle.remainingMs).toBe(100_000_000);
		slow.pass(60);
		slow.throttle.rate = Number.POSITIVE_INFINITY;
		await held;
		expect(slow.throttle.heldMs).toBe(60);
		expect(slow.throttle.remainingMs).toBe(0);

		const cancelled = throttleAt(0.001);
		const waiting = cancelled.throttle.hold(1_000, 100);
		cancelled.ended.abort();
		await waiting;
	});
});
