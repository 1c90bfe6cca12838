import type { Node } from "jsonc-parser";
import {
	elements,
	type Member,
	member,
	members,
} from "../../ingest/json-tree.ts";

/**
 * The queries within the body of a search, each as the member of which the name is the query's type. The walk
 * knows where the query language allows a query, so a field or a string that happens to be called like a query
 * is never taken for one.
 */
export function* queriesOfSearch(body: Node): Generator<Member> {
	yield* queriesOf(member(body, "query"));
	yield* queriesOf(member(body, "post_filter"));
	for (const rescore of elements(member(body, "rescore")))
		yield* queriesOf(member(member(rescore, "query"), "rescore_query"));
	yield* queriesOfSort(member(body, "sort"));
	yield* queriesOfHighlight(member(body, "highlight"));
	for (const innerHits of elements(
		member(member(body, "collapse"), "inner_hits"),
	))
		yield* queriesOfInnerHits(innerHits);
	yield* queriesOfAggregations(body);
}

/** A query and all the queries within it, outermost first. */
function* queriesOf(query: Node | undefined): Generator<Member> {
	for (const clause of members(query)) {
		yield clause;
		for (const inner of subQueries(clause)) yield* queriesOf(inner);
		yield* queriesOfInnerHits(member(clause.value, "inner_hits"));
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

function* queriesOfSort(sort: Node | undefined): Generator<Member> {
	for (const criterion of elements(sort))
		for (const field of members(criterion)) {
			let nested = member(field.value, "nested");
			while (nested) {
				yield* queriesOf(member(nested, "filter"));
				nested = member(nested, "nested");
			}
		}
}

function* queriesOfHighlight(highlight: Node | undefined): Generator<Member> {
	yield* queriesOf(member(highlight, "highlight_query"));
	for (const fields of elements(member(highlight, "fields")))
		for (const field of members(fields))
			yield* queriesOf(member(field.value, "highlight_query"));
}

function* queriesOfInnerHits(innerHits: Node | undefined): Generator<Member> {
	yield* queriesOfSort(member(innerHits, "sort"));
	yield* queriesOfHighlight(member(innerHits, "highlight"));
}

function* queriesOfAggregations(node: Node): Generator<Member> {
	for (const name of ["aggs", "aggregations"])
		for (const { value: aggregation } of members(member(node, name))) {
			yield* queriesOf(member(aggregation, "filter"));
			for (const type of ["filters", "adjacency_matrix"])
				yield* queriesOfFilters(member(member(aggregation, type), "filters"));
			for (const type of ["significant_terms", "significant_text"])
				yield* queriesOf(
					member(member(aggregation, type), "background_filter"),
				);
			yield* queriesOfHighlight(
				member(member(aggregation, "top_hits"), "highlight"),
			);
			yield* queriesOfAggregations(aggregation);
		}
}

/** Filters by name, or a list of them. */
function* queriesOfFilters(filters: Node | undefined): Generator<Member> {
	if (filters?.type === "array")
		for (const filter of elements(filters)) yield* queriesOf(filter);
	else for (const { value } of members(filters)) yield* queriesOf(value);
}
