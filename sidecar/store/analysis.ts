import type { Client } from "@opensearch-project/opensearch";
import { InvalidDocument } from "../../ingest/invalid-definition.ts";
import { refusalIn, statusOf, storeError } from "./client.ts";

/** A text, and what is to take it apart. */
export interface TokenizedText {
	text: string;
	/** One of OpenSearch's own. */
	tokenizer: string;
	/** The index whose `index.analyze.max_token_count` bounds the answer; without it the cluster's default does. */
	index: string | undefined;
}

/** What the cluster's tokenizers make of texts. */
export class AnalysisStore {
	readonly #client: Client;

	constructor(client: Client) {
		this.#client = client;
	}

	/**
	 * Where the tokens of a text begin, in UTF-16 code units.
	 *
	 * @throws InvalidDocument where there are more of them than the index allows
	 */
	async tokenStarts(request: TokenizedText): Promise<number[]> {
		try {
			return await this.#analyze(request);
		} catch (error) {
			// Not there yet, closed, or a name of several indices: neural-search then takes the default too.
			const status = statusOf(error);
			if (request.index !== undefined && (status === 404 || status === 400))
				return this.tokenStarts({ ...request, index: undefined });
			const refusal = refusalIn(error);
			if (refusal?.type === "illegal_state_exception")
				throw new InvalidDocument(
					`analyzer ${request.tokenizer} throws exception: ${String(refusal.reason)}`,
				);
			throw storeError(error, `tokenize a text (${request.tokenizer})`);
		}
	}

	async #analyze({ text, tokenizer, index }: TokenizedText): Promise<number[]> {
		const { body } = await this.#client.indices.analyze({
			...(index !== undefined && { index }),
			filter_path: ["tokens.start_offset"],
			body: { tokenizer, text },
		});
		// Left out by the filter where there are none.
		return (body.tokens ?? []).map(({ start_offset }) => start_offset);
	}
}
