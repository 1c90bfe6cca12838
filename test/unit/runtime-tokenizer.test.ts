import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TextTokenizer } from "../../sidecar/runtime/tokenizer.ts";
import { readTokenizerFile } from "../../sidecar/runtime/tokenizer-file.ts";

/** BERT's pipeline with letters for a vocabulary; its own truncation is 12 from the left, its padding 20. */
const path = new URL(
	"../fixtures/tokenizers/small-wordpiece.json",
	import.meta.url,
).pathname;

let folder = "";
/** The same tokens, but nothing is known of its prefixes, so that every text is read whole. */
let wholePath = "";
/** With BERT's special tokens around pairs too. */
let pairPath = "";

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "tokenizer-test-"));
	const file = JSON.parse(await readFile(path, "utf8"));
	// No text here has this token; a space in one is what ends the proof that a prefix is enough.
	file.added_tokens.push({
		id: 61,
		content: "\u0001 \u0001",
		single_word: false,
		lstrip: false,
		rstrip: false,
		normalized: false,
		special: true,
	});
	wholePath = join(folder, "whole.json");
	await writeFile(wholePath, JSON.stringify(file));
	const special = (id: string, type_id: number) => ({
		SpecialToken: { id, type_id },
	});
	file.post_processor.pair = [
		special("[CLS]", 0),
		{ Sequence: { id: "A", type_id: 0 } },
		special("[SEP]", 0),
		{ Sequence: { id: "B", type_id: 1 } },
		special("[SEP]", 1),
	];
	pairPath = join(folder, "pair.json");
	await writeFile(pairPath, JSON.stringify(file));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a text is as long as it is: no padding, and the file's own window", async () => {
	const tokenizer = await TextTokenizer.fromFile(path);
	expect(tokenizer.window).toBe(12);
	const { ids, typeIds, truncated } = await tokenizer.encode("the word");
	expect([...ids]).toEqual([2, 8, 7, 3]);
	expect([...typeIds]).toEqual([0, 0, 0, 0]);
	expect(truncated).toBe(false);
});

test("a text that just fits is not said to be cut, and one token more is", async () => {
	const tokenizer = await TextTokenizer.fromFile(path, 6);
	const fits = await tokenizer.encode("the word the word");
	expect(fits).toMatchObject({ truncated: false });
	expect(fits.ids).toHaveLength(6);
	const cut = await tokenizer.encode("the word the word .");
	expect(cut).toMatchObject({ truncated: true, ids: fits.ids });
});

test("a cut text keeps its beginning, whatever side the file would cut", async () => {
	const tokenizer = await TextTokenizer.fromFile(path, 4);
	const { ids } = await tokenizer.encode("the word . , a");
	expect([...ids]).toEqual([2, 8, 7, 3]);
});

test("lone surrogates, controls and nothing at all are texts like others", async () => {
	const tokenizer = await TextTokenizer.fromFile(path);
	for (const text of ["\ud800", "a\udc00b", "", "\u0000", "\ufeff \u2028"]) {
		const { ids } = await tokenizer.encode(text);
		expect(ids.at(0)).toBe(2);
		expect(ids.at(-1)).toBe(3);
	}
});

test("reading only the beginning of a long text never changes its tokens", async () => {
	const quick = await TextTokenizer.fromFile(path, 5);
	const whole = await TextTokenizer.fromFile(wholePath, 5);
	const json = await readFile(path, "utf8");
	const wholeJson = await readFile(wholePath, "utf8");
	expect(readTokenizerFile(json).prefixStable).toBe(true);
	expect(readTokenizerFile(wholeJson).prefixStable).toBe(false);
	const piece = fc.constantFrom(
		..."abcwordthe",
		...["word", "the", ",", ".", " ", " ", "  ", "\u0301", "\u0323", "\ud800"],
		...["[SEP]", "[CLS]", "[MA", "SK]", "漢", "𠀀", "\u00ad", "\u00a0", "İ"],
		...["\u200d", "\t", "\u0000", "é", "Σ", "x".repeat(101)],
	);
	await fc.assert(
		fc.asyncProperty(
			fc.array(piece, { minLength: 40, maxLength: 160 }),
			async (pieces) => {
				const text = pieces.join("");
				expect(await quick.encode(text)).toEqual(await whole.encode(text));
			},
		),
		{ numRuns: 300 },
	);
});

test("a book is embedded by its first words without its other megabytes", async () => {
	const tokenizer = await TextTokenizer.fromFile(path);
	const book = "the word ".repeat(1_000_000);
	expect(await tokenizer.encode(book)).toMatchObject({ truncated: true });
});

test("megabytes that would have to be read whole are refused, not a crash for want of memory", async () => {
	const tokenizer = await TextTokenizer.fromFile(path);
	await expect(tokenizer.encode("w".repeat(1_000_001))).rejects.toMatchObject({
		code: "too_large",
		message: expect.stringContaining("1000001 characters"),
	});
});

test.each([
	["no JSON", "{", /not JSON/],
	["an array", "[]", /holds no object/],
	["another JSON", `{"model":{"type":"Magic"}}`, /cannot be read/],
])(
	"a tokenizer.json that is %s is refused with the reason",
	async (_, json, reason) => {
		const bad = join(folder, "bad.json");
		await writeFile(bad, json);
		await expect(TextTokenizer.fromFile(bad)).rejects.toMatchObject({
			code: "bad_request",
			message: expect.stringMatching(reason),
		});
	},
);

test("a window without room for a single token is refused when the model is loaded", async () => {
	await expect(TextTokenizer.fromFile(path, 2)).rejects.toMatchObject({
		code: "bad_request",
	});
});

test("a pair is read as one, its second text marked as such", async () => {
	const tokenizer = await TextTokenizer.fromFile(pairPath);
	const { ids, typeIds } = await tokenizer.encode(["the", "word"]);
	expect([...ids]).toEqual([2, 8, 3, 7, 3]);
	expect([...typeIds]).toEqual([0, 0, 0, 1, 1]);
});

test("of a pair that is too long the longer text is cut, and the short question stays", async () => {
	const tokenizer = await TextTokenizer.fromFile(pairPath, 8, { pairs: true });
	const context = "word ".repeat(20);
	const cut = await tokenizer.encode(["the the", context]);
	expect([...cut.ids]).toEqual([2, 8, 8, 3, 7, 7, 7, 3]);
	expect(cut.truncated).toBe(true);
	const both = await tokenizer.encode([context, context]);
	expect([...both.typeIds]).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
});

test("a window that has room for a text and none for a pair is refused for pairs", async () => {
	await expect(TextTokenizer.fromFile(pairPath, 3)).resolves.toBeDefined();
	await expect(
		TextTokenizer.fromFile(pairPath, 3, { pairs: true }),
	).rejects.toThrow(/3 special tokens/);
});

test("every token reads as itself, special ones as nothing", async () => {
	const tokenizer = await TextTokenizer.fromFile(path);
	const vocabulary = await tokenizer.vocabulary();
	expect(vocabulary).toHaveLength(tokenizer.vocabularySize);
	expect([2, 3, 7, 8].map((id) => vocabulary[id])).toEqual([
		"",
		"",
		"word",
		"the",
	]);
});

test("WordPiece's tokens make a sentence as in ml-commons: pieces joined, special tokens shown", async () => {
	const tokenizer = await TextTokenizer.fromFile(pairPath);
	const { ids } = await tokenizer.encode(["the words", "ab, the"]);
	expect(await tokenizer.sentence(ids)).toBe(
		"[CLS] the words [SEP] ab , the [SEP]",
	);
});

test("tokens of another kind make a sentence without the marks that stand for their spaces", async () => {
	const metaspace = {
		type: "Metaspace",
		replacement: "▁",
		prepend_scheme: "always",
		split: true,
	};
	const vocab = [
		["<unk>", 0],
		["▁my", -1],
		["▁name", -1],
		["s", -2],
	];
	const file = join(folder, "unigram.json");
	await writeFile(
		file,
		JSON.stringify({
			version: "1.0",
			added_tokens: [],
			pre_tokenizer: metaspace,
			decoder: metaspace,
			model: { type: "Unigram", unk_id: 0, vocab },
		}),
	);
	const tokenizer = await TextTokenizer.fromFile(file);
	const { ids } = await tokenizer.encode("my names");
	expect(await tokenizer.sentence(ids)).toBe("my names");
});

/** A tokenizer of single words, with these ids. */
async function wordsFile(
	name: string,
	vocab: Record<string, number>,
	decoder: object | null = null,
): Promise<string> {
	const model = { type: "WordLevel", vocab, unk_token: "[UNK]" };
	const file = { version: "1.0", added_tokens: [], model, decoder };
	const written = join(folder, name);
	await writeFile(written, JSON.stringify(file));
	return written;
}

test("a vocabulary too large to be kept in memory is refused", async () => {
	const vocab: Record<string, number> = { "[UNK]": 0 };
	for (let id = 1; id <= 1_000_000; id++) vocab[id] = id;
	await expect(
		TextTokenizer.fromFile(await wordsFile("many.json", vocab)),
	).rejects.toMatchObject({
		code: "bad_request",
		message: "tokenizer.json has 1000001 tokens; 1000000 are the most",
	});
});

test("a token whose id leaves a gap too large to be kept is refused", async () => {
	const vocab = { "[UNK]": 0, word: 4_000_000_000 };
	const tokenizer = await TextTokenizer.fromFile(
		await wordsFile("gap.json", vocab),
	);
	await expect(tokenizer.vocabulary()).rejects.toMatchObject({
		code: "bad_request",
		message: "tokenizer.json has 4000000001 token ids; 1000000 are the most",
	});
});

test("a decoder that makes long texts of short tokens is stopped", async () => {
	const vocab: Record<string, number> = { "[UNK]": 0 };
	for (let id = 1; id < 10_000; id++) vocab[`a${id}`] = id;
	const long = { type: "Replace", pattern: { String: "a" } };
	const tokenizer = await TextTokenizer.fromFile(
		await wordsFile("long.json", vocab, {
			...long,
			content: "x".repeat(5_000),
		}),
	);
	await expect(tokenizer.vocabulary()).rejects.toThrow(/characters in tokens/);
});
