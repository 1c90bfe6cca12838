/*
 * Small tokenizer.json files of the kinds that encoders have beside WordPiece, in the form that Hugging Face's library
 * writes, so that every id can be told by hand.
 */

/** Special tokens of RoBERTa and XLM-RoBERTa, by id. */
const special = ["<s>", "<pad>", "</s>", "<unk>"];

/** The id of a byte in `robertaFile`: they follow the special tokens. */
export function byteId(byte: number): number {
	return special.length + byte;
}

/** Tokens of several bytes there, by id from `byteId(256)` on: each is put together of two that come before it. */
const merges = [
	["h", "e"],
	["l", "l"],
	["he", "ll"],
	["hell", "o"],
	["Ġ", "hello"],
	["Ġ", "w"],
] as const;

/** The id of a token of several bytes; `Ġ` is a space before it. */
export function mergedId(token: string): number {
	const index = merges.findIndex(([a, b]) => a + b === token);
	if (index < 0) throw new Error(`${token} is no merged token`);
	return byteId(256) + index;
}

/**
 * The letters that stand for the 256 bytes in byte-level BPE, by GPT-2's rule: bytes that Latin-1 can print stand for
 * themselves, the others for the letters from U+0100 on, in their order.
 */
function byteLetters(): string[] {
	let next = 256;
	return Array.from({ length: 256 }, (_, byte) => {
		const printable =
			(byte >= 33 && byte <= 126) ||
			(byte >= 161 && byte <= 172) ||
			(byte >= 174 && byte <= 255);
		return String.fromCharCode(printable ? byte : next++);
	});
}

function addedTokens(tokens: readonly string[]) {
	return tokens.map((content, id) => ({
		id,
		content,
		single_word: false,
		lstrip: false,
		rstrip: false,
		normalized: false,
		special: true,
	}));
}

/** Byte-level BPE with RoBERTa's special tokens; or GPT-2's way, without any. */
export function byteLevelFile({
	kind = "RoBERTa",
	prefixSpace = false,
	mergesAsText = false,
}: {
	kind?: "RoBERTa" | "GPT-2";
	prefixSpace?: boolean;
	/** As files wrote them until 2024. */
	mergesAsText?: boolean;
} = {}): object {
	const tokens = [
		...special,
		...byteLetters(),
		...merges.map(([a, b]) => a + b),
	];
	return {
		version: "1.0",
		truncation: null,
		padding: null,
		added_tokens: kind === "RoBERTa" ? addedTokens(special) : [],
		normalizer: null,
		pre_tokenizer: {
			type: "ByteLevel",
			add_prefix_space: prefixSpace,
			trim_offsets: true,
			use_regex: true,
		},
		post_processor:
			kind === "RoBERTa"
				? {
						type: "RobertaProcessing",
						sep: ["</s>", 2],
						cls: ["<s>", 0],
						trim_offsets: true,
						add_prefix_space: prefixSpace,
					}
				: { type: "ByteLevel", add_prefix_space: true, trim_offsets: false },
		decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true },
		model: {
			type: "BPE",
			dropout: null,
			unk_token: null,
			continuing_subword_prefix: "",
			end_of_word_suffix: "",
			fuse_unk: false,
			vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
			merges: mergesAsText ? merges.map((pair) => pair.join(" ")) : merges,
		},
	};
}

/** Pieces of `unigramFile` after the special tokens, each with its logarithm of a probability. */
const pieces = [
	["▁", -3],
	["▁hello", -4],
	["▁world", -4.5],
	["s", -5],
	["▁hell", -6],
	["o", -6],
	["水", -6],
	["管", -6],
] as const;

/** The id of a piece there. */
export function pieceId(piece: string): number {
	const index = pieces.findIndex(([known]) => known === piece);
	return index < 0 ? special.indexOf("<unk>") : special.length + index;
}

/** Unigram with XLM-RoBERTa's special tokens, as multilingual e5 and bge-m3 have it. */
export function unigramFile({
	oldForm = false,
}: {
	/** As files were written until 2024. */
	oldForm?: boolean;
} = {}): object {
	const metaspace = {
		type: "Metaspace",
		replacement: "▁",
		...(oldForm
			? { str_rep: "▁", add_prefix_space: true }
			: { prepend_scheme: "always", split: true }),
	};
	const token = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
	const text = (id: string) => ({ Sequence: { id, type_id: 0 } });
	const known = (id: string) => ({
		id,
		ids: [special.indexOf(id)],
		tokens: [id],
	});
	return {
		version: "1.0",
		truncation: null,
		padding: null,
		added_tokens: addedTokens(special),
		normalizer: {
			type: "Sequence",
			normalizers: [
				{ type: "NFKC" },
				{ type: "Replace", pattern: { Regex: " {2,}" }, content: " " },
			],
		},
		pre_tokenizer: {
			type: "Sequence",
			pretokenizers: [{ type: "WhitespaceSplit" }, metaspace],
		},
		post_processor: {
			type: "TemplateProcessing",
			single: [token("<s>"), text("A"), token("</s>")],
			pair: [
				token("<s>"),
				text("A"),
				token("</s>"),
				token("</s>"),
				text("B"),
				token("</s>"),
			],
			special_tokens: { "<s>": known("<s>"), "</s>": known("</s>") },
		},
		decoder: metaspace,
		model: {
			type: "Unigram",
			unk_id: special.indexOf("<unk>"),
			vocab: [...special.map((content) => [content, 0]), ...pieces],
		},
	};
}
