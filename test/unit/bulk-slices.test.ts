import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BulkAction } from "../../ingest/bulk/bulk-lines.ts";
import {
	type BulkSlice,
	slicesOf,
} from "../../sidecar/services/writes/bulk-slices.ts";
import type { PreparedItem } from "../../sidecar/services/writes/ingest.ts";

const action: BulkAction = {
	operation: "index",
	index: "i",
	id: undefined,
	pipeline: undefined,
	routing: undefined,
};

function prepared(
	text: string,
	options: Partial<PreparedItem> & { broken?: boolean } = {},
): PreparedItem {
	const { broken = false, ...others } = options;
	const actionLine = Buffer.from(text);
	return {
		item: {
			action: broken ? undefined : action,
			actionLine,
			source: undefined,
		},
		lines: [actionLine],
		ours: false,
		unreadable: false,
		failure: undefined,
		held: undefined,
		refusal: undefined,
		...others,
	};
}

async function sliced(
	groups: PreparedItem[][],
	limits = { bytes: 20, items: 4 },
): Promise<BulkSlice[]> {
	async function* source() {
		yield* groups;
	}
	const slices: BulkSlice[] = [];
	for await (const slice of slicesOf(source(), limits)) slices.push(slice);
	return slices;
}

const textOf = async ({ body }: BulkSlice) =>
	Buffer.isBuffer(body) ? body.toString() : (await buffer(body)).toString();

describe("a bulk is cut into parts", () => {
	it("with every line in its place, each part within its limits, and the last one known as such", async () => {
		const lengths = fc.array(fc.array(fc.integer({ min: 1, max: 30 })));
		await fc.assert(
			fc.asyncProperty(lengths, async (sizes) => {
				const groups = sizes.map((group) =>
					group.map((size) => prepared(`${"x".repeat(size - 1)}\n`)),
				);
				const slices = await sliced(groups);
				const texts = await Promise.all(slices.map(textOf));
				const all = groups.flat();
				expect(texts.join("")).toBe(
					all.map(({ lines }) => lines.join("")).join(""),
				);
				expect(slices.flatMap(({ items }) => items)).toEqual(all);
				expect(slices.map(({ last }) => last)).toEqual(
					slices.map((_, at) => at === slices.length - 1),
				);
				for (const [at, { items }] of slices.entries()) {
					expect(items.length).toBeLessThanOrEqual(4);
					if (items.length > 1)
						expect(texts[at]?.length).toBeLessThanOrEqual(20);
				}
			}),
		);
	});

	it("but what is refused is not sent, and what OpenSearch can't read is sent by itself", async () => {
		const held = { status: 429, type: "t", reason: "later" };
		const slices = await sliced([
			[
				prepared("a\n"),
				prepared("b\n", { held }),
				prepared("c\n", { unreadable: true }),
				prepared("d\n"),
			],
		]);
		expect(await Promise.all(slices.map(textOf))).toEqual([
			"a\n",
			"c\n",
			"d\n",
		]);
		expect(slices[0]?.items).toHaveLength(2);
	});

	it("and a last line without an end gets one only where something follows it", async () => {
		const slices = await sliced([[prepared("a"), prepared("b")]]);
		expect(await Promise.all(slices.map(textOf))).toEqual(["a\nb"]);
	});

	it("up to the first line that is no action: from there on it is one stream, with what came before it in its part", async () => {
		const slices = await sliced([
			[prepared(`${"x".repeat(19)}\n`), prepared("a\n")],
			[prepared("wrong\n", { broken: true })],
			[prepared(`${"y".repeat(50)}\n`, { broken: true })],
		]);
		expect(slices.map(({ items }) => items.length)).toEqual([1, 1]);
		expect(await Promise.all(slices.map(textOf))).toEqual([
			`${"x".repeat(19)}\n`,
			`a\nwrong\n${"y".repeat(50)}\n`,
		]);
	});

	it("and blank lines are no part by themselves, unless there is nothing else", async () => {
		const blank = () => prepared("\n \n", { broken: true });
		const one = await sliced([[prepared("a\n"), blank()]]);
		expect(await Promise.all(one.map(textOf))).toEqual(["a\n\n \n"]);
		const none = await sliced([[blank()]]);
		expect(await Promise.all(none.map(textOf))).toEqual(["\n \n"]);
		expect(await sliced([])).toEqual([
			{ items: [], body: Buffer.alloc(0), last: true },
		]);
	});
});
