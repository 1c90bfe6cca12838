import { scoreJson } from "../answers/answer-hit.ts";
import {
	type HybridExplanation,
	type HybridExplanations,
	hitKey,
} from "../answers/hybrid-explanation.ts";
import type { HybridCombination } from "../pipelines/search-pipeline.ts";
import type { Candidate } from "./candidates.ts";

/** How candidates got their scores, in neural-search's words. */
export function explainCandidates(
	candidates: readonly Candidate[],
	combination: HybridCombination,
	minScore: number | undefined,
): HybridExplanations {
	const bounded =
		minScore === undefined
			? ""
			: ` [filtered by min_score: ${minScore.toFixed(4)}]`;
	const description = `${describeCombination(combination)} combination of${bounded}:`;
	const normalization = `${describeNormalization(combination)} normalization of:`;
	return byDocument(candidates, ({ parts }) => ({
		description,
		details: parts.flatMap(({ normalized, explanation }) =>
			explanation === undefined
				? []
				: {
						normalized: { value: normalized, description: normalization },
						explanation,
					},
		),
	}));
}

/** What the sub-queries say of candidates, without what became of it: neural-search's explanation where no processor asks for more. */
export function explainParts(
	candidates: readonly Candidate[],
): HybridExplanations {
	return byDocument(candidates, ({ parts }) => ({
		value: Math.max(...parts.map(({ raw }) => raw)),
		description: "combined score of:",
		details: parts.flatMap(({ explanation }) =>
			explanation === undefined ? [] : { explanation },
		),
	}));
}

function byDocument(
	candidates: readonly Candidate[],
	explain: (candidate: Candidate) => HybridExplanation,
): HybridExplanations {
	return new Map(
		candidates.map((candidate) => [hitKey(candidate), explain(candidate)]),
	);
}

function describeCombination({
	combination,
	weights,
}: HybridCombination): string {
	if (combination === "rrf" || weights.length === 0) return combination;
	return `${combination}, weights [${weights.map(scoreJson).join(", ")}]`;
}

function describeNormalization(combination: HybridCombination): string {
	if (combination.kind === "rrf")
		return `rrf, rank_constant [${combination.rankConstant}]`;
	const { normalization, lowerBounds, upperBounds } = combination;
	const bounds = [
		["lower", lowerBounds],
		["upper", upperBounds],
	] as const;
	const described = bounds.flatMap(([side, ofSide]) => {
		const each = ofSide?.map(
			({ mode, score }) => `(${mode}, ${scoreJson(score)})`,
		);
		return each ? `, ${side} bounds [${each.join(", ")}]` : [];
	});
	return normalization + described.join("");
}
