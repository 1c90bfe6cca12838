import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	type BulkResult,
	failedResult,
	inOrder,
	readBulkAnswer,
} from "../../ingest/bulk/bulk-answer.ts";

function answer(...items: string[]): string {
	return `{"took":3,"ingest_took":12,"errors":true,"items":[${items.join(",")}]}`;
}

describe("an answer to a bulk", () => {
	it("is read to the byte: numbers, escapes and brackets in texts", () => {
		const items = [
			'{"index":{"_index":"a","_id":"1]}\\"","_version":9223372036854775807,"status":201}}',
			'{"update":{"_index":"a","_id":"2","status":200,"get":{"_source":{"n":[1,{"x":"}"}],"big":123456789012345678901}}}}',
			'{"create":{"_index":"a","_id":null,"status":400,"error":{"type":"t","reason":"r \\\\"}}}',
		];
		const read = readBulkAnswer(answer(...items));
		expect(read?.items.map(({ json }) => json)).toEqual(items);
		expect(read?.ingestTook).toBe(12);
		expect(read?.items[0]).toMatchObject({ id: '1]}"', unsent: false });
		expect(read?.items[2]).toMatchObject({
			id: undefined,
			error: { type: "t", reason: "r \\" },
			unsent: true,
		});
	});

	it.each([
		'{"error":{"type":"x"},"status":400}',
		'{"took":1,"errors":false,"items":[{"index":7}]}',
		"took: 3",
	])("is not anything else: %s", (text) => {
		expect(readBulkAnswer(text)).toBeUndefined();
	});
});

/** What OpenSearch would have made of an item. */
interface Fate {
	id: string | undefined;
	fails: boolean;
}

const fates = fc.array(
	fc.record({
		id: fc.option(fc.constantFrom("a", "b", "c", "d"), { nil: undefined }),
		fails: fc.boolean(),
	}),
	{ maxLength: 12 },
);

describe("results", () => {
	it("are given to the items that they are of, however those that failed were shuffled", () => {
		fc.assert(
			fc.property(fates, fc.infiniteStream(fc.nat()), (sent, numbers) => {
				const made = sent.map((fate, place) => resultOf(fate, place));
				const failed = made.filter(({ unsent }) => unsent);
				for (let at = failed.length - 1; at > 0; at--) {
					const other = (numbers.next().value ?? 0) % (at + 1);
					const [a, b] = [failed[at], failed[other]];
					if (a && b) [failed[at], failed[other]] = [b, a];
				}
				const answered = made.map((result) =>
					result.unsent ? (failed.shift() ?? result) : result,
				);
				const targets = sent.map(({ id }) => ({
					operation: "index",
					index: "i",
					id,
				}));
				const ordered = inOrder(answered, targets);
				expect([...ordered].sort(byJson)).toEqual([...made].sort(byJson));
				for (const [place, { id, fails }] of sent.entries()) {
					const result = ordered[place];
					expect(result?.unsent).toBe(fails);
					if (!fails) expect(result).toBe(made[place]);
					else expect(result?.id).toBe(id);
				}
			}),
		);
	});
});

function resultOf({ id, fails }: Fate, place: number): BulkResult {
	const target = {
		operation: "index",
		index: "i",
		id: id ?? (fails ? undefined : `auto${place}`),
	};
	if (fails)
		return failedResult(target, {
			status: 400,
			type: "t",
			reason: `of ${place}`,
		});
	return {
		json: `{"index":{"place":${place}}}`,
		status: 201,
		...target,
		error: undefined,
		unsent: false,
	};
}

function byJson(a: BulkResult, b: BulkResult): number {
	return a.json < b.json ? -1 : 1;
}
