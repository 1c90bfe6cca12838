import type { Node } from "jsonc-parser";
import {
	elements,
	type Member,
	member,
	members,
	type Renderer,
} from "../../../ingest/json-tree.ts";
import { badQuery, numberIn } from "../queries/query-options.ts";
import type { PlacedQuery } from "../query-walk.ts";
import { refusedByShards, refusedQuery } from "../search-failures.ts";

/** A `hybrid` query: several queries, of which each document's scores are combined. */
export interface HybridQuery {
	readonly subQueries: readonly Node[];
	/** Narrows every sub-query. */
	readonly filter: Node | undefined;
	/** How many hits of each sub-query are combined, by shard; undefined: as many as the search answers. */
	readonly paginationDepth: number | undefined;
	/** What `matched_queries` calls it, as JSON. */
	readonly name: string | undefined;
}

/** neural-search's limit. */
export const maxSubQueries = 5;

/**
 * A `hybrid` query, checked as neural-search checks it.
 *
 * @param clause the member of which the name is `hybrid`
 * @throws SidecarError bad_query, bad_number, bad_json or bad_request, in neural-search's words
 */
export function readHybrid(clause: Member): HybridQuery {
	if (clause.value.type !== "object")
		throw badQuery(
			"[hybrid] query malformed, no start_object after query name",
		);
	let subQueries: readonly Node[] = [];
	let filter: Node | undefined;
	let paginationDepth: number | undefined;
	let name: string | undefined;
	for (const { name: key, value } of members(clause.value)) {
		const nested = value.type === "object";
		if (key === "queries" && (nested || value.type === "array"))
			subQueries = readSubQueries(value);
		else if (key === "filter" && nested) filter = value;
		else if (nested || value.type === "array" || !scalars.has(key))
			throw badQuery("Field is not supported by [hybrid] query");
		else if (key === "boost") checkBoost(value);
		else if (key === "_name") name = JSON.stringify(String(value.value));
		else paginationDepth = readDepth(value);
	}
	if (subQueries.length === 0)
		throw badQuery(
			"[hybrid] requires 'queries' field with at least one clause",
		);
	return { subQueries, filter, paginationDepth, name };
}

const scalars: ReadonlySet<string> = new Set([
	"boost",
	"_name",
	"pagination_depth",
]);

/**
 * Checks where a `hybrid` query of a search with hits stands: as the part of a query that makes a score of it, it is refused,
 * as neural-search refuses it.
 *
 * @throws SidecarError bad_request
 */
export function checkPlace({ clause, place }: PlacedQuery): void {
	if (place.part !== "query") return;
	if (place.isWithin(scoring) || isOneOfSeveral(clause))
		throw refusedByShards(notAtTop);
}

/** Checks the parameters of a search whose query is a `hybrid` one. @throws SidecarError in neural-search's words */
export function checkScroll(parameters: ReadonlyMap<string, string>): void {
	if (parameters.has("scroll"))
		throw refusedByShards("Scroll operation is not supported in hybrid query");
}

/**
 * How a `hybrid` query reads where its sub-queries' scores are not combined: as the disjunction of the sub-queries, of which
 * a document's scores are added.
 */
export function disjunctionRenderers({
	clause,
}: PlacedQuery): Map<Node, Renderer> {
	const { subQueries, filter, name } = readHybrid(clause);
	const [key] = clause.node.children ?? [];
	const renderers = new Map<Node, Renderer>();
	if (!key) return renderers;
	renderers.set(key, () => '"bool"');
	renderers.set(clause.value, (render) =>
		bool({
			should: subQueries.map(render),
			// A filter makes the others optional.
			...(filter && {
				filter: [render(filter)],
				minimum_should_match: "1",
			}),
			...(name !== undefined && { _name: name }),
		}),
	);
	return renderers;
}

/** Queries that make a score of another one's. */
const scoring: ReadonlySet<string> = new Set([
	"constant_score",
	"function_score",
	"script_score",
]);

/** Whether a query stands in a `bool` query that has more to say than it, its filters apart. */
function isOneOfSeveral(clause: Member): boolean {
	const query = clause.node.parent;
	const list = query?.parent?.type === "array" ? query.parent : query;
	const role = list?.parent;
	const around = role?.parent;
	if (around?.parent?.children?.[0]?.value !== "bool") return false;
	const clauses = (name: string) => elements(member(around, name)).length;
	const scored = clauses("must") + clauses("should");
	const key: unknown = role?.children?.[0]?.value;
	if (clauses("must_not") > 0 || scored !== 1) return true;
	return key !== "must" && (key !== "should" || clauses("filter") > 0);
}

const notAtTop =
	"hybrid query must be a top level query and cannot be wrapped into other queries. To use scoring wrapper queries " +
	"(function_score, script_score, etc.) with hybrid sub-queries, replace the hybrid clause with a bool query using " +
	"should clauses containing the same sub-queries";

/** What a `bool` query holds, as JSON. */
export function bool(parts: {
	must?: readonly string[];
	filter?: readonly string[];
	should?: readonly string[];
	must_not?: readonly string[];
	minimum_should_match?: string;
	_name?: string;
}): string {
	const written = Object.entries(parts).map(
		([key, value]) =>
			`"${key}":${typeof value === "string" ? value : `[${value.join(",")}]`}`,
	);
	return `{${written.join(",")}}`;
}

function readSubQueries(value: Node): readonly Node[] {
	const queries = elements(value);
	if (queries.length === 0 || queries.some(({ type }) => type !== "object"))
		throw badQuery("[_na] query malformed, must start with start_object");
	if (queries.length > maxSubQueries)
		throw badQuery(
			"Number of sub-queries exceeds maximum supported by [hybrid] query",
		);
	return queries;
}

function checkBoost(value: Node): void {
	if (numberIn(value) !== 1)
		throw badQuery("[hybrid] query does not support [boost]");
}

/** OpenSearch cuts what is behind the point. */
function readDepth(value: Node): number {
	const depth = Math.trunc(numberIn(value));
	if (depth === 0) throw refusedQuery("pagination_depth must not be zero");
	if (depth < 0)
		throw refusedQuery("pagination_depth should be greater than 0");
	return depth;
}
