import { SidecarError } from "../../../errors.ts";
import {
	type AnswerHit,
	scoreJson,
} from "../../../search/answers/answer-hit.ts";
import type { SearchAnswer } from "../../../search/answers/search-answer.ts";
import { removeAt, valueAt } from "../../../search/answers/source-path.ts";
import { parseDouble } from "../../../search/java-number.ts";
import type { RerankByField } from "../../../search/pipelines/search-pipeline.ts";
import {
	membersJson,
	parsedValue,
	type RawMembers,
} from "../../../search/raw-json.ts";
import { shownText, simpleClass } from "./java-text.ts";
import { withScores } from "./new-scores.ts";

/**
 * Gives each hit the number that a field of its document has as its score.
 *
 * @throws SidecarError for a hit that does not show such a number
 */
export function rerankByField(answer: SearchAnswer, by: RerankByField): void {
	if (answer.hits.length === 0) return;
	// All of them before any is changed: where one fails, the answer stays as it was.
	const found = answer.hits.map((hit) => scoreOf(hit, by));
	for (const { hit, source } of found) {
		const previous = hit.score;
		if (by.keepPreviousScore)
			source.set(
				"previous_score",
				Number.isNaN(previous) ? '"NaN"' : scoreJson(previous),
			);
		if (by.removeTargetField) removeAt(source, by.targetField);
		hit.set("_source", membersJson(source));
	}
	withScores(
		answer,
		found.map(({ score }) => score),
	);
}

function scoreOf(
	hit: AnswerHit,
	{ targetField }: RerankByField,
): { hit: AnswerHit; source: RawMembers; score: number } {
	const { source } = hit;
	if (!source)
		throw invalid(
			`There is no source field to be able to perform rerank on hit [${hit.id}]`,
		);
	const json = valueAt(source, targetField);
	if (json === undefined)
		throw invalid(`The field to rerank by is not found at hit [${hit.id}]`);
	const score = numberOf(json);
	if (score === undefined)
		throw invalid(
			`The field mapping to rerank by [${shownText(json)}] is not Numerical, instead of type [${simpleClass(json)}]`,
		);
	return { hit, source, score };
}

function numberOf(json: string): number | undefined {
	const value = parsedValue(json);
	if (typeof value === "number") return value;
	return typeof value === "string" ? parseDouble(value) : undefined;
}

function invalid(reason: string): SidecarError {
	return new SidecarError("bad_request", reason);
}
