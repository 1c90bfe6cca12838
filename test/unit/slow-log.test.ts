import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { SlowLog } from "../../sidecar/services/search/slow-log.ts";

function logged(
	options: { thresholdMs: number; showsQueries: boolean },
	tookMs: number,
): string[] {
	const lines: string[] = [];
	const logger = pino({}, { write: (line: string) => lines.push(line) });
	new SlowLog({ logger, ...options }).note({
		body: Buffer.from('{"query":"what nobody is to read"}'),
		target: "books",
		queries: [{ type: "neural", field: "v", model_id: "m" }],
		tookMs,
		embedMs: 7.6,
	});
	return lines;
}

describe("the log of slow searches", () => {
	it("tells one search from another, and never what was asked", () => {
		const [line = "", ...more] = logged(
			{ thresholdMs: 10, showsQueries: false },
			12.3,
		);
		expect(more).toEqual([]);
		expect(JSON.parse(line)).toMatchObject({
			query: expect.stringMatching(/^[0-9a-f]{16}$/),
			index: "books",
			took_ms: 12,
			embed_ms: 8,
			models: ["m"],
		});
		expect(line).not.toContain("nobody");
	});

	it("shows what was asked where somebody has switched that on", () => {
		const [line = ""] = logged({ thresholdMs: 10, showsQueries: true }, 12.3);
		expect(JSON.parse(line).body).toBe('{"query":"what nobody is to read"}');
	});

	it.each([
		[10, 9.9],
		[0, 60_000],
	])(
		"with a threshold of %i ms holds no search of %d ms",
		(thresholdMs, took) => {
			expect(logged({ thresholdMs, showsQueries: true }, took)).toEqual([]);
		},
	);
});
