import { vectorJson } from "../../ingest/vector-json.ts";
import { SidecarError } from "../errors.ts";
import { mayHoldNeural, SearchBody } from "../search/search-body.ts";
import { Deadline } from "./deadline.ts";
import type { EmbeddingService } from "./embedding.ts";
import type { RunTerms } from "./run-terms.ts";
import { readTimeout } from "./time-value.ts";
import type { TruncatedTexts } from "./truncated-texts.ts";

export interface SearchOptions {
	embedding: EmbeddingService;
	/** Neural queries in one request at most. */
	textsLimit: number;
	/** Time for the vectors where a search does not say how long it may take, milliseconds. */
	timeoutMs: number;
}

/** What a search request says besides its body. */
export interface SearchRequest {
	/** The parameter of that name: it stands before the body's field. */
	timeout: string | undefined;
	signal: AbortSignal;
	/** Is told of every text that was cut. */
	truncated: TruncatedTexts;
}

/** Makes searches of text into searches that an OpenSearch with k-NN alone can run. */
export class SearchService {
	readonly #options: SearchOptions;

	constructor(options: SearchOptions) {
		this.#options = options;
	}

	/** Whether the body of a search, or the beginning of one, may hold a `neural` query. */
	concerns(body: Buffer): boolean {
		return mayHoldNeural(body);
	}

	/**
	 * The body to send for the body of a search; undefined where it holds no `neural` query. The texts for one
	 * model are embedded together.
	 *
	 * @throws SidecarError
	 */
	async rewrite(
		body: Buffer,
		request: SearchRequest,
	): Promise<string | undefined> {
		const search = SearchBody.parse(body);
		if (!search) return undefined;
		const { textsLimit } = this.#options;
		if (search.clauses.length > textsLimit)
			throw new SidecarError(
				"bad_request",
				`the search holds ${search.clauses.length} neural queries, SIDECAR_PREDICT_TEXTS_LIMIT allows ${textsLimit}`,
			);
		const vectors = await this.#embed(search, this.#terms(search, request));
		return search.rewrite(
			search.clauses.map(({ modelId, text }) => {
				const vector = vectors.get(modelId)?.get(text);
				if (vector === undefined)
					throw new SidecarError("internal", "a query has no vector");
				return vector;
			}),
		);
	}

	#terms(
		search: SearchBody,
		{ timeout, signal, truncated }: SearchRequest,
	): RunTerms {
		const ofBody = readTimeout(search.timeout);
		const ms = timeout === undefined ? ofBody : readTimeout(timeout);
		const deadline = Deadline.after(ms ?? this.#options.timeoutMs);
		return { signal, deadline, truncated };
	}

	/** Vectors, as JSON texts, by model and text. */
	async #embed({ clauses }: SearchBody, terms: RunTerms) {
		const models = [...new Set(clauses.map(({ modelId }) => modelId))];
		const embedded = models.map(async (modelId) => {
			const texts = clauses
				.filter((clause) => clause.modelId === modelId)
				.map(({ text }) => text);
			const embeddings = await this.#options.embedding.embed({
				modelId,
				texts,
				lane: "search",
				contentType: "query",
				terms,
			});
			const vectors = embeddings.map(({ vector }) => vectorJson(vector));
			const byText = new Map(
				texts.map((text, index) => [text, vectors[index]]),
			);
			return [modelId, byText] as const;
		});
		return new Map(await Promise.all(embedded));
	}
}
