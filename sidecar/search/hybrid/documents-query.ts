import { bool } from "./hybrid-query.ts";

/** A document that was found. */
export interface FoundDocument {
	readonly index: string;
	readonly id: string;
	/** By which it was given to a shard; undefined: by its id. */
	readonly routing?: string | undefined;
}

interface Group {
	readonly index: string;
	readonly ids: string[];
	/** Undefined: of documents that have none. */
	readonly routings: Set<string> | undefined;
}

/**
 * Queries for documents by what names them: their ids, their indices where there are several, and their routing where any
 * has one. Documents of one index with different routings may have one id, on different shards.
 */
export class DocumentQueries {
	readonly #severalIndices: boolean;
	readonly #someRouted: boolean;

	/**
	 * @param all that were found: these and no others are asked for
	 * @param severalIndices whether a document's id alone does not say which one it is
	 */
	constructor(
		all: readonly FoundDocument[],
		{ severalIndices }: { severalIndices: boolean },
	) {
		this.#severalIndices = severalIndices;
		this.#someRouted = all.some(({ routing }) => routing !== undefined);
	}

	/**
	 * Of several documents with routings it may find one more, that has the id of one and the routing of another: of one
	 * document it finds that one alone.
	 *
	 * @param name what `matched_queries` calls it, as JSON
	 */
	of(documents: readonly FoundDocument[], name?: string): string {
		const named = name === undefined ? "" : `,"_name":${name}`;
		if (!this.#severalIndices && !this.#someRouted)
			return `{"ids":{"values":${idsOf(documents)}${named}}}`;
		const clauses = this.#groups(documents).map((group) => this.#clause(group));
		// A query without clauses finds everything.
		const query =
			clauses.length === 0
				? `"must_not":[{"match_all":{}}]`
				: `"should":[${clauses.join(",")}]`;
		return `{"bool":{${query}${named}}}`;
	}

	#groups(documents: readonly FoundDocument[]): Group[] {
		const groups = new Map<string, Group>();
		for (const { index, id, routing } of documents) {
			const isRouted = routing !== undefined;
			const key = JSON.stringify([this.#severalIndices && index, isRouted]);
			const group = groups.get(key) ?? {
				index,
				ids: [],
				routings: isRouted ? new Set<string>() : undefined,
			};
			groups.set(key, group);
			group.ids.push(id);
			if (isRouted) group.routings?.add(routing);
		}
		return [...groups.values()];
	}

	#clause({ index, ids, routings }: Group): string {
		const filter: string[] = [];
		if (this.#severalIndices)
			filter.push(`{"term":{"_index":${JSON.stringify(index)}}}`);
		filter.push(`{"ids":{"values":${JSON.stringify(ids)}}}`);
		if (routings)
			filter.push(`{"terms":{"_routing":${JSON.stringify([...routings])}}}`);
		else if (this.#someRouted) filter.push(unrouted);
		return `{"bool":${bool({ filter })}}`;
	}
}

const unrouted = `{"bool":{"must_not":[{"exists":{"field":"_routing"}}]}}`;

function idsOf(documents: readonly FoundDocument[]): string {
	return JSON.stringify(documents.map(({ id }) => id));
}
