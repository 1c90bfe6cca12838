import type { Node } from "jsonc-parser";
import { bodyText } from "../../ingest/body-text.ts";
import {
	elements,
	isTooDeep,
	listRenderer,
	member,
	members,
	nodeValue,
	parseLeading,
	type Renderer,
	renderTree,
} from "../../ingest/json-tree.ts";
import { readNeuralQuery } from "./queries/neural-query.ts";
import { readSparseQuery } from "./queries/sparse-query.ts";
import type { RenderedQuery, TextQuery } from "./queries/text-query.ts";
import { secondPhaseRescore } from "./queries/two-phase.ts";
import { type PlacedQuery, queriesOfSearch } from "./query-walk.ts";
import { unwrapped } from "./wrapper.ts";

/** What is changed in the body of a search. */
export interface BodyChanges {
	/** How nodes are written; what is not named stays to the byte. */
	readonly renderers: ReadonlyMap<Node, Renderer>;
	/** Elements of `rescore` behind those that are there, as JSON. */
	readonly rescores?: readonly string[];
	/** Members of the top level that are left out. */
	readonly without?: ReadonlySet<string>;
}

/** The body of a search, read for what in it is the sidecar's to do. */
export class SearchBody {
	/** The queries that need a model, or what a model makes of a text. */
	readonly textQueries: readonly TextQuery[];
	/** The `hybrid` queries, wherever they stand. */
	readonly hybrids: readonly PlacedQuery[];
	readonly #text: string;
	readonly #root: Node;

	private constructor(
		text: string,
		root: Node,
		queries: readonly PlacedQuery[],
	) {
		this.#text = text;
		this.#root = root;
		this.textQueries = queries.flatMap((query) => readTextQuery(query) ?? []);
		this.hybrids = queries.filter(({ clause }) => clause.name === "hybrid");
	}

	/**
	 * Undefined for what is no JSON object, or too deep a one: OpenSearch then says what is wrong with it.
	 *
	 * @throws SidecarError for a query of the sidecar's that is not valid
	 */
	static parse(body: Buffer): SearchBody | undefined {
		const sent = bodyText(body);
		const root = parseLeading(sent);
		if (root?.type !== "object" || isTooDeep(root)) return undefined;
		const queries = queriesOfSearch(root);
		const text = unwrapped(sent, root, queries);
		if (text === undefined) return new SearchBody(sent, root, queries);
		const opened = parseLeading(text);
		if (!opened || isTooDeep(opened)) return undefined;
		return new SearchBody(text, opened, queriesOfSearch(opened));
	}

	/** The `hybrid` query that is the search's query itself. */
	get topHybrid(): PlacedQuery | undefined {
		return this.hybrids.find(({ place }) => place.isTop);
	}

	/** How long the search may take, as it stands in the body; undefined where it is not there, or no value. */
	get timeout(): string | undefined {
		const value: unknown = this.member("timeout")?.value;
		return ["string", "number", "boolean"].includes(typeof value)
			? String(value)
			: undefined;
	}

	/** The value of a member of the top level; undefined where it is not there. */
	value(name: string): unknown {
		const node = this.member(name);
		return node && nodeValue(this.#text, node);
	}

	/** A member of the top level. */
	member(name: string): Node | undefined {
		return member(this.#root, name);
	}

	/** The text of a node of the body, as it came. */
	textOf({ offset, length }: Node): string {
		return this.#text.slice(offset, offset + length);
	}

	/** The body with its changes. */
	render({ renderers, rescores = [], without }: BodyChanges): string {
		const all = new Map(renderers);
		const added: string[] = [];
		if (rescores.length > 0) this.#addRescores(rescores, { all, added });
		const left = this.#children(without);
		if (added.length > 0 || left.size > 0)
			all.set(
				this.#root,
				listRenderer(this.#text, this.#root, {
					without: left,
					...(added.length > 0 && { added: added.join(",") }),
				}),
			);
		return renderTree(this.#text, this.#root, all);
	}

	#children(names: ReadonlySet<string> | undefined): Set<Node> {
		const named = members(this.#root).filter(({ name }) => names?.has(name));
		return new Set(named.map(({ node }) => node));
	}

	#addRescores(
		rescores: readonly string[],
		{ all, added }: { all: Map<Node, Renderer>; added: string[] },
	): void {
		const list = this.member("rescore");
		const text = rescores.join(",");
		if (!list) added.push(`"rescore":[${text}]`);
		else if (list.type === "array")
			all.set(list, listRenderer(this.#text, list, { added: text }));
		else
			all.set(list, (render) => {
				const own = elements(list).flatMap(({ children = [] }) =>
					children.map(render),
				);
				return `[{${own.join(",")}},${text}]`;
			});
	}
}

/** @throws SidecarError for one that is not valid */
function readTextQuery(query: PlacedQuery): TextQuery | undefined {
	switch (query.clause.name) {
		case "neural":
			return readNeuralQuery(query);
		case "neural_sparse":
			return readSparseQuery(query);
		default:
			return undefined;
	}
}

/** The changes of all the queries of a body. */
export function changesOf(rendered: readonly RenderedQuery[]): {
	renderers: Map<Node, Renderer>;
	rescores: string[];
} {
	const rescore = secondPhaseRescore(
		rendered.flatMap(({ secondPhase }) => secondPhase ?? []),
	);
	return {
		renderers: new Map(rendered.flatMap(({ renderers }) => [...renderers])),
		rescores: rescore === undefined ? [] : [rescore],
	};
}
