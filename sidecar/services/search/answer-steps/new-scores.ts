import { byScore } from "../../../search/answers/hit-processors.ts";
import type { SearchAnswer } from "../../../search/answers/search-answer.ts";

/** Gives the hits of an answer other scores, 32-bit floats, and puts the best first. */
export function withScores(
	answer: SearchAnswer,
	scores: readonly number[],
): void {
	for (const [index, hit] of answer.hits.entries())
		hit.score = Math.fround(scores[index] ?? Number.NaN);
	const hits = answer.hits.toSorted(byScore);
	answer.hits = hits;
	if (hits[0]) answer.maxScore = hits[0].score;
}
