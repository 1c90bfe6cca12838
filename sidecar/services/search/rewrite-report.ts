import type { ResolvedQuery } from "../../search/queries/text-query.ts";
import type { QueryResults } from "./query-results.ts";

/** What became of a query of the sidecar's. */
export interface ReportedQuery {
	type: string;
	field: string;
	/** What follows is there only where a model was asked. */
	model_id?: string;
	/** What the model made of the text. */
	result?: "vector" | "tokens";
	/** Of the text as the model read it, special ones included. */
	tokens?: number;
	/** Whether the text was longer than the model's window, and cut. */
	truncated?: boolean;
	/** Whether the result was in the cache. */
	cached?: boolean;
}

/** What there is to say of a query, but never its text. */
export function reportQuery(
	{ query, wanted }: ResolvedQuery,
	results: QueryResults,
): ReportedQuery {
	const { name, field } = query;
	if (!wanted) return { type: name, field };
	const { tokens, truncated, kept } = results.facts(wanted);
	return {
		type: name,
		field,
		model_id: wanted.modelId,
		result: wanted.form,
		tokens,
		truncated,
		cached: kept,
	};
}
