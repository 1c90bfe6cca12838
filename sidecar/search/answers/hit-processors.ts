import { SidecarError } from "../../errors.ts";
import type {
	CollapseHits,
	TruncateHits,
} from "../pipelines/search-pipeline.ts";
import { parsedValue, rawElements } from "../raw-json.ts";
import type { AnswerHit } from "./answer-hit.ts";
import type { SearchAnswer } from "./search-answer.ts";

/*
 * OpenSearch's own response processors that leave hits out: they are run here where they stand behind one of the
 * sidecar's.
 */

/**
 * `truncate_hits`.
 *
 * @param originalSize of how many hits the client asked for, where an `oversample` with the same prefix asked for more
 * @throws SidecarError where nothing says how many hits are to stay
 */
export function truncateHits(
	answer: SearchAnswer,
	{ targetSize, contextPrefix }: TruncateHits,
	originalSize: number | undefined,
): void {
	const size = targetSize ?? originalSize;
	if (size === undefined) {
		const prefix = contextPrefix === undefined ? "" : `${contextPrefix}.`;
		throw new SidecarError(
			"bad_request",
			`Must specify target_size unless an earlier processor set ${prefix}original_size`,
		);
	}
	if (answer.hits.length > size) answer.hits = answer.hits.slice(0, size);
}

/** `collapse`: of the hits with one value the best stays. @throws SidecarError for a hit with several values */
export function collapseHits(
	answer: SearchAnswer,
	{ field }: CollapseHits,
): void {
	const best = new Map<string, AnswerHit>();
	for (const hit of answer.hits) {
		const value = collapseValue(hit, field);
		const other = best.get(value);
		if (!other || hit.score > other.score) best.set(value, hit);
	}
	answer.hits = [...best.values()].toSorted(byScore);
}

/** All the hits without the field are of one value. */
function collapseValue(hit: AnswerHit, field: string): string {
	const list = hit.fields.get(field);
	const values = list === undefined ? [] : rawElements(list);
	if (values.length > 1)
		throw new SidecarError(
			"bad_request",
			`Failed to collapse ${hit.id}: doc has multiple values for field ${field}`,
		);
	const value = values[0] ?? hit.source?.get(field) ?? "null";
	if (value === "null") return "<missing>";
	return value.startsWith('"') ? String(parsedValue(value)) : value;
}

/** The best first; those without a score keep their order at the end. */
export function byScore(a: AnswerHit, b: AnswerHit): number {
	const [left, right] = [a.score, b.score];
	if (Number.isNaN(left) || Number.isNaN(right))
		return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
	return right - left;
}
