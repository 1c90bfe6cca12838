import { searchHeaders } from "../http/search-headers.ts";
import type {
	PlannedSearch,
	SearchPlan,
	SearchTerms,
} from "../services/search/search-plan.ts";

/** What there is to say of searches beside their answers. */
export type SearchNotes = Pick<SearchPlan, "embedMs" | "warnings">;

/** What is said of a search beside its answer. */
export function headersOf(
	{ embedMs, warnings }: SearchNotes,
	{ truncated }: Pick<SearchTerms, "truncated">,
	{ tellsEmbedMs }: { tellsEmbedMs: boolean },
): Record<string, string> {
	return searchHeaders({
		embedMs: tellsEmbedMs && embedMs > 0 ? embedMs : undefined,
		truncatedTexts: truncated.count,
		warnings,
	});
}

/** What is said beside the answer to several searches. */
export function notesOf(planned: readonly PlannedSearch[]): SearchNotes {
	const plans = planned.flatMap(({ plan }) => plan ?? []);
	return {
		embedMs: plans.reduce((most, { embedMs }) => Math.max(most, embedMs), 0),
		warnings: [...new Set(plans.flatMap(({ warnings }) => warnings))],
	};
}
