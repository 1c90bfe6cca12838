import { describe, expect, it } from "vitest";
import { failedResult, readBulkAnswer } from "../../ingest/bulk/bulk-answer.ts";
import { type BulkItem, readItems } from "../../ingest/bulk/bulk-lines.ts";
import { SidecarError } from "../../sidecar/errors.ts";
import { BatchWriter } from "../../sidecar/services/by-scroll/batch-writer.ts";
import { pauses } from "../../sidecar/services/by-scroll/pauses.ts";

async function itemsOf(count: number): Promise<BulkItem[]> {
	const lines = Array.from({ length: count }, (_, id) => [
		Buffer.from(`{"index":{"_index":"a","_id":"${id}"}}\n`),
		Buffer.from("{}\n"),
	]).flat();
	const batches = (async function* () {
		yield lines;
	})();
	const items: BulkItem[] = [];
	for await (const read of readItems(batches)) items.push(...read);
	return items;
}

/** What OpenSearch says of an item that it has written. */
function written({ action }: BulkItem) {
	const answer = `{"took":1,"errors":false,"items":[{"index":{"_index":"a","_id":"${action?.id}","result":"created","status":201}}]}`;
	const [result] = readBulkAnswer(answer)?.items ?? [];
	if (!result) throw new Error("no result");
	return result;
}

function rejected({ action }: BulkItem) {
	return failedResult(
		{ operation: "index", index: "a", id: action?.id },
		{
			status: 429,
			type: "rejected_execution_exception",
			reason: "full",
		},
	);
}

/** Writes by a function that says of each attempt's items what becomes of them. */
function writerBy(
	attempt: (items: BulkItem[], number: number) => ReturnType<typeof written>[],
	ended = new AbortController().signal,
) {
	const waits: number[] = [];
	const attempts: number[] = [];
	const writer = new BatchWriter({
		async *write(source) {
			const items: BulkItem[] = [];
			for await (const given of source) items.push(...given);
			attempts.push(items.length);
			yield {
				results: attempt(items, attempts.length),
				ingestTook: undefined,
				reply: undefined,
			};
		},
		retried: () => undefined,
		wait: async (ms) => {
			waits.push(ms);
		},
		ended,
	});
	return { writer, waits, attempts };
}

describe("a batch", () => {
	it("writes again those items alone that there was no room for", async () => {
		const { writer, waits, attempts } = writerBy((items, number) =>
			items.map((item, index) =>
				number < 3 && index % 2 === 1 ? rejected(item) : written(item),
			),
		);
		const results = await writer.write(await itemsOf(8));
		expect(results.map(({ id }) => id).sort()).toEqual([..."01234567"]);
		expect(results.filter(({ error }) => error)).toEqual([]);
		expect(attempts).toEqual([8, 4, 2]);
		expect(waits).toEqual([500, 510]);
	});

	it("writes everything again where the whole was turned away", async () => {
		const { writer, attempts } = writerBy((items, number) => {
			if (number === 1)
				throw new SidecarError("too_many_requests", "the queue is full");
			return items.map(written);
		});
		expect(await writer.write(await itemsOf(3))).toHaveLength(3);
		expect(attempts).toEqual([3, 3]);
	});

	it("gives up after about a minute, with what it was told", async () => {
		const { writer, waits } = writerBy((items) => items.map(rejected));
		const results = await writer.write(await itemsOf(2));
		expect(results.map(({ status }) => status)).toEqual([429, 429]);
		expect(waits).toEqual(pauses);
		const total = waits.reduce((sum, ms) => sum + ms, 0);
		expect(total).toBeGreaterThan(50_000);
		expect(total).toBeLessThan(70_000);
	});

	it("is not tried again once its run is to end", async () => {
		const { writer, attempts } = writerBy(
			(items) => items.map(rejected),
			AbortSignal.abort(),
		);
		const results = await writer.write(await itemsOf(2));
		expect(results.map(({ status }) => status)).toEqual([429, 429]);
		expect(attempts).toEqual([2]);
	});

	it("fails where there is no answer: nobody knows what was written", async () => {
		const { writer } = writerBy(() => {
			throw new SidecarError("upstream_unavailable", "away");
		});
		await expect(writer.write(await itemsOf(2))).rejects.toThrow("away");
	});
});
