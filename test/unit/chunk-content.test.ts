import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
	decodeContent,
	encodeContent,
} from "../../sidecar/store/chunk-content.ts";

async function* cut(bytes: Uint8Array, size: number) {
	for (let start = 0; start < bytes.length; start += size)
		yield bytes.subarray(start, start + size);
}

async function collect(pieces: AsyncIterable<string | Uint8Array>) {
	const all: Buffer[] = [];
	for await (const piece of pieces) all.push(Buffer.from(piece));
	return Buffer.concat(all);
}

const fields = { model_id: "m", chunk_number: 3 };

describe("the document of a chunk", () => {
	it.each([1, 2, 3, 4, 5, 100, 65_536, 100_001])(
		"of %i bytes is JSON, and gives them back however both are cut",
		async (length) => {
			const bytes = randomBytes(length);
			for (const size of length > 1000 ? [4_099, 65_536] : [1, 2, 3, 7]) {
				const document = await collect(encodeContent(cut(bytes, size), fields));
				expect(JSON.parse(document.toString())).toEqual({
					content: bytes.toString("base64"),
					...fields,
				});
				const read = await collect(decodeContent(cut(document, size + 1)));
				expect(read.equals(bytes)).toBe(true);
			}
		},
	);

	it.each([`{"content":"AAAA`, ``, `{"con`])(
		"that ends early is an error that may pass, not a shorter model: %s",
		async (document) => {
			await expect(
				collect(decodeContent(cut(Buffer.from(document), 5))),
			).rejects.toMatchObject({ code: "upstream_broken" });
		},
	);

	it("that is another one is an error that does not pass", async () => {
		await expect(
			collect(decodeContent(cut(Buffer.from(`{"other":1,"more":2}`), 5))),
		).rejects.toMatchObject({ code: "internal" });
	});
});
