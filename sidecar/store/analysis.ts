import type { Client } from "@opensearch-project/opensearch";
import { InvalidDocument } from "../../ingest/invalid-definition.ts";
import { isObject } from "../../ingest/json.ts";
import { SidecarError } from "../errors.ts";
import { refusalIn, statusOf, storeError } from "./client.ts";

/** A text, and what is to take it apart. */
export interface TokenizedText {
	text: string;
	/** One of OpenSearch's own. */
	tokenizer: string;
	/** The index whose `index.analyze.max_token_count` bounds the answer; without it the cluster's default does. */
	index: string | undefined;
}

/** A text, and the analyzer of an index that is to make tokens of it; without an index, one of OpenSearch's own. */
export interface AnalyzedText {
	text: string;
	analyzer: string;
	index: string | undefined;
}

/** What the cluster's tokenizers and analyzers make of texts. */
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

	/**
	 * The tokens of a text with their weights: what the analyzer keeps as a token's payload, a 32-bit float, else 1.
	 *
	 * @returns undefined where the index has no such analyzer
	 * @throws SidecarError bad_request where there are more of them than the index allows
	 */
	async tokenWeights({
		text,
		analyzer,
		index,
	}: AnalyzedText): Promise<Record<string, number> | undefined> {
		try {
			const { body } = await this.#client.indices.analyze({
				...(index !== undefined && { index }),
				body: { analyzer, text, explain: true, attributes: ["payload"] },
			});
			return Object.fromEntries(lastTokens(body).flatMap(weighted));
		} catch (error) {
			const refusal = refusalIn(error);
			if (statusOf(error) === 400) return undefined;
			if (refusal?.type === "illegal_state_exception")
				throw new SidecarError("bad_request", String(refusal.reason), {
					cause: error,
				});
			throw storeError(error, `analyze a query's text (${analyzer})`);
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

/** An analyzer of several parts explains each of them: the last one says what comes out. */
function lastTokens(answer: unknown): unknown[] {
	const detail = isObject(answer) ? answer.detail : undefined;
	if (!isObject(detail)) return [];
	const { analyzer, tokenizer, tokenfilters } = detail;
	const filter: unknown = Array.isArray(tokenfilters)
		? tokenfilters.at(-1)
		: undefined;
	const last = [analyzer, filter, tokenizer].find(isObject);
	return Array.isArray(last?.tokens) ? last.tokens : [];
}

/** Tokens that weigh nothing are left out. */
function weighted(token: unknown): [string, number][] {
	if (!isObject(token) || typeof token.token !== "string") return [];
	const weight = weightIn(token.payload);
	return weight > 0 ? [[token.token, weight]] : [];
}

/** @param payload bytes in hexadecimal digits as in `[40 82 59 4f]`, the first one the highest */
function weightIn(payload: unknown): number {
	if (typeof payload !== "string") return 1;
	const digits = payload.match(/[0-9a-f]+/g) ?? [];
	const bytes = Buffer.from(digits.map((digit) => Number.parseInt(digit, 16)));
	return bytes.length >= 4 ? bytes.readFloatBE() : 1;
}
