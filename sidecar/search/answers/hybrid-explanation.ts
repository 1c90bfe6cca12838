import { type AnswerHit, scoreJson } from "./answer-hit.ts";
import type { SearchAnswer } from "./search-answer.ts";

/** How the score of one of a hybrid query's hits came about. */
export interface HybridExplanation {
	/** What the score is; without it, the hit's own. */
	readonly value?: number;
	/** As in `arithmetic_mean, weights [0.3, 0.7] combination of:`. */
	readonly description: string;
	/** Of the sub-queries that found the document, in their order. */
	readonly details: readonly SubQueryExplanation[];
}

export interface SubQueryExplanation {
	/** What was made of its score, and how; without it, the score counts as it is. */
	readonly normalized?: {
		readonly value: number;
		readonly description: string;
	};
	/** The sub-query's own `_explanation`, as JSON. */
	readonly explanation: string;
}

/** By {@link hitKey}. */
export type HybridExplanations = ReadonlyMap<string, HybridExplanation>;

/** Names a document among those of a search: with different routings, several documents of an index may have one id. */
export function hitKey({
	index,
	id,
	routing,
}: Pick<AnswerHit, "index" | "id"> & {
	routing?: string | undefined;
}): string {
	return JSON.stringify(
		routing === undefined ? [index, id] : [index, id, routing],
	);
}

/** `hybrid_score_explanation`: shows with each hit how its score came about. Hits that no hybrid query found stay as they are. */
export function explainHits(
	answer: SearchAnswer,
	explanations: HybridExplanations,
): void {
	for (const hit of answer.hits) {
		const found = explanations.get(hitKey(hit));
		if (found) hit.set("_explanation", explanationJson(found, hit.score));
	}
}

function explanationJson(
	{ value, description, details }: HybridExplanation,
	score: number,
): string {
	const parts = details.map(({ normalized, explanation }) =>
		normalized
			? explained(normalized.value, normalized.description, [explanation])
			: explanation,
	);
	return explained(value ?? score, description, parts);
}

function explained(
	value: number,
	description: string,
	details: readonly string[],
): string {
	return `{"value":${scoreJson(value)},"description":${JSON.stringify(description)},"details":[${details.join(",")}]}`;
}
