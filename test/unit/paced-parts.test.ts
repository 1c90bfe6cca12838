import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { splitLines } from "../../ingest/bulk/bulk-lines.ts";
import { GuardedBulk } from "../../sidecar/proxy/access/guarded-bulk.ts";
import { guardedSearches } from "../../sidecar/proxy/access/guarded-searches.ts";
import { HiddenNames } from "../../sidecar/proxy/access/hidden-names.ts";
import { pacedParts } from "../../sidecar/proxy/access/paced-parts.ts";

const mebibyte = 1_048_576;
const names = new HiddenNames(new Set());

async function* atOnce(body: Buffer): AsyncGenerator<Buffer> {
	yield body;
}

/** What comes of parts, and how often others had their turn meanwhile. */
async function withTurns(
	parts: AsyncIterable<Buffer>,
): Promise<{ body: Buffer; parts: number; turns: number }> {
	const ended = new AbortController();
	let turns = 0;
	const others = (async () => {
		for (; !ended.signal.aborted; turns++) await setImmediate();
	})();
	const read: Buffer[] = [];
	for await (const part of parts) read.push(part);
	ended.abort();
	await others;
	return { body: Buffer.concat(read), parts: read.length, turns };
}

test("a body that came at once leaves others their turns", async () => {
	const body = Buffer.alloc(mebibyte, "x");
	const passed = await withTurns(pacedParts(atOnce(body)));
	expect(passed.body.equals(body)).toBe(true);
	expect(passed.turns).toBeGreaterThanOrEqual(63);
});

test.each(["\n", " \n", "{}\n{}\n", "\r\n"])(
	"a multi-search of nothing but %j passes in a few parts, and others have their turns",
	async (text) => {
		const body = Buffer.alloc(mebibyte, text);
		const lines = splitLines(pacedParts(atOnce(body)), mebibyte);
		const defaults = { index: undefined, hidden: false };
		const passed = await withTurns(
			guardedSearches(lines, "searches", { names, defaults }),
		);
		expect(passed.body.equals(body)).toBe(true);
		expect(passed.parts).toBeLessThanOrEqual(65);
		expect(passed.turns).toBeGreaterThanOrEqual(63);
	},
);

test("a bulk's blank lines hide no action from the guard", () => {
	const guard = new GuardedBulk(names);
	const body = `\n \r\n\t\n{"index":{"_index":".ml-sidecar-model"}}\n{}\n`;
	expect(() => guard.next(Buffer.from(body))).toThrow(
		"can be reached through its API",
	);
});
