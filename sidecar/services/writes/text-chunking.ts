import pLimit from "p-limit";
import type { ChunkingOptions } from "../../../ingest/processors/chunking/algorithm-options.ts";
import { ChunkRoom } from "../../../ingest/processors/chunking/chunk-room.ts";
import { delimitedChunks } from "../../../ingest/processors/chunking/delimited.ts";
import {
	chunksOfChars,
	chunksOfTokens,
} from "../../../ingest/processors/chunking/fixed-length.ts";
import type { AnalysisStore } from "../../store/analysis.ts";

export interface ChunkTerms {
	/** The index that the document goes to. */
	index?: string;
	signal: AbortSignal;
}

/** Texts that the cluster is asked for the tokens of at the same time; it answers with 10,000 tokens each at most. */
const analyzedAtOnce = 4;

/** Cuts the texts of documents into chunks. */
export class TextChunkingService {
	readonly #analysis: AnalysisStore;

	constructor(analysis: AnalysisStore) {
		this.#analysis = analysis;
	}

	/**
	 * A JSON list of chunks for each text of one document, in order.
	 *
	 * @throws InvalidDocument where a text has more tokens than its index allows
	 * @throws SidecarError where the cluster can't be asked
	 */
	async chunk(
		processor: ChunkingOptions,
		texts: readonly string[],
		terms: ChunkTerms,
	): Promise<string[]> {
		const { algorithm, maxChunkLimit } = processor;
		const room = new ChunkRoom(maxChunkLimit, texts.length);
		switch (algorithm.name) {
			case "delimiter":
				return texts.map((text) =>
					taken(room, delimitedChunks(text, algorithm, room)),
				);
			case "fixed_char_length":
				return texts.map((text) =>
					taken(room, chunksOfChars(text, algorithm, room)),
				);
			case "fixed_token_length": {
				const starts = await this.#tokenStarts(
					texts,
					algorithm.tokenizer,
					terms,
				);
				return texts.map((text, index) => {
					const tokens = { text, starts: starts[index] ?? [] };
					return taken(room, chunksOfTokens(tokens, algorithm, room));
				});
			}
		}
	}

	async #tokenStarts(
		texts: readonly string[],
		tokenizer: string,
		{ index, signal }: ChunkTerms,
	): Promise<number[][]> {
		const limit = pLimit(analyzedAtOnce);
		try {
			return await Promise.all(
				texts.map((text) =>
					limit(() => {
						signal.throwIfAborted();
						return this.#analysis.tokenStarts({ text, tokenizer, index });
					}),
				),
			);
		} finally {
			// After one that failed, the others that have not begun are not wanted.
			limit.clearQueue();
		}
	}
}

function taken(room: ChunkRoom, chunks: string[]): string {
	room.take(chunks.length);
	return JSON.stringify(chunks);
}
