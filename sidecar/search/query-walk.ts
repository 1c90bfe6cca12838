import type { Node } from "jsonc-parser";
import {
	elements,
	type Member,
	member,
	members,
} from "../../ingest/json-tree.ts";
import { QueryPlace, type SearchPart } from "./query-place.ts";

/** A query in the body of a search. */
export interface PlacedQuery {
	/** The member of which the name is the query's type. */
	readonly clause: Member;
	/** The object whose one member that is. */
	readonly query: Node;
	readonly place: QueryPlace;
}

/**
 * The queries within the body of a search, outermost first. The walk knows where the query language allows a query, so
 * a field or a string that happens to be called like a query is never taken for one. The language is that of
 * OpenSearch 3.6, with the old names that it still accepts.
 */
export function queriesOfSearch(body: Node): readonly PlacedQuery[] {
	const walk = new QueryWalk();
	walk.search(body);
	return walk.found;
}

/** A query, as it may stand in a search, and the queries within it. */
export function queriesWithin(query: Node): readonly PlacedQuery[] {
	const walk = new QueryWalk();
	walk.query(query, new QueryPlace("query"));
	return walk.found;
}

/** Members of compound queries that hold one query or a list of them. */
const compound: ReadonlyMap<string, readonly string[]> = new Map(
	Object.entries({
		bool: ["must", "filter", "should", "must_not", "mustNot"],
		boosting: ["positive", "negative"],
		constant_score: ["filter"],
		dis_max: ["queries"],
		function_score: ["query"],
		has_child: ["query"],
		has_parent: ["query"],
		hybrid: ["queries", "filter"],
		nested: ["query"],
		script_score: ["query"],
	}),
);

/** Queries whose one member is a field, and which of what is said about it holds queries. */
const ofField: ReadonlyMap<string, string> = new Map([
	["knn", "filter"],
	["neural", "filter"],
	// The values are those of documents that the query finds.
	["terms", "query"],
]);

const joining: ReadonlySet<string> = new Set([
	"nested",
	"has_child",
	"has_parent",
]);

class QueryWalk {
	readonly found: PlacedQuery[] = [];

	search(body: Node): void {
		this.query(member(body, "query"), at("query"));
		this.query(member(body, "post_filter"), at("post_filter"));
		// Of `_field_caps`.
		this.query(member(body, "index_filter"), at("post_filter"));
		for (const rescore of elements(member(body, "rescore")))
			this.query(
				member(member(rescore, "query"), "rescore_query"),
				at("rescore"),
			);
		this.#sort(member(body, "sort"), at("sort"));
		this.#highlight(member(body, "highlight"), at("highlight"));
		const collapse = member(body, "collapse");
		for (const innerHits of elements(member(collapse, "inner_hits")))
			this.#innerHits(innerHits, at("collapse"));
		this.#aggregations(body);
	}

	/** A query and all the queries within it, outermost first. */
	query(query: Node | undefined, place: QueryPlace): void {
		if (!query) return;
		for (const clause of members(query)) {
			this.found.push({ clause, query, place });
			const inside = place.inside(clause.name);
			for (const inner of subQueries(clause)) this.query(inner, inside);
			if (joining.has(clause.name))
				this.#innerHits(member(clause.value, "inner_hits"), inside);
		}
	}

	#sort(sort: Node | undefined, place: QueryPlace): void {
		for (const criterion of elements(sort))
			for (const { value } of members(criterion)) {
				this.query(member(value, "nested_filter"), place);
				let nested = member(value, "nested");
				while (nested) {
					this.query(member(nested, "filter"), place);
					nested = member(nested, "nested");
				}
			}
	}

	#highlight(highlight: Node | undefined, place: QueryPlace): void {
		this.query(member(highlight, "highlight_query"), place);
		for (const fields of elements(member(highlight, "fields")))
			for (const { value } of members(fields))
				this.query(member(value, "highlight_query"), place);
	}

	#innerHits(innerHits: Node | undefined, place: QueryPlace): void {
		this.#sort(member(innerHits, "sort"), place);
		this.#highlight(member(innerHits, "highlight"), place);
	}

	#aggregations(node: Node): void {
		const place = at("aggregations");
		for (const name of ["aggs", "aggregations"])
			for (const { value: aggregation } of members(member(node, name))) {
				this.query(member(aggregation, "filter"), place);
				for (const type of ["filters", "adjacency_matrix"])
					this.#filters(member(member(aggregation, type), "filters"), place);
				for (const type of ["significant_terms", "significant_text"])
					this.query(
						member(member(aggregation, type), "background_filter"),
						place,
					);
				this.#innerHits(member(aggregation, "top_hits"), place);
				this.#aggregations(aggregation);
			}
	}

	/** Filters by name, or a list of them. */
	#filters(filters: Node | undefined, place: QueryPlace): void {
		if (filters?.type === "array")
			for (const filter of elements(filters)) this.query(filter, place);
		else for (const { value } of members(filters)) this.query(value, place);
	}
}

function at(part: SearchPart): QueryPlace {
	return new QueryPlace(part);
}

function subQueries({ name, value }: Member): readonly Node[] {
	// Without a processor that fills it in, it is the query that it holds.
	if (name === "template") return [value];
	const option = ofField.get(name);
	if (option !== undefined)
		return members(value).flatMap((field) =>
			elements(member(field.value, option)),
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
