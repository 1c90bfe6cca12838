import { SidecarError } from "../../errors.ts";
import {
	checkNeuralQuery,
	knnRenderers,
} from "../../search/queries/neural-query.ts";
import type {
	ResolvedQuery,
	TextQuery,
} from "../../search/queries/text-query.ts";

/** What a search says besides its body of which model answers a query. */
export interface QueryContext {
	/** The indices that the search names; undefined where it names none. */
	target: string | undefined;
}

/** Finds out what OpenSearch is sent instead of a query. */
export class QueryResolver {
	/** @throws SidecarError for a query that is not valid where it stands */
	async resolve(
		query: TextQuery,
		_context: QueryContext,
	): Promise<ResolvedQuery> {
		const { modelId, text } = query;
		checkNeuralQuery(query, modelId);
		return {
			query,
			wanted: { modelId: modelId ?? "", text: text ?? "", form: "vector" },
			render(result) {
				if (result?.form !== "vector")
					throw new SidecarError("internal", "a neural query has no vector");
				return { renderers: knnRenderers(query, result.json) };
			},
		};
	}
}
