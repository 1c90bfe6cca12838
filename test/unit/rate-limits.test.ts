import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	RateLimits,
	readRateLimiter,
} from "../../sidecar/services/rate-limits.ts";

const perMinute = (limit: string) => [
	{ key: "model", limiter: { limit, unit: "MINUTES" } },
];

describe("a model's limit", () => {
	it("lets as many requests through at once as it says, and then one for each part of its unit", () => {
		const limits = new RateLimits();
		const take = (now: number) => limits.take(perMinute("3"), now, 1);
		expect([take(0), take(0), take(0)]).toEqual([
			undefined,
			undefined,
			undefined,
		]);
		expect(take(0)).toEqual({ key: "model", afterMs: 20_000 });
		expect(take(19_999)?.afterMs).toBeCloseTo(1);
		expect(take(20_001)).toBeUndefined();
		expect(take(20_001)).toBeDefined();
	});

	it("holds for all the sidecars together, and lets one request through at each", () => {
		const limits = new RateLimits();
		const share = () => limits.take(perMinute("4"), 0, 2);
		expect([share(), share(), share()?.afterMs]).toEqual([
			undefined,
			undefined,
			30_000,
		]);
		expect(
			limits.take([{ key: "a", limiter: { limit: "1", unit: "DAYS" } }], 0, 9),
		).toBeUndefined();
	});

	it("begins anew when it is changed", () => {
		const limits = new RateLimits();
		expect(limits.take(perMinute("1"), 0, 1)).toBeUndefined();
		expect(limits.take(perMinute("1"), 0, 1)).toBeDefined();
		expect(limits.take(perMinute("2"), 0, 1)).toBeUndefined();
	});

	it("has no effect while its unit or its limit is missing", () => {
		const limits = new RateLimits();
		for (const limiter of [{}, { limit: "1" }, { unit: "DAYS" }])
			for (let request = 0; request < 5; request++)
				expect(limits.take([{ key: "a", limiter }], 0, 1)).toBeUndefined();
	});

	it("is not used up by requests that another limit refuses", () => {
		const limits = new RateLimits();
		const both = [
			...perMinute("2"),
			{ key: "user", limiter: { limit: "1", unit: "MINUTES" } },
		];
		expect(limits.take(both, 0, 1)).toBeUndefined();
		expect(limits.take(both, 0, 1)?.key).toBe("user");
		expect(limits.take(both, 0, 1)?.key).toBe("user");
		expect(limits.take(perMinute("2"), 0, 1)).toBeUndefined();
		expect(limits.take(perMinute("2"), 0, 1)).toBeDefined();
	});

	it("never lets more through in a time than it says, whenever the requests come", () => {
		fc.assert(
			fc.property(
				fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 60 }),
				fc.integer({ min: 1, max: 10 }),
				(gaps, limit) => {
					const limits = new RateLimits();
					let now = 0;
					const passed: number[] = [];
					for (const gap of gaps) {
						now += gap;
						if (!limits.take(perMinute(String(limit)), now, 1))
							passed.push(now);
					}
					for (const [index, start] of passed.entries()) {
						const within = passed
							.slice(index)
							.filter((time) => time - start < 60_000);
						expect(within.length).toBeLessThanOrEqual(2 * limit);
					}
				},
			),
		);
	});

	it("of many users does not fill the memory, and the newest ones are kept", () => {
		const limits = new RateLimits();
		const once = (key: string) =>
			limits.take([{ key, limiter: { limit: "1", unit: "DAYS" } }], 0, 1);
		expect(once("first")).toBeUndefined();
		for (let user = 0; user < 10_000; user++) once(`user ${user}`);
		expect(once("user 9999")).toBeDefined();
		expect(once("first")).toBeUndefined();
	});
});

describe("a limit that a client writes", () => {
	it.each([
		[
			{ limit: 4, unit: "MINUTES" },
			{ limit: "4", unit: "MINUTES" },
		],
		[{ limit: "1.5" }, { limit: "1.5" }],
		[{}, {}],
		[{ other: 1 }, {}],
	])("%j is kept as %j", (written, kept) => {
		expect(readRateLimiter(written)).toEqual(kept);
	});

	it.each([0, -1, "x", "", " ", "Infinity", null, true, "0"])(
		"is refused as %j",
		(limit) => {
			expect(() => readRateLimiter({ limit })).toThrow(
				"Limit field must be a positive number.",
			);
		},
	);

	it.each(["minutes", "x", 1, null])("has no unit %j", (unit) => {
		expect(() => readRateLimiter({ unit })).toThrow("No enum constant");
	});

	it.each(["x", null, [1], 5])("is no %j", (value) => {
		expect(() => readRateLimiter(value)).toThrow("must be an object");
	});
});
