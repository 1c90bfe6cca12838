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
	readonly #limit = pLimit(analyzedAtOnce);

	constructor(analysis: AnalysisStore) {
		this.#analysis = analysis;
	}

	/**
	 * A list of chunks for each text, in order. The texts have `max_chunk_limit` in common: they are all those of a
	 * document that goes through `text_chunking`, or those of one `semantic` field of it.
	 *
	 * @throws InvalidDocument where a text has more tokens than its index allows
	 * @throws SidecarError where the cluster can't be asked
	 */
	async chunk(
		processor: ChunkingOptions,
		texts: readonly string[],
		terms: ChunkTerms,
	): Promise<string[][]> {
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
		let failed = false;
		const startsOf = async (text: string) => {
			signal.throwIfAborted();
			// After one that failed, those that have not begun are not wanted: nobody gets what stands for them.
			if (failed) return [];
			try {
				return await this.#analysis.tokenStarts({ text, tokenizer, index });
			} catch (error) {
				failed = true;
				throw error;
			}
		};
		return Promise.all(texts.map((text) => this.#limit(startsOf, text)));
	}
}

function taken(room: ChunkRoom, chunks: string[]): string[] {
	room.take(chunks.length);
	return chunks;
}
