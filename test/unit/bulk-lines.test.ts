import { describe, expect, it } from "vitest";
import {
	type BulkItem,
	LineTooLong,
	readItems,
	splitLines,
	withPipeline,
} from "../../ingest/bulk/bulk-lines.ts";

async function* pieces(body: string, size: number): AsyncGenerator<Buffer> {
	const bytes = Buffer.from(body);
	for (let start = 0; start < bytes.length; start += size)
		yield bytes.subarray(start, start + size);
}

async function items(body: string, size = 7): Promise<BulkItem[]> {
	const read: BulkItem[] = [];
	for await (const batch of readItems(splitLines(pieces(body, size), 1_000)))
		read.push(...batch);
	return read;
}

function bytesOf(read: readonly BulkItem[]): string {
	return read
		.map(({ actionLine, source }) => `${actionLine}${source ?? ""}`)
		.join("");
}

const bodies = [
	`{"index":{"_index":"i","_id":"1"}}\n{"t":"a"}\n{"delete":{"_id":"2"}}\n{"create":{}}\n{"t":"ü😀"}\n`,
	`{"index":{}}\r\n{"t":"a"}\r\n`,
	`{"index":{}}\n{"t":"a"}`,
	`{"index":{}}\n`,
	`\n\n{"index":{}}\n\n`,
	`{"delete":{}}\n\n\n{"index":{}}\n{}\n\ngarbage\n\n{}\n`,
	`garbage\n{"index":{}}\n{"t":1}\n`,
	`{"index":{},"create":{}}\n{"t":1}\n`,
	``,
];

describe("a bulk body", () => {
	it.each(bodies)("passes to the byte, however it is cut: %j", async (body) => {
		for (const size of [1, 2, 3, 7, 1000])
			expect(bytesOf(await items(body, size))).toBe(body);
	});

	it("is read as OpenSearch reads it", async () => {
		const [first, second, third] = await items(bodies[0] ?? "");
		expect(first?.action).toEqual({
			operation: "index",
			index: "i",
			id: "1",
			pipeline: undefined,
		});
		expect(first?.source?.toString()).toBe(`{"t":"a"}\n`);
		expect(second?.action?.operation).toBe("delete");
		expect(second?.source).toBeUndefined();
		expect(third?.source?.toString()).toBe(`{"t":"ü😀"}\n`);
	});

	it("has no meaning after a line that is no action, since OpenSearch refuses it whole", async () => {
		const read = await items(`garbage\n{"index":{}}\n{"t":1}\n`);
		expect(read.map(({ action }) => action)).toEqual([undefined]);
	});

	it("keeps its blank lines, of which a small body can hold millions, in few pieces", async () => {
		const body = `\n\r\n{"index":{}}\n\n\n \n`;
		const [item, rest, ...others] = await items(body);
		expect(item?.actionLine.toString()).toBe(`\n\r\n{"index":{}}\n`);
		expect(item?.source?.toString()).toBe("\n");
		expect(rest?.actionLine.toString()).toBe("\n \n");
		expect(others).toEqual([]);
		expect(await items("\n".repeat(100_000), 65_536)).toHaveLength(25);
	});

	it("may begin with a byte order mark, and name indices by numbers, as OpenSearch allows", async () => {
		const [item] = await items(`\ufeff{"index":{"_index":5,"_id":7}}\n{}\n`);
		expect(item?.action).toMatchObject({ index: "5", id: "7" });
	});

	it("can have a pipeline named in an action line, of which all else stays", () => {
		const named = (line: string) =>
			withPipeline(Buffer.from(line), "p").toString();
		expect(named(`{ "index" : {} }\r\n`)).toBe(
			`{ "index" : {"pipeline":"p"} }\r\n`,
		);
		expect(named(`{"create":{"_id":12345678901234567890}}\n`)).toBe(
			`{"create":{"_id":12345678901234567890,"pipeline":"p"}}\n`,
		);
	});

	it("can't fill the memory with one endless line", async () => {
		const endless = splitLines(pieces("x".repeat(2_000), 100), 1_000);
		await expect(async () => {
			for await (const _line of endless);
		}).rejects.toThrow(LineTooLong);
	});
});
