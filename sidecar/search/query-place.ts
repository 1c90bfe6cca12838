/** The part of a search's body that a query stands in. */
export type SearchPart =
	| "query"
	| "post_filter"
	| "rescore"
	| "sort"
	| "highlight"
	| "collapse"
	| "aggregations";

/** Where a query stands in the body of a search. */
export interface QueryPlace {
	readonly part: SearchPart;
	/** The types of the queries around it, outermost first. */
	readonly within: readonly string[];
}

/** Whether it is the search's query itself, and not a part of another one. */
export function isTop({ part, within }: QueryPlace): boolean {
	return part === "query" && within.length === 0;
}
