import { SidecarError } from "../errors.ts";

/** The truncation of tokenizers whose file names none, as in ml-commons. */
const defaultWindow = 512;

/** What a tokenizer.json says that matters beside the tokens themselves. */
export interface TokenizerFile {
	/** Its `truncation.max_length`, or 512. */
	window: number;
	/**
	 * Whether the tokens of a text up to a space (U+0020) are the first tokens of the whole text, for every text
	 * and every space. True for BERT's pipeline: its normalizer looks at single characters and at a letter
	 * with its marks, the pre-tokenizer splits at white space, WordPiece looks at one word, and no added token
	 * has white space in it. Any other pipeline counts as false.
	 */
	prefixStable: boolean;
	/** Whether its tokens are WordPiece's, whose mark of a word's later pieces is `##`. */
	wordPiece: boolean;
}

/** Reads a tokenizer.json's text. Throws `bad_request` for anything that is not a JSON object. */
export function readTokenizerFile(json: string): TokenizerFile {
	const file = parse(json);
	const truncation = objectOf(file.truncation);
	const window = truncation.max_length;
	return {
		window:
			typeof window === "number" && Number.isInteger(window) && window > 0
				? window
				: defaultWindow,
		prefixStable: isPrefixStable(file),
		wordPiece: objectOf(file.model).type === "WordPiece",
	};
}

function isPrefixStable(file: Record<string, unknown>): boolean {
	const normalizer = file.normalizer ?? null;
	const added = file.added_tokens ?? [];
	return (
		objectOf(file.model).type === "WordPiece" &&
		objectOf(file.pre_tokenizer).type === "BertPreTokenizer" &&
		(normalizer === null || objectOf(normalizer).type === "BertNormalizer") &&
		Array.isArray(added) &&
		added.every((token) => {
			const content = objectOf(token).content;
			return typeof content === "string" && !/\s/u.test(content);
		})
	);
}

function parse(json: string): Record<string, unknown> {
	let file: unknown;
	try {
		file = JSON.parse(json);
	} catch (cause) {
		throw new SidecarError("bad_request", "tokenizer.json is not JSON", {
			cause,
		});
	}
	if (!isObject(file)) {
		throw new SidecarError("bad_request", "tokenizer.json holds no object");
	}
	return file;
}

function objectOf(value: unknown): Record<string, unknown> {
	return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
