import type { Node } from "jsonc-parser";
import {
	elements,
	type Member,
	member,
	members,
} from "../../ingest/json-tree.ts";
import type { QueryPlace, SearchPart } from "./query-place.ts";

/** A query in the body of a search. */
export interface PlacedQuery {
	/** The member of which the name is the query's type. */
	readonly clause: Member;
	readonly place: QueryPlace;
}

/**
 * The queries within the body of a search, outermost first. The walk knows where the query language allows a query, so
 * a field or a string that happens to be called like a query is never taken for one.
 */
export function* queriesOfSearch(body: Node): Generator<PlacedQuery> {
	yield* queriesOf(member(body, "query"), at("query"));
	yield* queriesOf(member(body, "post_filter"), at("post_filter"));
	for (const rescore of elements(member(body, "rescore")))
		yield* queriesOf(
			member(member(rescore, "query"), "rescore_query"),
			at("rescore"),
		);
	yield* queriesOfSort(member(body, "sort"), at("sort"));
	yield* queriesOfHighlight(member(body, "highlight"), at("highlight"));
	for (const innerHits of elements(
		member(member(body, "collapse"), "inner_hits"),
	))
		yield* queriesOfInnerHits(innerHits, at("collapse"));
	yield* queriesOfAggregations(body);
}

function at(part: SearchPart): QueryPlace {
	return { part, within: [] };
}

/** A query and all the queries within it, outermost first. */
function* queriesOf(
	query: Node | undefined,
	place: QueryPlace,
): Generator<PlacedQuery> {
	for (const clause of members(query)) {
		yield { clause, place };
		const inside = { ...place, within: [...place.within, clause.name] };
		for (const inner of subQueries(clause)) yield* queriesOf(inner, inside);
		yield* queriesOfInnerHits(member(clause.value, "inner_hits"), inside);
	}
}

/** Members of compound queries that hold one query or a list of them. */
const compound = new Map<string, readonly string[]>(
	Object.entries({
		bool: ["must", "filter", "should", "must_not"],
		boosting: ["positive", "negative"],
		constant_score: ["filter"],
		dis_max: ["queries"],
		function_score: ["query"],
		has_child: ["query"],
		has_parent: ["query"],
		hybrid: ["queries"],
		nested: ["query"],
		script_score: ["query"],
	}),
);

function subQueries({ name, value }: Member): readonly Node[] {
	if (name === "knn" || name === "neural")
		return members(value).flatMap((field) =>
			elements(member(field.value, "filter")),
		);
	const inner = (compound.get(name) ?? []).flatMap((part) =>
		elements(member(value, part)),
	);
	if (name !== "function_score") return inner;
	const filters = elements(member(value, "functions")).flatMap((fn) =>
		elements(member(fn, "filter")),
	);
	return [...inner, ...filters];
}

function* queriesOfSort(
	sort: Node | undefined,
	place: QueryPlace,
): Generator<PlacedQuery> {
	for (const criterion of elements(sort))
		for (const field of members(criterion)) {
			let nested = member(field.value, "nested");
			while (nested) {
				yield* queriesOf(member(nested, "filter"), place);
				nested = member(nested, "nested");
			}
		}
}

function* queriesOfHighlight(
	highlight: Node | undefined,
	place: QueryPlace,
): Generator<PlacedQuery> {
	yield* queriesOf(member(highlight, "highlight_query"), place);
	for (const fields of elements(member(highlight, "fields")))
		for (const field of members(fields))
			yield* queriesOf(member(field.value, "highlight_query"), place);
}

function* queriesOfInnerHits(
	innerHits: Node | undefined,
	place: QueryPlace,
): Generator<PlacedQuery> {
	yield* queriesOfSort(member(innerHits, "sort"), place);
	yield* queriesOfHighlight(member(innerHits, "highlight"), place);
}

function* queriesOfAggregations(node: Node): Generator<PlacedQuery> {
	const place = at("aggregations");
	for (const name of ["aggs", "aggregations"])
		for (const { value: aggregation } of members(member(node, name))) {
			yield* queriesOf(member(aggregation, "filter"), place);
			for (const type of ["filters", "adjacency_matrix"])
				yield* queriesOfFilters(
					member(member(aggregation, type), "filters"),
					place,
				);
			for (const type of ["significant_terms", "significant_text"])
				yield* queriesOf(
					member(member(aggregation, type), "background_filter"),
					place,
				);
			yield* queriesOfHighlight(
				member(member(aggregation, "top_hits"), "highlight"),
				place,
			);
			yield* queriesOfAggregations(aggregation);
		}
}

/** Filters by name, or a list of them. */
function* queriesOfFilters(
	filters: Node | undefined,
	place: QueryPlace,
): Generator<PlacedQuery> {
	if (filters?.type === "array")
		for (const filter of elements(filters)) yield* queriesOf(filter, place);
	else for (const { value } of members(filters)) yield* queriesOf(value, place);
}
