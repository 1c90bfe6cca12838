import type { Node } from "jsonc-parser";
import { elements, member, members } from "../../../ingest/json-tree.ts";
import { SidecarError } from "../../errors.ts";
import { refusedByShards } from "../search-failures.ts";

/** What a hybrid search's hits are ordered by: their combined scores, best first, or fields. */
export type SortKind = "score" | "fields";

interface Criterion {
	field: string;
	/** Undefined: the field's own, which for `_score` is falling. */
	order: string | undefined;
}

/**
 * What the hits are ordered by.
 *
 * @param sort of the body
 * @param parameter of the URL, whose criteria come behind the body's
 * @throws SidecarError search_failed for what neural-search refuses, in its words, and bad_request for the worst scores first: it answers
 * those in no order
 */
export function readSort(
	sort: Node | undefined,
	parameter: string | undefined,
	{ trackScores }: { trackScores: boolean },
): SortKind {
	const criteria = [
		...elements(sort).flatMap(readCriterion),
		...(parameter ?? "").split(",").filter(Boolean).map(readText),
	];
	const byScore = criteria.filter(({ field }) => field === "_score");
	if (byScore.length > 0 && byScore.length < criteria.length)
		throw refusedByShards(
			"_score sort criteria cannot be applied with any other criteria. Please select one sort criteria out of them.",
		);
	if (criteria.length > byScore.length) {
		if (trackScores)
			throw refusedByShards(
				"Hybrid search results when sorted by any field, docId or _id, track_scores must be set to false.",
			);
		return "fields";
	}
	if (byScore[0]?.order === "asc")
		throw new SidecarError(
			"bad_request",
			"the hits of a hybrid query can't be sorted by _score in ascending order",
		);
	return "score";
}

function readCriterion(node: Node): Criterion[] {
	if (typeof node.value === "string") return [readText(node.value)];
	return members(node).map(({ name, value }) => {
		const order: unknown = member(value, "order")?.value ?? value.value;
		return {
			field: name,
			order: typeof order === "string" ? order.toLowerCase() : undefined,
		};
	});
}

/** `field` or `field:order` */
function readText(text: string): Criterion {
	const colon = text.lastIndexOf(":");
	if (colon < 0) return { field: text, order: undefined };
	return {
		field: text.slice(0, colon),
		order: text.slice(colon + 1).toLowerCase(),
	};
}
