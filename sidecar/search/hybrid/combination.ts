import type { HybridCombination, Mean } from "../pipelines/search-pipeline.ts";
import { refusedAnswers } from "../search-failures.ts";

/** What becomes of a hybrid query's scores where no pipeline says it: neural-search's defaults for a processor. */
export const defaultCombination: HybridCombination = {
	kind: "normalization",
	normalization: "min_max",
	lowerBounds: undefined,
	upperBounds: undefined,
	combination: "arithmetic_mean",
	weights: [],
};

/**
 * Checks that a pipeline is meant for as many sub-queries as there are.
 *
 * @throws SidecarError search_failed, in neural-search's words
 */
export function checkSubQueries(
	combination: HybridCombination,
	subQueries: number,
): void {
	const { weights } = combination;
	if (weights.length > 0 && weights.length !== subQueries)
		throw refusedAnswers(
			`number of weights [${weights.length}] must match number of sub-queries [${subQueries}] in hybrid query`,
		);
	if (combination.kind === "rrf") return;
	const { lowerBounds, upperBounds } = combination;
	for (const bounds of [lowerBounds, upperBounds])
		if (bounds && bounds.length !== subQueries)
			throw refusedAnswers(
				`expected bounds array to contain ${subQueries} elements matching the number of sub-queries, but found a mismatch`,
			);
}

/**
 * A document's score, of its normalized scores by sub-query, 0 for one that did not find it. In single precision, as
 * neural-search calculates.
 */
export function combine(
	scores: readonly number[],
	{ combination, weights }: HybridCombination,
): number {
	return combiners[combination](
		scores.map((score, index) => ({
			score,
			weight: Math.fround(weights[index] ?? 1),
		})),
	);
}

interface Weighted {
	score: number;
	weight: number;
}

const combiners: Record<Mean | "rrf", (scores: readonly Weighted[]) => number> =
	{
		arithmetic_mean(scores) {
			const all = weightOf(scores);
			return all === 0 ? 0 : Math.fround(weightedSum(scores) / all);
		},
		/** Scores of nothing have no logarithm: they don't count. */
		geometric_mean(scores) {
			const counted = scores.filter(({ score }) => score > 0);
			const all = weightOf(counted);
			if (all === 0) return 0;
			const logarithms = counted.reduce(
				(sum, { score, weight }) => Math.fround(sum + weight * Math.log(score)),
				0,
			);
			return Math.fround(Math.exp(Math.fround(logarithms / all)));
		},
		harmonic_mean(scores) {
			const counted = scores.filter(({ score }) => score > 0);
			const inverses = counted.reduce(
				(sum, { score, weight }) =>
					Math.fround(sum + Math.fround(weight / score)),
				0,
			);
			return inverses > 0 ? Math.fround(weightOf(counted) / inverses) : 0;
		},
		rrf: weightedSum,
	};

function weightedSum(scores: readonly Weighted[]): number {
	return scores.reduce(
		(sum, { score, weight }) => Math.fround(sum + Math.fround(score * weight)),
		0,
	);
}

function weightOf(scores: readonly Weighted[]): number {
	return scores.reduce((sum, { weight }) => Math.fround(sum + weight), 0);
}
