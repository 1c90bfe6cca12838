import { performance } from "node:perf_hooks";
import { describe, expect, it } from "vitest";
import { Deadline } from "../../sidecar/services/deadline.ts";
import { parseTime, readTimeout } from "../../sidecar/services/time-value.ts";
import { BulkAdmission } from "../../sidecar/services/writes/bulk-admission.ts";

describe("a time", () => {
	it.each([
		["500ms", 500],
		["10s", 10_000],
		["10S", 10_000],
		[" 1s ", 1_000],
		["2m", 120_000],
		["1h", 3_600_000],
		["1d", 86_400_000],
		["10micros", 0.01],
		["0", 0],
		["-1", -1],
		["-01", -1],
		["+1s", 1_000],
		[`-${"0".repeat(30)}s`, 0],
		[`${"0".repeat(30)}7s`, 7_000],
		["9223372036854775807nanos", 2 ** 63 * 1e-6],
	])("is read as OpenSearch reads it: %j", (text, ms) => {
		expect(parseTime("timeout", text)).toBeCloseTo(ms, 9);
	});

	// The reasons are those of OpenSearch 3.6 for the same values.
	it.each([
		[
			"abc",
			"failed to parse setting [timeout] with value [abc] as a time value: unit is missing or unrecognized",
		],
		[
			"5",
			"failed to parse setting [timeout] with value [5] as a time value: unit is missing or unrecognized",
		],
		[
			"",
			"failed to parse setting [timeout] with value [] as a time value: unit is missing or unrecognized",
		],
		[
			"5M",
			"failed to parse setting [timeout] with value [5M] as a time value: unit is missing or unrecognized",
		],
		[
			"1w",
			"failed to parse setting [timeout] with value [1w] as a time value: unit is missing or unrecognized",
		],
		[
			"-5s",
			"failed to parse setting [timeout] with value [-5s] as a time value: negative durations are not supported",
		],
		[
			"1.5s",
			"failed to parse [1.5s], fractional time values are not supported",
		],
		[
			"99999999999999999999s",
			"failed to parse [99999999999999999999s], fractional time values are not supported",
		],
		["ms", "failed to parse [ms]"],
	])("that is none is refused in OpenSearch's words: %j", (text, reason) => {
		expect(() => parseTime("timeout", text)).toThrow(
			expect.objectContaining({ code: "bad_request", message: reason }),
		);
	});

	// Took from seconds to minutes, in which nobody else was answered.
	it.each([
		["digits", `${"9".repeat(10_000_000)}s`],
		["digits and a letter", `${"9".repeat(300_000)}x s`],
		["white space", `1${" ".repeat(300_000)}1s`],
	])("of many %s is refused at once, and keeps nobody waiting", (_, text) => {
		const begin = performance.now();
		expect(() => parseTime("timeout", text)).toThrow("failed to parse");
		expect(performance.now() - begin).toBeLessThan(1_000);
	});

	it("of nothing, or of less, holds nobody to it", () => {
		for (const text of [undefined, "0", "-1", "-1s", "0s"])
			expect(readTimeout(text)).toBeUndefined();
		expect(readTimeout("3s")).toBe(3_000);
	});
});

describe("a deadline", () => {
	it("gives up work that comes too late, with the time and the model", async () => {
		const never = new Promise<never>(() => undefined);
		await expect(Deadline.after(5).hold("m1", never)).rejects.toMatchObject({
			status: 408,
			type: "timeout_exception",
			message: "model m1 gave no answer within 5 ms",
		});
	});

	it("lets through what comes in time, be it a failure", async () => {
		const deadline = Deadline.after(60_000);
		expect(await deadline.hold("m", Promise.resolve(7))).toBe(7);
		const failure = new Error("no");
		await expect(deadline.hold("m", Promise.reject(failure))).rejects.toBe(
			failure,
		);
	});

	it("that is far away is not taken for one that has passed", async () => {
		const deadline = Deadline.after(Number.MAX_SAFE_INTEGER);
		expect(deadline.at).toBeGreaterThan(performance.now() + 1e9);
		// A timer past its limit fires at once.
		expect(deadline.remainingMs).toBeLessThan(2 ** 31);
	});
});

describe("a bulk", () => {
	it("is refused by a model's first call alone, and never after it has begun", () => {
		const bulk = new BulkAdmission();
		expect(bulk.whenFull("a")).toBe("refuse");
		expect(bulk.whenFull("b")).toBe("refuse");
		expect(bulk.whenFull("a")).toBe("wait");
		bulk.begin();
		expect(bulk.whenFull("c")).toBe("wait");
	});
});
