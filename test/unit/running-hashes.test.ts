import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { StoredModel } from "../../schemas/model.ts";
import { RunningHashes } from "../../sidecar/services/running-hashes.ts";

const hashOf = (text: string) =>
	createHash("sha256").update(text).digest("hex");

/** What the document of a model of these chunks says. */
function stored(...chunks: string[]): StoredModel {
	return {
		name: "m",
		algorithm: "TEXT_EMBEDDING",
		model_version: "1",
		model_format: "ONNX",
		model_state: "REGISTERING",
		model_content_hash_value: hashOf(chunks.join("")),
		created_time: 0,
		last_updated_time: 0,
		total_chunks: chunks.length,
		sidecar: {
			chunk_index: "i",
			chunks: Object.fromEntries(
				chunks.map((text, number) => [
					number,
					{ size: text.length, sha256: hashOf(text) },
				]),
			),
			workers: {},
		},
	};
}

/** Sends a chunk; one that fails is not committed. */
async function send(
	hashes: RunningHashes,
	number: number,
	{
		text,
		id = "m",
		fails = false,
	}: { text: string; id?: string; fails?: boolean },
) {
	const followed = hashes.follow(id, number);
	const pieces = (async function* () {
		for (const letter of text) yield new TextEncoder().encode(letter);
	})();
	const passed: string[] = [];
	for await (const piece of followed?.watch(pieces) ?? pieces)
		passed.push(new TextDecoder().decode(piece));
	expect(passed.join("")).toBe(text);
	if (!fails) followed?.commit(hashOf(text));
}

describe("the hash of an upload", () => {
	it("is there at its end without reading it back", async () => {
		const hashes = new RunningHashes();
		await send(hashes, 0, { text: "abc" });
		await send(hashes, 1, { text: "de" });
		expect(hashes.take("m", stored("abc", "de"))).toBe(hashOf("abcde"));
	});

	it("does not hold a chunk that failed half-way and was sent again", async () => {
		const hashes = new RunningHashes();
		await send(hashes, 0, { text: "abc" });
		await send(hashes, 1, { text: "d", fails: true });
		await send(hashes, 1, { text: "de" });
		expect(hashes.take("m", stored("abc", "de"))).toBe(hashOf("abcde"));
	});

	it("starts over with the first chunk", async () => {
		const hashes = new RunningHashes();
		await send(hashes, 0, { text: "xyz" });
		await send(hashes, 0, { text: "abc" });
		expect(hashes.take("m", stored("abc"))).toBe(hashOf("abc"));
	});

	it.each([
		["in another order", [1, 0]],
		["with one left out", [0, 2, 1]],
	])("is not known of chunks that came %s", async (_order, numbers) => {
		const texts = ["a", "b", "c"].slice(0, numbers.length);
		const hashes = new RunningHashes();
		for (const number of numbers)
			await send(hashes, number, { text: texts[number] ?? "" });
		expect(hashes.take("m", stored(...texts))).toBeUndefined();
	});

	it("is not taken for that of chunks that were replaced since, here or elsewhere", async () => {
		const hashes = new RunningHashes();
		await send(hashes, 0, { text: "abc" });
		await send(hashes, 1, { text: "de" });
		expect(hashes.take("m", stored("abc", "xx"))).toBeUndefined();
	});

	it("takes memory for a bounded number of uploads", async () => {
		const hashes = new RunningHashes();
		for (let n = 0; n <= 256; n++)
			await send(hashes, 0, { text: "a", id: `m${n}` });
		expect(hashes.take("m0", stored("a"))).toBeUndefined();
		expect(hashes.take("m1", stored("a"))).toBe(hashOf("a"));
	});
});
