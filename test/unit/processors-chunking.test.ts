import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChunkRoom } from "../../ingest/processors/chunking/chunk-room.ts";
import { delimitedChunks } from "../../ingest/processors/chunking/delimited.ts";
import {
	chunksOfChars,
	chunksOfTokens,
} from "../../ingest/processors/chunking/fixed-length.ts";

/* Chunks were read off neural-search 3.6; tokens are words with one space between them. */

type Cut = (text: string, room: ChunkRoom) => string[];

function byChars(charLimit: number, overlapRate = 0): Cut {
	const algorithm = {
		name: "fixed_char_length",
		charLimit,
		overlapRate,
	} as const;
	return (text, room) => chunksOfChars(text, algorithm, room);
}

function byTokens(tokenLimit: number, overlapRate = 0): Cut {
	const algorithm = {
		name: "fixed_token_length",
		tokenizer: "standard",
		tokenLimit,
		overlapRate,
	} as const;
	return (text, room) => {
		const starts = [...text.matchAll(/[a-z]+/g)].map(({ index }) => index);
		return chunksOfTokens({ text, starts }, algorithm, room);
	};
}

function byDelimiter(delimiter: string): Cut {
	return (text, room) =>
		delimitedChunks(text, { name: "delimiter", delimiter }, room);
}

/** The chunks of the texts of one document. */
function chunksOf(cut: Cut, texts: readonly string[], limit?: number) {
	const room = new ChunkRoom(limit, texts.length);
	return texts.map((text) => {
		const chunks = cut(text, room);
		room.take(chunks.length);
		return chunks;
	});
}

describe("a text is cut", () => {
	it.each<[string, Cut, string, string[]]>([
		["every 3 characters", byChars(3), "abcdefgh", ["abc", "def", "gh"]],
		["at its end", byChars(3), "abcdef", ["abc", "def"]],
		["with surrogates", byChars(3), "a😀b😀c", ["a😀", "b😀", "c"]],
		["with overlap", byChars(3, 0.5), "abcdefgh", ["abc", "cde", "efg", "gh"]],
		["to the end but once", byChars(3, 0.5), "abcd", ["abc", "cd"]],
		["too small to overlap", byChars(1, 0.5), "abc", ["a", "b", "c"]],
		["every 2 tokens", byTokens(2), "one two three", ["one two ", "three"]],
		["before the first token", byTokens(2), " . one", [" . one"]],
		["without a token", byTokens(2), "...", []],
		[
			"with tokens that overlap",
			byTokens(4, 0.5),
			"a b c d e f g h i",
			["a b c d ", "c d e f ", "e f g h ", "g h i"],
		],
		[
			"with half a token too much",
			byTokens(3, 0.5),
			"a b c d e f g",
			["a b c ", "c d e ", "e f g"],
		],
		["behind a delimiter", byDelimiter("."), "a.b.c", ["a.", "b.", "c"]],
		["behind the last one", byDelimiter("."), "a.b.", ["a.", "b."]],
		["of delimiters", byDelimiter("."), "...", [".", ".", "."]],
		[
			"into paragraphs",
			byDelimiter("\n\n"),
			"a\n\nb\n\n\nc\n\n\n\nd",
			["a\n\n", "b\n\n", "\nc\n\n", "\n\n", "d"],
		],
	])("%s", (_how, cut, text, chunks) => {
		expect(chunksOf(cut, [text])).toEqual([chunks]);
	});
});

describe("the strings of a document share its limit", () => {
	const dots = byDelimiter(".");

	it.each<[number, Cut, string[], string[][]]>([
		[2, dots, ["a.b.c.d"], [["a.", "b.c.d"]]],
		[3, dots, ["a.b.c", "d.e.f"], [["a.", "b.c"], ["d.e.f"]]],
		[2, dots, ["a.b.c", "d.e.f"], [["a.b.c"], ["d.e.f"]]],
		[
			5,
			dots,
			["a.b.c", "d.e.f"],
			[
				["a.", "b.", "c"],
				["d.", "e.f"],
			],
		],
		[4, dots, ["a.b", "c.d", "e.f.g"], [["a.", "b"], ["c.d"], ["e.f.g"]]],
		[2, byTokens(2), ["a b c d e f g"], [["a b ", "c d e f g"]]],
		[2, byTokens(1), ["...", "a b c"], [[], ["a ", "b c"]]],
		[2, byChars(5, 0.3), ["abcdefghijklmnop"], [["abcde", "efghijklmnop"]]],
	])("of %i", (limit, cut, texts, chunks) => {
		expect(chunksOf(cut, texts, limit)).toEqual(chunks);
	});

	it("and none of them is cut where there are more strings than chunks", () => {
		const texts = ["a.b", "c.d", "e.f.g"];
		expect(chunksOf(dots, texts, 1)).toEqual([["a.b"], ["c.d"], ["e.f.g"]]);
	});
});

it("no character is lost, and no chunk is empty or too long", () => {
	fc.assert(
		fc.property(
			fc.string({ unit: fc.constantFrom("a", "b", ".", " ", "é") }),
			fc.integer({ min: 1, max: 9 }),
			fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
			(text, size, limit) => {
				for (const cut of [byChars(size), byDelimiter("."), byTokens(size)]) {
					const [chunks = []] = chunksOf(cut, [text], limit);
					const nothing = chunks.length === 0 && !/[a-z]/.test(text);
					expect(nothing ? text : chunks.join("")).toBe(text);
					expect(chunks).not.toContain("");
					expect(chunks.length).toBeLessThanOrEqual(limit ?? text.length);
				}
				const [chunks = []] = chunksOf(byChars(size), [text]);
				for (const chunk of chunks)
					expect(chunk.length).toBeLessThanOrEqual(size);
			},
		),
	);
});
