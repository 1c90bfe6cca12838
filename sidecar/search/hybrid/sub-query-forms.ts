import type { HybridSearch } from "./hybrid-search.ts";
import type { ShownPage } from "./shown-page.ts";
import type { SubAnswer, Total } from "./sub-answer.ts";
import { readNeighbours } from "./sub-queries.ts";
import type { SubQueryForm } from "./sub-search.ts";

/**
 * How the sub-queries of a search are searched for. Where its page is made of their hits, they are counted on the way: nearest
 * neighbours are few, and each counts what no sub-query before it finds; what the others find together is counted by
 * the only one of them, or by a search of its own. So no vector is sent twice.
 */
export class SubQueryForms {
	readonly #search: HybridSearch;
	readonly #shown: ShownPage | undefined;
	/** The places of those that search for nearest neighbours, and of the others. */
	readonly #neighbours: readonly number[];
	readonly #others: readonly number[];

	/** @param shown undefined where OpenSearch makes the page */
	constructor(search: HybridSearch, shown: ShownPage | undefined) {
		this.#search = search;
		this.#shown = shown;
		const places = [...search.subQueries.keys()];
		const isNear = (place: number) => neighboursOf(search, place) !== undefined;
		this.#neighbours = places.filter(isNear);
		this.#others = places.filter((place) => !isNear(place));
	}

	/** @param place of the sub-query */
	of(place: number): SubQueryForm {
		const { depth: size, subQueries } = this.#search;
		const isNear = this.#neighbours.includes(place);
		const before = this.#before(place);
		return {
			query: subQueries[place] ?? "",
			size,
			...this.#shownOfHits,
			totals: isNear ? "true" : (this.#shown?.totals ?? "false"),
			...(before.length > 0 && {
				uncounted: before.map((other) => subQueries[other] ?? ""),
			}),
		};
	}

	/** Whether the page is made of what they find. */
	get isShown(): boolean {
		return this.#shown !== undefined;
	}

	/** Whether the answer says how many documents all of them find. */
	get isCounted(): boolean {
		return this.#shown !== undefined && this.#shown.totals !== "false";
	}

	/** What counts several sub-queries together; undefined where nothing is to be counted so. */
	get together(): SubQueryForm | undefined {
		if (!this.isCounted || this.#others.length < 2) return undefined;
		const { subQueries } = this.#search;
		const queries = this.#others.map((place) => subQueries[place] ?? "");
		return {
			query: this.#search.disjunction(queries),
			size: 0,
			source: "false",
			isShown: false,
			totals: this.#shown?.totals ?? "false",
		};
	}

	/** Which of these sub-queries can be searched for while the form of no other one is known. */
	among(places: readonly number[]): number[] {
		return places.filter((place) =>
			this.#before(place).every((other) => places.includes(other)),
		);
	}

	/**
	 * How many documents all sub-queries find.
	 *
	 * @param answers by sub-query
	 * @param together the answer to {@link together}
	 * @returns undefined where that is not to be counted, or not known
	 */
	total(
		answers: readonly SubAnswer[],
		together: SubAnswer | undefined,
	): Total | undefined {
		if (!this.isCounted) return undefined;
		const [alone, another] = this.#others;
		const of =
			another === undefined && alone !== undefined ? answers[alone] : together;
		const first =
			alone === undefined ? { value: 0, relation: "eq" } : of?.total;
		if (!first) return undefined;
		const value = this.#neighbours.reduce((sum, place) => {
			const { total, uncounted } = answers[place] ?? {};
			const isFirst = this.#before(place).length === 0;
			return sum + ((isFirst ? total?.value : uncounted) ?? Number.NaN);
		}, first.value);
		const most = Number(this.#shown?.totals);
		if (Number.isNaN(value)) return undefined;
		return value > most
			? { value: most, relation: "gte" }
			: { value, relation: first.relation };
	}

	get #shownOfHits(): Pick<SubQueryForm, "source" | "isShown"> {
		return this.#shown
			? { source: this.#shown.source, isShown: true }
			: { source: "false", isShown: false };
	}

	/** What is counted before the nearest neighbours of a sub-query. */
	#before(place: number): number[] {
		const neighbours = this.#neighbours;
		if (!this.isCounted || !neighbours.includes(place)) return [];
		return [...this.#others, ...neighbours.filter((other) => other < place)];
	}
}

/** What a post filter leaves out is found nevertheless: then not all that is found is known. Groups are ordered by scores. */
export function neighboursOf(search: HybridSearch, place: number) {
	const query = search.query.subQueries[place];
	const again = search.raw("post_filter") === undefined && !search.ordersGroups;
	return query && again ? readNeighbours(query) : undefined;
}
