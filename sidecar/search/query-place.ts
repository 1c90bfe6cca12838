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
export class QueryPlace {
	readonly part: SearchPart;
	/** A list of types in every place would take the square of a body's depth. */
	readonly #around: EnclosingQuery | undefined;

	constructor(part: SearchPart, around?: EnclosingQuery) {
		this.part = part;
		this.#around = around;
	}

	/** Whether one of the queries around it is of one of these types. */
	isWithin(types: ReadonlySet<string>): boolean {
		let query = this.#around;
		while (query && !types.has(query.type)) query = query.place.#around;
		return query !== undefined;
	}

	/** Whether it is the search's query itself, and not a part of another one. */
	get isTop(): boolean {
		return this.part === "query" && !this.#around;
	}

	/** The place of what is within a query of this type, here. */
	inside(type: string): QueryPlace {
		return new QueryPlace(this.part, { type, place: this });
	}
}

interface EnclosingQuery {
	readonly type: string;
	readonly place: QueryPlace;
}
