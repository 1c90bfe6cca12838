import { type IngestTopic, written } from "./case.ts";
import { characters, chunking, delimiter, fixed, words } from "./chunk-case.ts";

const lines = "first line\nsecond line\n\nsecond paragraph\n\n\nthird\n\n";
const odd = "  été ☃ 水管工 修理 don't e-mail a@b.org  http://c.d/e  x.y  ";

/** Texts cut into pieces by each of the algorithms. */
export const chunks: IngestTopic = {
	name: "chunking",
	cases: [
		written("an empty algorithm", chunking({}), { text: words }),
		written(
			"five tokens",
			fixed({ token_limit: 5 }),
			{ text: words },
			{ text: "one" },
			{ text: odd },
		),
		written("one token", fixed({ token_limit: 1 }), { text: "a b c" }),
		written("overlapping", fixed({ token_limit: 4, overlap_rate: 0.5 }), {
			text: words,
		}),
		written(
			"overlapping a little",
			fixed({ token_limit: 5, overlap_rate: 0.2 }),
			{ text: words },
		),
		written(
			"overlapping by less than a token",
			fixed({ token_limit: 3, overlap_rate: 0.3 }),
			{ text: words },
		),
		...[
			"standard",
			"letter",
			"lowercase",
			"whitespace",
			"uax_url_email",
			"classic",
			"thai",
		].map((tokenizer) =>
			written(
				`the tokenizer ${tokenizer}`,
				fixed({ token_limit: 3, tokenizer }),
				{ text: odd },
			),
		),
		written(
			"three chunks at most",
			fixed({ token_limit: 2, max_chunk_limit: 3 }),
			{ text: words },
		),
		written(
			"three chunks at most, overlapping",
			fixed({ token_limit: 4, overlap_rate: 0.5, max_chunk_limit: 3 }),
			{ text: words },
		),
		written(
			"one chunk at most",
			fixed({ token_limit: 2, max_chunk_limit: 1 }),
			{ text: words },
		),
		written("no limit", fixed({ token_limit: 1, max_chunk_limit: -1 }), {
			text: words,
		}),
		written(
			"three chunks at most of all the strings",
			fixed(
				{ token_limit: 2, max_chunk_limit: 3 },
				{ field_map: { list: "chunks", text: "more" } },
			),
			{ list: [words, words], text: words },
		),
		written(
			"characters",
			characters({ char_limit: 20 }),
			{ text: words },
			{ text: odd },
			{ text: "short" },
		),
		written(
			"characters, overlapping",
			characters({ char_limit: 20, overlap_rate: 0.25 }),
			{ text: words },
		),
		written("characters by default", characters({}), {
			text: words.repeat(40),
		}),
		written(
			"characters, three chunks at most",
			characters({ char_limit: 10, max_chunk_limit: 3 }),
			{ text: words },
		),
		written(
			"characters that are two in UTF-16",
			characters({ char_limit: 3 }),
			{ text: "a😀b😀😀c" },
		),
		written("a delimiter", delimiter({ delimiter: "\n" }), { text: lines }),
		written("a delimiter by default", delimiter({}), { text: lines }),
		written("a delimiter of letters", delimiter({ delimiter: "ve" }), {
			text: words,
		}),
		written("a delimiter that is not there", delimiter({ delimiter: "zz" }), {
			text: words,
		}),
		written(
			"a delimiter, two chunks at most",
			delimiter({ delimiter: "\n", max_chunk_limit: 2 }),
			{ text: lines },
		),
		written("delimiters alone", delimiter({ delimiter: "\n" }), {
			text: "\n\n",
		}),
	],
};
