import type {
	Bound,
	HybridCombination,
	Normalization,
} from "../pipelines/search-pipeline.ts";

/** The scores of what each shard found for one query: by shard, best first. Single precision, as everything here. */
export type ShardScores = readonly (readonly number[])[];

/** What takes the place of a score that would be nothing. */
const minScore = Math.fround(0.001);

/**
 * Makes the scores of one sub-query comparable with those of the others. Calculated as neural-search calculates, in
 * single precision and with its constants, over what all shards found.
 *
 * @param index the sub-query's place among the sub-queries
 */
export function normalize(
	scores: ShardScores,
	combination: HybridCombination,
	index: number,
): ShardScores {
	if (combination.kind === "rrf")
		return reciprocalRanks(scores, combination.rankConstant);
	const rule = ruleOf(scores.flat(), combination, index);
	return scores.map((shard) => shard.map(rule));
}

function ruleOf(
	scores: readonly number[],
	{ normalization, lowerBounds, upperBounds }: Normalization,
	index: number,
): (score: number) => number {
	switch (normalization) {
		case "min_max":
			return minMax(scores, lowerBounds?.[index], upperBounds?.[index]);
		case "l2":
			return euclidean(scores);
		case "z_score":
			return standard(scores);
	}
}

function minMax(
	scores: readonly number[],
	lower: Bound | undefined,
	upper: Bound | undefined,
): (score: number) => number {
	const { min, max } = range(scores);
	return (score) => {
		if (min === max) return 1;
		const from = lowerEnd(score, { min, max }, lower);
		const to = upperEnd(score, { min, max }, upper);
		if (lower?.mode === "clip" && score < from) return minScore;
		if (upper?.mode === "clip" && score > to) return 1;
		if (from === to) return 1;
		const normalized = Math.fround(
			Math.fround(score - from) / Math.fround(to - from),
		);
		return normalized === 0 ? minScore : normalized;
	};
}

interface Range {
	min: number;
	max: number;
}

function lowerEnd(
	score: number,
	{ min, max }: Range,
	bound: Bound | undefined,
): number {
	if (!bound || bound.mode === "ignore") return min;
	const at = Math.fround(bound.score);
	const within = bound.mode === "apply" ? max > at && score > at : max >= at;
	return within ? at : min;
}

function upperEnd(
	score: number,
	{ min, max }: Range,
	bound: Bound | undefined,
): number {
	if (!bound || bound.mode === "ignore") return max;
	const at = Math.fround(bound.score);
	const within = bound.mode === "apply" ? min < at && score < at : min <= at;
	return within ? at : max;
}

function euclidean(scores: readonly number[]): (score: number) => number {
	const squares = scores.reduce(
		(sum, score) => Math.fround(sum + Math.fround(score * score)),
		0,
	);
	const norm = Math.fround(Math.sqrt(squares));
	return (score) => (norm === 0 ? 0 : Math.fround(score / norm));
}

function standard(scores: readonly number[]): (score: number) => number {
	const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
	const squares = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0);
	const deviation =
		scores.length > 1
			? Math.fround(Math.sqrt(squares / (scores.length - 1)))
			: 0;
	const center = Math.fround(mean);
	const { min, max } = range(scores);
	return (score) => {
		if (score === center) return max;
		if (deviation === 0) return min;
		const normalized = Math.fround(Math.fround(score - center) / deviation);
		return normalized <= 0 ? minScore : normalized;
	};
}

function range(scores: readonly number[]): Range {
	let min = Number.POSITIVE_INFINITY;
	let max = Number.NEGATIVE_INFINITY;
	for (const score of scores) {
		if (score < min) min = score;
		if (score > max) max = score;
	}
	return { min, max };
}

/** Each hit has its rank among the hits of all shards; of hits with one score the first shard's come first. */
function reciprocalRanks(scores: ShardScores, constant: number): ShardScores {
	const hits = scores.flatMap((shard, shardIndex) =>
		shard.map((score, hit) => ({ shardIndex, hit, score })),
	);
	hits.sort((one, other) => other.score - one.score);
	const ranked = scores.map((shard) => new Array<number>(shard.length).fill(0));
	hits.forEach(({ shardIndex, hit }, rank) => {
		const shard = ranked[shardIndex];
		// neural-search rounds to ten decimals.
		if (shard)
			shard[hit] = Math.fround(Math.round(1e10 / (constant + rank + 1)) / 1e10);
	});
	return ranked;
}
