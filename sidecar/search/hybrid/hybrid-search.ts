import type { Node } from "jsonc-parser";
import {
	compact,
	member,
	members,
	nodeText,
	nodeValue,
	parseLeading,
} from "../../../ingest/json-tree.ts";
import { SidecarError } from "../../errors.ts";
import { defaultSize } from "../default-size.ts";
import { refusedByShards } from "../search-failures.ts";
import type { HeldVectors } from "./held-vectors.ts";
import {
	bool,
	checkScroll,
	type HybridQuery,
	readHybrid,
} from "./hybrid-query.ts";
import { readSort, type SortKind } from "./sort-kind.ts";
import { narrowed } from "./sub-queries.ts";

/** Parameters of a URL by their names. */
export type Parameters = ReadonlyMap<string, string>;

export interface HybridSearchOptions {
	sampleFactor?: number | undefined;
	vectors?: HeldVectors | undefined;
}

/** The body of a search of which the query is a `hybrid`, and what its URL adds. */
export class HybridSearch {
	readonly query: HybridQuery;
	/** The sub-queries as JSON, narrowed by the hybrid's filter; what is made of them has to be {@link filled}. */
	readonly subQueries: readonly string[];
	readonly sortedBy: SortKind;
	readonly from: number;
	readonly size: number;
	readonly explains: boolean;
	readonly minScore: number | undefined;
	/** The field of which each value has one hit. */
	readonly collapsedBy: string | undefined;
	readonly #text: string;
	/** What stands behind the body's object: OpenSearch is to say what it makes of it. */
	readonly #behind: string;
	readonly #root: Node;
	readonly #vectors: HeldVectors | undefined;

	/**
	 * @param sampleFactor of how many times its size the pipeline has OpenSearch find hits
	 * @param vectors that are not in the body yet
	 * @throws SidecarError for what can't be asked of a hybrid search, in neural-search's words
	 */
	constructor(
		body: string,
		parameters: Parameters,
		{ sampleFactor = 1, vectors }: HybridSearchOptions = {},
	) {
		this.#vectors = vectors;
		const sent = parseLeading(body);
		// In one line, as the sub-searches are sent.
		const text = sent ? compact(body, sent) : "";
		const root = parseLeading(text);
		const [clause, second] = members(root && member(root, "query"));
		if (!sent || !root || !clause)
			throw new SidecarError("internal", "the search's query is no hybrid");
		if (second)
			throw new SidecarError(
				"bad_query",
				`[${clause.name}] malformed query, expected [END_OBJECT] but found [FIELD_NAME]`,
			);
		this.#text = text;
		this.#behind = body.slice(sent.offset + sent.length);
		this.#root = root;
		this.query = readHybrid(clause);
		const filter = this.query.filter && nodeText(text, this.query.filter);
		this.subQueries = this.query.subQueries.map((query) =>
			narrowed(text, query, filter),
		);
		this.from = Math.trunc(this.#number("from", parameters) ?? 0);
		const size = Math.trunc(this.#number("size", parameters) ?? defaultSize);
		this.size = sampleFactor === 1 ? size : Math.ceil(size * sampleFactor);
		this.explains = this.#flag("explain", parameters);
		this.minScore = readMinScore(this.value("min_score"));
		const collapsedBy: unknown = this.value("collapse", "field");
		this.collapsedBy =
			typeof collapsedBy === "string" ? collapsedBy : undefined;
		this.sortedBy = readSort(member(root, "sort"), parameters.get("sort"), {
			trackScores: this.#flag("track_scores", parameters),
		});
		this.#check(parameters);
	}

	/** How many hits of each sub-query are combined, by shard. */
	get depth(): number {
		return this.query.paginationDepth ?? this.size;
	}

	/**
	 * Whether scores have anything to do with the answer. They have not where hits are sorted by fields or none are asked
	 * for; where `from` or `size` is no number of hits, OpenSearch will say so.
	 */
	get isRanked(): boolean {
		return (
			this.sortedBy !== "fields" &&
			[this.from, this.size].every(Number.isInteger) &&
			this.from >= 0 &&
			this.size > 0
		);
	}

	/** Whether the hits that are collapsed into one are shown, in the order of their own scores. */
	get ordersGroups(): boolean {
		return this.value("collapse", "inner_hits") !== undefined;
	}

	/** The names of the members of the top level. */
	get names(): string[] {
		return members(this.#root).map(({ name }) => name);
	}

	/** Whether nothing stands behind the body's object. */
	get isAlone(): boolean {
		return this.#behind.trim() === "";
	}

	/** Whether any object in the query has a member with one of these names. */
	queryHas(names: ReadonlySet<string>): boolean {
		return hasMember(member(this.#root, "query"), names);
	}

	/** The JSON text of a member of the top level. */
	raw(name: string): string | undefined {
		const node = member(this.#root, name);
		return node && nodeText(this.#text, node);
	}

	/** What stands at a path. */
	value(...path: readonly string[]): unknown {
		let node: Node | undefined = this.#root;
		for (const name of path) node = member(node, name);
		return node && nodeValue(this.#text, node);
	}

	/**
	 * The body with other members at the top, as JSON; undefined takes one away. All the rest stays to the byte.
	 */
	with(changes: Readonly<Record<string, string | undefined>>): string {
		const kept = members(this.#root)
			.filter(({ name }) => !Object.hasOwn(changes, name))
			.map(({ node }) => nodeText(this.#text, node));
		const added = Object.entries(changes).flatMap(([name, value]) =>
			value === undefined ? [] : [`${JSON.stringify(name)}:${value}`],
		);
		return this.filled(`{${[...added, ...kept].join(",")}}${this.#behind}`);
	}

	/** What is sent of a JSON text that was made of the body's. */
	filled(text: string): string {
		return this.#vectors?.fill(text) ?? text;
	}

	/** A query for every document that one of these queries finds, of which the scores mean nothing. */
	disjunction(queries: readonly string[]): string {
		const { name } = this.query;
		return `{"bool":${bool({
			should: queries,
			...(name !== undefined && { _name: name }),
		})}}`;
	}

	#check(parameters: Parameters): void {
		checkScroll(parameters);
		const byFields = this.sortedBy === "fields";
		if (byFields && this.minScore !== undefined)
			throw refusedByShards(
				"Hybrid search results when sorted by any field, docId or _id, min_score cannot be set.",
			);
		if (!byFields && this.value("search_after") !== undefined)
			throw refusedByShards("Sort must contain at least one field.");
		if (this.from > 0 && this.query.paginationDepth === undefined)
			throw refusedByShards(
				"pagination_depth param is missing in the search request",
			);
	}

	/** A parameter of the URL stands before the body's member. */
	#number(name: string, parameters: Parameters): number | undefined {
		const value = parameters.get(name) ?? this.value(name);
		return value === undefined || value === null ? undefined : Number(value);
	}

	#flag(name: string, parameters: Parameters): boolean {
		const value = parameters.get(name) ?? this.value(name);
		return value === true || value === "true" || value === "";
	}
}

function hasMember(
	node: Node | undefined,
	names: ReadonlySet<string>,
): boolean {
	const { type, children = [] } = node ?? {};
	const [first] = children;
	if (type === "property" && names.has(String(first?.value))) return true;
	// A vector has hundreds of elements.
	if (type === "array" && first?.type === "number") return false;
	return children.some((child) => hasMember(child, names));
}

/** @throws SidecarError in OpenSearch's words for what is no number */
function readMinScore(value: unknown): number | undefined {
	if (value === undefined || value === null) return undefined;
	if (typeof value === "object")
		throw new SidecarError(
			"bad_query",
			`Unknown key for a START_${Array.isArray(value) ? "ARRAY" : "OBJECT"} in [min_score].`,
		);
	const number = typeof value === "number" ? value : Number(String(value));
	if (Number.isNaN(number) || String(value).trim() === "")
		throw new SidecarError("bad_number", `For input string: "${value}"`);
	return number;
}
