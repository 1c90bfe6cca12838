import { isDeepStrictEqual } from "node:util";
import pLimit from "p-limit";
import { SidecarError } from "../../errors.ts";
import type { TokenWeights } from "../../search/queries/rank-features.ts";
import { refusedQuery } from "../../search/search-failures.ts";
import type { AnalysisStore } from "../../store/analysis.ts";

/** Indices that are asked at the same time. */
const atOnce = 8;

/** Tokens of queries by the analyzers of the indices that are searched. */
export class QueryAnalysis {
	readonly #store: AnalysisStore;

	constructor(store: AnalysisStore) {
		this.#store = store;
	}

	/**
	 * @param indices none: by an analyzer of OpenSearch's own
	 * @throws SidecarError search_failed where an index has no such analyzer, in neural-search's words; bad_request where
	 * it has another one of that name
	 */
	async weights(
		text: string,
		analyzer: string,
		indices: readonly string[],
	): Promise<TokenWeights> {
		const limit = pLimit(atOnce);
		const asked = indices.length > 0 ? indices : [undefined];
		const [first = {}, ...others] = await limit.map(asked, async (index) => {
			const weights = await this.#store.tokenWeights({ text, analyzer, index });
			if (weights) return weights;
			throw refusedQuery(`Analyzer [${analyzer}] not found in shard context. `);
		});
		const different = others.findIndex(
			(weights) => !isDeepStrictEqual(weights, first),
		);
		if (different >= 0)
			throw new SidecarError(
				"bad_request",
				`the analyzer [${analyzer}] makes other tokens in [${indices[0]}] than in [${indices[different + 1]}]: search them one by one, or give the query [query_tokens]`,
			);
		return first;
	}
}
