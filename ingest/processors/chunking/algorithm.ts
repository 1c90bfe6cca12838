/** Chunks of so many tokens of a tokenizer of OpenSearch's. */
export interface FixedTokenLength {
	readonly name: "fixed_token_length";
	readonly tokenLimit: number;
	readonly tokenizer: string;
	/** Share of a chunk's tokens that the next one begins with. */
	readonly overlapRate: number;
}

/** Chunks of so many UTF-16 code units. */
export interface FixedCharLength {
	readonly name: "fixed_char_length";
	readonly charLimit: number;
	/** Share of a chunk's code units that the next one begins with. */
	readonly overlapRate: number;
}

/** Chunks that end with a delimiter. */
export interface Delimiter {
	readonly name: "delimiter";
	readonly delimiter: string;
}

export type ChunkingAlgorithm = FixedTokenLength | FixedCharLength | Delimiter;
