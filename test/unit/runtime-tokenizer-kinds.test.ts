import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Tokenizer } from "tokenizers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TextTokenizer } from "../../sidecar/runtime/tokenizer.ts";
import {
	byteId,
	byteLevelFile,
	mergedId,
	pieceId,
	unigramFile,
} from "../helpers/made-tokenizers.ts";

let folder = "";
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "tokenizer-kinds-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The ids of a text's bytes where none of them are merged. */
function bytesOf(text: string): number[] {
	return [...new TextEncoder().encode(text)].map(byteId);
}

let made = 0;
async function written(file: object): Promise<string> {
	const path = join(folder, `${made++}.json`);
	await writeFile(path, JSON.stringify(file));
	return path;
}

async function tokenizer(file: object, window = 512): Promise<TextTokenizer> {
	return TextTokenizer.fromFile(await written(file), window);
}

/** RoBERTa's and XLM-RoBERTa's. */
const [begin, end] = [0, 2];

/** A text between the special tokens of either. */
function framed(...ids: number[]): number[] {
	return [begin, ...ids, end];
}

describe("byte-level BPE, as RoBERTa has it", () => {
	test.each([
		["a word that is a token", "hello", [mergedId("hello")]],
		[
			"a space that belongs to the next word",
			"hello world",
			[mergedId("hello"), mergedId("Ġw"), ...bytesOf("orld")],
		],
		["a space at the beginning", " hello", [mergedId("Ġhello")]],
		[
			"another case, which is another word",
			"HELLO hell",
			[...bytesOf("HELLO "), mergedId("hell")],
		],
		["an empty text", "", []],
		["an emoji of several parts", "👩‍🔧", bytesOf("👩‍🔧")],
		["Chinese", "水管", bytesOf("水管")],
		["German", "Rohr für", bytesOf("Rohr für")],
		["a lone surrogate", "\ud800", bytesOf("\ufffd")],
		["a control character", "\u0000", bytesOf("\u0000")],
		["a special token in the text", "hello</s>", [mergedId("hello"), end]],
	])("%s", async (_, text, expected) => {
		const { ids, typeIds } = await (await tokenizer(byteLevelFile())).encode(
			text,
		);
		expect([...ids]).toEqual(framed(...expected));
		expect(typeIds).toEqual(new Int32Array(ids.length));
	});

	test("with a space before every text the first word is a word like others", async () => {
		const file = byteLevelFile({ prefixSpace: true });
		const { ids } = await (await tokenizer(file)).encode("hello hello");
		expect([...ids]).toEqual(framed(mergedId("Ġhello"), mergedId("Ġhello")));
	});

	test("a pair has two tokens between its texts, and one type", async () => {
		const read = await tokenizer(byteLevelFile());
		const { ids, typeIds } = await read.encode(["hello", "hell"]);
		expect([...ids]).toEqual(
			framed(mergedId("hello"), end, end, mergedId("hell")),
		);
		expect(typeIds).toEqual(new Int32Array(ids.length));
	});

	test("a text is cut at the window inside its last character, as while the model was trained", async () => {
		const read = await tokenizer(byteLevelFile(), 6);
		const cut = await read.encode("hello水管");
		expect([...cut.ids]).toEqual(framed(mergedId("hello"), ...bytesOf("水")));
		expect(cut.truncated).toBe(true);
		expect(await read.encode("hello水")).toMatchObject({ truncated: false });
	});

	test("of a pair the longer text is cut, and both tokens between them stay", async () => {
		const path = await written(byteLevelFile());
		const read = await TextTokenizer.fromFile(path, 8, { pairs: true });
		const { ids, truncated } = await read.encode(["hello", "水管"]);
		expect([...ids]).toEqual(
			framed(mergedId("hello"), end, end, ...bytesOf("水")),
		);
		expect(truncated).toBe(true);
	});

	test("a window without room beside a pair's four special tokens is refused", async () => {
		const path = await written(byteLevelFile());
		await expect(
			TextTokenizer.fromFile(path, 4, { pairs: true }),
		).rejects.toThrow(/4 special tokens/);
	});

	test("merges in the form of older files are the same", async () => {
		const old = await tokenizer(byteLevelFile({ mergesAsText: true }));
		const { ids } = await old.encode("hello");
		expect([...ids]).toEqual(framed(mergedId("hello")));
	});

	test("tokens read as the text they came from", async () => {
		const read = await tokenizer(byteLevelFile());
		const { ids } = await read.encode("hello wörld 水");
		expect(await read.sentence(ids)).toBe("hello wörld 水");
	});
});

describe("byte-level BPE without special tokens, as GPT-2 has it", () => {
	test("a text is its own tokens and no more", async () => {
		const read = await tokenizer(byteLevelFile({ kind: "GPT-2" }));
		const { ids } = await read.encode("hello 水");
		expect([...ids]).toEqual([mergedId("hello"), ...bytesOf(" 水")]);
	});

	test("an empty text is refused, as it has nothing that could be embedded", async () => {
		const read = await tokenizer(byteLevelFile({ kind: "GPT-2" }));
		await expect(read.encode("")).rejects.toMatchObject({
			code: "bad_request",
			message: "the text has no tokens",
		});
	});
});

describe("Unigram, as XLM-RoBERTa and multilingual e5 have it", () => {
	test.each([
		["a word that is a piece", "hello", ["▁hello"]],
		["the likelier of two ways to cut a word", "hellos", ["▁hello", "s"]],
		[
			"spaces at the ends and in a row",
			"  hello   world ",
			["▁hello", "▁world"],
		],
		["an empty text", "", []],
		["Chinese", "水管", ["▁", "水", "管"]],
		["full-width letters", "ｈｅｌｌｏ", ["▁hello"]],
		["an emoji that is no piece", "hello 👍🏽", ["▁hello", "▁", "👍🏽"]],
		["a lone surrogate", "\udc00", ["▁", "\ufffd"]],
	])("%s", async (_, text, expected) => {
		const { ids, typeIds } = await (await tokenizer(unigramFile())).encode(
			text,
		);
		expect([...ids]).toEqual(framed(...expected.map(pieceId)));
		expect(typeIds).toEqual(new Int32Array(ids.length));
	});

	test("a pair has two tokens between its texts, and one type", async () => {
		const read = await tokenizer(unigramFile());
		const { ids, typeIds } = await read.encode(["hello", "world"]);
		expect([...ids]).toEqual(
			framed(pieceId("▁hello"), end, end, pieceId("▁world")),
		);
		expect(typeIds).toEqual(new Int32Array(ids.length));
	});

	test("a text is cut at the window, its last token stays", async () => {
		const read = await tokenizer(unigramFile(), 5);
		const cut = await read.encode("world ".repeat(9));
		const world = pieceId("▁world");
		expect([...cut.ids]).toEqual(framed(world, world, world));
		expect(cut.truncated).toBe(true);
		const fits = await read.encode("world ".repeat(3));
		expect(fits).toMatchObject({ ids: cut.ids, truncated: false });
	});

	test("older files, which say otherwise where spaces go, are the same", async () => {
		const read = await tokenizer(unigramFile({ oldForm: true }));
		const { ids } = await read.encode("hello world");
		expect([...ids]).toEqual(framed(pieceId("▁hello"), pieceId("▁world")));
		expect(await read.sentence(ids)).toBe("hello world");
	});
});

/** What the library makes of a text by itself, cut here. */
async function reference(file: object, text: string, window: number) {
	const library = Tokenizer.fromString(JSON.stringify(file));
	// With U+FFFD for every lone surrogate, as it has no bytes in UTF-8.
	const ids = (await library.encode(Buffer.from(text).toString())).getIds();
	return ids.length <= window ? ids : [...ids.slice(0, window - 1), end];
}

test.each([
	["BPE", byteLevelFile()],
	["Unigram", unigramFile()],
])(
	"any text has the tokens that the library gives it, cut at the window (%s)",
	async (_, file) => {
		const window = 20;
		const read = await tokenizer(file, window);
		const piece = fc.oneof(
			fc.constantFrom(
				"hello",
				"world",
				" ",
				"  ",
				"\n",
				"</s>",
				"水",
				"👍🏽",
				"é",
			),
			fc.string({ unit: "binary", maxLength: 4 }),
			fc.constantFrom("\ud800", "\udfff"),
		);
		const texts = fc.array(piece, { maxLength: 12 });
		await fc.assert(
			fc.asyncProperty(texts, async (pieces) => {
				const text = pieces.join("");
				const { ids } = await read.encode(text);
				expect([...ids]).toEqual(await reference(file, text, window));
			}),
			{ numRuns: 300 },
		);
	},
);

test("megabytes are refused where the whole text decides its first tokens, not a crash for want of memory", async () => {
	for (const file of [byteLevelFile(), unigramFile()]) {
		const read = await tokenizer(file);
		const book = "hello ".repeat(200_000);
		await expect(read.encode(book)).rejects.toMatchObject({
			code: "too_large",
			message: expect.stringContaining("1200000 characters"),
		});
	}
});
