import { readFile } from "node:fs/promises";
import { Tokenizer } from "tokenizers";
import { SidecarError } from "../errors.ts";
import { readTokenizerFile } from "./tokenizer-file.ts";

/** A text as a model reads it; both arrays are [tokens]. */
export interface TokenizedText {
	ids: Int32Array;
	typeIds: Int32Array;
	/** Whether the text had more tokens than the window. */
	truncated: boolean;
}

/**
 * The most UTF-16 units that go through the library at once: it needs some 180 bytes for each of them, and it
 * tokenises the whole of a text before it cuts it.
 */
const longestPiece = 1_000_000;

/** A first guess at the characters that fill a window; a wrong one costs time only. */
const charactersPerToken = 8;

/**
 * A model's tokenizer: Hugging Face's own library, so that the tokens are those the model was trained on.
 * Special tokens are on, padding is off, and a text is cut at the window (longest first, at its end); what
 * tokenizer.json says about padding and truncation is replaced.
 */
export class TextTokenizer {
	/** Tokens a text may have, special ones included. */
	readonly window: number;
	readonly #tokenizer: Tokenizer;
	readonly #prefixStable: boolean;

	private constructor(
		tokenizer: Tokenizer,
		options: { window: number; prefixStable: boolean },
	) {
		this.window = options.window;
		this.#tokenizer = tokenizer;
		this.#prefixStable = options.prefixStable;
	}

	/**
	 * Reads a tokenizer.json. The window is `maxLength`, else the file's own truncation, else 512. Throws
	 * `bad_request` for a file that the library does not take or a window without room for a token.
	 */
	static async fromFile(
		path: string,
		maxLength?: number,
	): Promise<TextTokenizer> {
		const json = await readFile(path, "utf8");
		const file = readTokenizerFile(json);
		const window = maxLength ?? file.window;
		const tokenizer = parse(json);
		tokenizer.disablePadding();
		tokenizer.disableTruncation();
		// The library takes a window smaller than the special tokens for none at all.
		const special = (await tokenizer.encode("")).getLength();
		if (window <= special) {
			throw new SidecarError(
				"bad_request",
				`a window of ${window} tokens has no room beside ${special} special tokens`,
			);
		}
		tokenizer.setTruncation(window, { direction: "right", stride: 0 });
		return new TextTokenizer(tokenizer, {
			window,
			prefixStable: file.prefixStable,
		});
	}

	/**
	 * A text's tokens. A lone surrogate counts as U+FFFD. Throws `too_large` for a text of more than 1,000,000
	 * characters, unless its first words fill the window and decide the result, and `bad_request` for a text
	 * without tokens.
	 */
	async encode(text: string): Promise<TokenizedText> {
		for (const prefix of this.#prefixes(text)) {
			const tokenized = await this.#encodeWhole(prefix);
			if (tokenized.truncated) return tokenized;
		}
		const tokenized = await this.#encodeWhole(text);
		if (tokenized.ids.length === 0) {
			throw new SidecarError("bad_request", "the text has no tokens");
		}
		return tokenized;
	}

	/**
	 * Ever longer beginnings of a long text, each ending before a space. One that overflows the window has the
	 * result of the whole text; see `prefixStable`.
	 */
	*#prefixes(text: string): Generator<string> {
		if (!this.#prefixStable) return;
		let length = this.window * charactersPerToken;
		while (length < text.length) {
			const space = text.indexOf(" ", length);
			if (space < 0 || space > longestPiece) return;
			yield text.slice(0, space);
			length = space * 4;
		}
	}

	async #encodeWhole(text: string): Promise<TokenizedText> {
		if (text.length > longestPiece) {
			throw new SidecarError(
				"too_large",
				`the text has ${text.length} characters; this model's tokenizer takes ${longestPiece} at most`,
			);
		}
		const encoding = await this.#tokenizer.encode(text);
		return {
			ids: Int32Array.from(encoding.getIds()),
			typeIds: Int32Array.from(encoding.getTypeIds()),
			truncated: encoding.getOverflowing().length > 0,
		};
	}
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
