import { AnswerHit, scoreJson } from "../answers/answer-hit.ts";
import { refusedAnswers } from "../search-failures.ts";
import { bestOfGroups, type Candidate } from "./candidates.ts";
import type { HybridSearch } from "./hybrid-search.ts";
import type { SubAnswer } from "./sub-answer.ts";
import type { SubQueryForms } from "./sub-query-forms.ts";

/** A page of candidates, of all that can be on one. */
export interface Page {
	/** What the sub-queries found, best first. */
	readonly candidates: readonly Candidate[];
	/** The candidates that the answer's pages are made of, in its order. */
	readonly answered: readonly Candidate[];
	readonly hits: readonly Candidate[];
}

/**
 * The page that a search asks for.
 *
 * @param candidates best first
 * @throws SidecarError search_failed for a page past the last one
 */
export function pageOf(
	search: HybridSearch,
	candidates: readonly Candidate[],
): Page {
	const { from, size, minScore, collapsedBy } = search;
	const enough =
		minScore === undefined
			? candidates
			: candidates.filter(({ score }) => score >= minScore);
	const answered = collapsedBy === undefined ? enough : bestOfGroups(enough);
	const hits = answered.slice(from, from + size);
	if (hits.length === 0 && answered.length > 0)
		throw refusedAnswers(
			"Reached end of search result, increase pagination_depth value to see more results",
		);
	return { candidates, answered, hits };
}

/**
 * The answer that OpenSearch would give with the page, JSON; undefined where not all of it is known.
 *
 * @param found by shard, then by sub-query
 * @param together the answer to the search that counts several sub-queries
 */
export function pageAnswer(
	{ answered, hits }: Page,
	{ found, together, forms, tookMs }: KnownOfPage,
): string | undefined {
	const answers = found.flat();
	const shards = answers.at(-1)?.shards;
	const total = forms.total(answers, together);
	const isKnown =
		answers.every((answer) => answer.shards !== undefined) &&
		(total !== undefined || !forms.isCounted);
	const shown = hits.flatMap((candidate) => shownHit(candidate) ?? []);
	if (!isKnown || shown.length < hits.length) return undefined;
	const [best] = answered;
	const counted = total ? `"total":${JSON.stringify(total)},` : "";
	const maxScore = best ? scoreJson(best.score) : "null";
	return (
		`{"took":${Math.trunc(tookMs)},"timed_out":false,"_shards":${shards},` +
		`"hits":{${counted}"max_score":${maxScore},"hits":[${shown.join(",")}]}}`
	);
}

interface KnownOfPage {
	found: readonly (readonly SubAnswer[])[];
	together: SubAnswer | undefined;
	forms: SubQueryForms;
	tookMs: number;
}

function shownHit({ text, score }: Candidate): string | undefined {
	if (text === undefined) return undefined;
	const hit = new AnswerHit(text);
	hit.score = score;
	// By which a sub-query's hits are ordered.
	hit.delete("sort");
	return hit.render();
}
