import { readFile } from "node:fs/promises";
import { Tokenizer } from "tokenizers";
import { SidecarError } from "../errors.ts";
import type { ModelInput } from "./model-result.ts";
import { readTokenizerFile, type TokenizerFile } from "./tokenizer-file.ts";

/** An input as a model reads it; both arrays are [tokens]. */
export interface TokenizedText {
	ids: Int32Array;
	typeIds: Int32Array;
	/** Whether the input had more tokens than the window. */
	truncated: boolean;
}

/**
 * The most UTF-16 units that go through the library at once: it needs some 180 bytes for each of them, and it
 * tokenises the whole of a text before it cuts it.
 */
const longestPiece = 1_000_000;

/** Tokens that a tokenizer may have; the largest in use have some 260,000. */
const mostTokens = 1_000_000;

/** UTF-16 units of all that its ids read as: a decoder can make a long text of every token. */
const mostCharacters = 16_777_216;

/** Ids that are read at a time. */
const idsAtOnce = 4_096;

/** A first guess at the characters that fill a window; a wrong one costs time only. */
const charactersPerToken = 8;

/**
 * A model's tokenizer: Hugging Face's own library, so that the tokens are those the model was trained on.
 * Special tokens are on, padding is off, and an input is cut at the window (of two texts the longer one first,
 * each at its end); what tokenizer.json says about padding and truncation is replaced.
 */
export class TextTokenizer {
	/** Tokens an input may have, special ones included. */
	readonly window: number;
	readonly #tokenizer: Tokenizer;
	readonly #file: TokenizerFile;

	private constructor(
		tokenizer: Tokenizer,
		window: number,
		file: TokenizerFile,
	) {
		this.window = window;
		this.#tokenizer = tokenizer;
		this.#file = file;
	}

	/**
	 * Reads a tokenizer.json. The window is `maxLength`, else the file's own truncation, else 512. Throws
	 * `bad_request` for a file that the library does not take, more than 1,000,000 tokens, or a window without room for a token beside the
	 * special ones, of which `pairs` of texts have more.
	 */
	static async fromFile(
		path: string,
		maxLength?: number,
		{ pairs = false }: { pairs?: boolean } = {},
	): Promise<TextTokenizer> {
		const json = await readFile(path, "utf8");
		const file = readTokenizerFile(json);
		const window = maxLength ?? file.window;
		const tokenizer = parse(json);
		const size = tokenizer.getVocabSize(true);
		if (size > mostTokens) throw pastLimit(`${size} tokens`, mostTokens);
		tokenizer.disablePadding();
		tokenizer.disableTruncation();
		// The library takes a window smaller than the special tokens for none at all.
		const nothing = await tokenizer.encode("", pairs ? "" : undefined);
		const special = nothing.getLength();
		if (window <= special) {
			throw new SidecarError(
				"bad_request",
				`a window of ${window} tokens has no room beside ${special} special tokens`,
			);
		}
		tokenizer.setTruncation(window, { direction: "right", stride: 0 });
		return new TextTokenizer(tokenizer, window, file);
	}

	/** Tokens that it has at all, added ones included. */
	get vocabularySize(): number {
		return this.#tokenizer.getVocabSize(true);
	}

	/**
	 * An input's tokens. A lone surrogate counts as U+FFFD. Throws `too_large` for a text of more than 1,000,000
	 * characters, unless it is alone and its first words fill the window and decide the result, and
	 * `bad_request` for an input without tokens.
	 */
	async encode(input: ModelInput): Promise<TokenizedText> {
		const tokenized = await (typeof input === "string"
			? this.#encodeText(input)
			: this.#encodeWhole(...input));
		if (tokenized.ids.length === 0) {
			throw new SidecarError("bad_request", "the text has no tokens");
		}
		return tokenized;
	}

	/**
	 * What each id reads as by itself, by id; special tokens, and ids that no token has, as nothing. Throws
	 * `bad_request` where an id, or the length of it all, is past what is kept for a model in memory.
	 */
	async vocabulary(): Promise<string[]> {
		const ids = Object.values(this.#tokenizer.getVocab(true));
		const count = 1 + ids.reduce((most, id) => Math.max(most, id), -1);
		if (count > mostTokens) throw pastLimit(`${count} token ids`, mostTokens);
		const vocabulary: string[] = [];
		let characters = 0;
		for (let first = 0; first < count; first += idsAtOnce) {
			const length = Math.min(idsAtOnce, count - first);
			const read = await this.#tokenizer.decodeBatch(
				Array.from({ length }, (_, index) => [first + index]),
				true,
			);
			characters += read.reduce((sum, token) => sum + token.length, 0);
			if (characters > mostCharacters)
				throw pastLimit(`${characters} characters in tokens`, mostCharacters);
			vocabulary.push(...read);
		}
		return vocabulary;
	}

	/**
	 * Tokens as a sentence. WordPiece's are put together as ml-commons does it: spaces between words, also before
	 * punctuation, in the case that the tokenizer left, special tokens shown. Others are decoded: there
	 * ml-commons leaves the marks that stand for spaces.
	 */
	async sentence(ids: Int32Array): Promise<string> {
		if (!this.#file.wordPiece) {
			return (await this.#tokenizer.decode([...ids], true)).trim();
		}
		const tokens = Array.from(ids, (id) => this.#tokenizer.idToToken(id) ?? "");
		return tokens.join(" ").replaceAll(" ##", "").trim();
	}

	async #encodeText(text: string): Promise<TokenizedText> {
		for (const prefix of this.#prefixes(text)) {
			const tokenized = await this.#encodeWhole(prefix);
			if (tokenized.truncated) return tokenized;
		}
		return this.#encodeWhole(text);
	}

	/**
	 * Ever longer beginnings of a long text, each ending before a space. One that overflows the window has the
	 * result of the whole text; see `prefixStable`.
	 */
	*#prefixes(text: string): Generator<string> {
		if (!this.#file.prefixStable) return;
		let length = this.window * charactersPerToken;
		while (length < text.length) {
			const space = text.indexOf(" ", length);
			if (space < 0 || space > longestPiece) return;
			yield text.slice(0, space);
			length = space * 4;
		}
	}

	async #encodeWhole(text: string, pair?: string): Promise<TokenizedText> {
		const length = Math.max(text.length, pair?.length ?? 0);
		if (length > longestPiece) {
			throw new SidecarError(
				"too_large",
				`the text has ${length} characters; this model's tokenizer takes ${longestPiece} at most`,
			);
		}
		const encoding = await this.#tokenizer.encode(text, pair);
		return {
			ids: Int32Array.from(encoding.getIds()),
			typeIds: Int32Array.from(encoding.getTypeIds()),
			truncated: encoding.getOverflowing().length > 0,
		};
	}
}

function pastLimit(what: string, limit: number): SidecarError {
	return new SidecarError(
		"bad_request",
		`tokenizer.json has ${what}; ${limit} are the most`,
	);
}

function parse(json: string): Tokenizer {
	try {
		return Tokenizer.fromString(json);
	} catch (cause) {
		const reason = cause instanceof Error ? cause.message : String(cause);
		throw new SidecarError(
			"bad_request",
			`tokenizer.json cannot be read: ${reason}`,
			{ cause },
		);
	}
}
