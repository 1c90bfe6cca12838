import type { Node } from "jsonc-parser";
import {
	compact,
	isTooDeep,
	members,
	parseLeading,
	type Renderer,
	renderTree,
} from "../../ingest/json-tree.ts";
import { ownQueries } from "./own-queries.ts";
import { type PlacedQuery, queriesWithin } from "./query-walk.ts";

/**
 * A search with what its `wrapper` and `template` queries hold in their places, where that is for the sidecar to
 * rewrite: for OpenSearch both are the same query. All else stays to the byte; undefined where none holds such a query.
 *
 * @param queries those of the body
 */
export function unwrapped(
	text: string,
	body: Node,
	queries: readonly PlacedQuery[],
): string | undefined {
	const { renderers } = opened(queries);
	return renderers.size > 0 ? renderTree(text, body, renderers) : undefined;
}

interface Opened {
	/** How the queries are written that hold nothing but another one, by the objects that they are. */
	readonly renderers: ReadonlyMap<Node, Renderer>;
	/** Whether one of the sidecar's is among the queries, or within a wrapper. */
	readonly holdsOwn: boolean;
}

function opened(queries: readonly PlacedQuery[]): Opened {
	const renderers = new Map<Node, Renderer>();
	const own: Node[] = [];
	for (const { clause, query } of queries) {
		if (ownQueries.has(clause.name)) own.push(query);
		if (clause.name !== "wrapper" || !isAlone(query)) continue;
		const inner = ownQueryIn(clause.value);
		if (inner === undefined) continue;
		renderers.set(query, () => inner);
		own.push(query);
	}
	const holding = withAncestors(own);
	for (const { clause, query } of queries)
		if (clause.name === "template" && isAlone(query) && holding.has(query))
			renderers.set(query, (render) => render(clause.value));
	return { renderers, holdsOwn: own.length > 0 };
}

/** Whether a query's object has one member only. */
function isAlone({ children }: Node): boolean {
	return children?.length === 1;
}

/** Nodes and all that they stand in, each looked at once, however deep they are. */
function withAncestors(nodes: readonly Node[]): ReadonlySet<Node> {
	const found = new Set<Node>();
	for (let node of nodes)
		while (!found.has(node)) {
			found.add(node);
			node = node.parent ?? node;
		}
	return found;
}

/** The query that a wrapper holds, if one of the sidecar's is in it. A wrapper within it is a quarter smaller. */
function ownQueryIn(wrapper: Node): string | undefined {
	const [encoded, ...others] = members(wrapper);
	if (encoded?.name !== "query" || others.length > 0) return undefined;
	const text = decoded(encoded.value);
	const query = text === undefined ? undefined : parseLeading(text);
	if (text === undefined || query?.type !== "object" || isTooDeep(query))
		return undefined;
	const { renderers, holdsOwn } = opened(queriesWithin(query));
	if (!holdsOwn) return undefined;
	const whole = renderTree(text, query, renderers);
	const root = parseLeading(whole);
	// Without line breaks, since it may stand in a line of a multi-search.
	return root && compact(whole, root);
}

const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** What a string is in base64, as OpenSearch reads it: with white space, and padded. */
function decoded(node: Node): string | undefined {
	if (node.type !== "string") return undefined;
	const encoded = String(node.value).replaceAll(/[\0- ]/g, "");
	return encoded.length % 4 === 0 && base64.test(encoded)
		? Buffer.from(encoded, "base64").toString("utf8")
		: undefined;
}
