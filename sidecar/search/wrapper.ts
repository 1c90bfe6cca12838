import type { Node } from "jsonc-parser";
import {
	compact,
	members,
	parseLeading,
	type Renderer,
	renderTree,
} from "../../ingest/json-tree.ts";
import { ownQueries } from "./own-queries.ts";
import {
	type PlacedQuery,
	queriesOfSearch,
	queriesWithin,
} from "./query-walk.ts";

/**
 * A search with what its `wrapper` and `template` queries hold in their places, where that is for the sidecar to
 * rewrite: for OpenSearch both are the same query. All else stays to the byte; undefined where none holds such a query.
 */
export function unwrapped(text: string, body: Node): string | undefined {
	const renderers = opened(queriesOfSearch(body));
	return renderers.size > 0 ? renderTree(text, body, renderers) : undefined;
}

/** How the queries are written that hold nothing but another one, by the objects that they are. */
function opened(queries: readonly PlacedQuery[]): Map<Node, Renderer> {
	const renderers = new Map<Node, Renderer>();
	const holdsOwn = ({ clause, query }: PlacedQuery) =>
		ownQueries.has(clause.name) || renderers.has(query);
	// Inner ones first, since they may be what makes it necessary to open an outer one.
	for (const { clause, query } of [...queries].reverse()) {
		if (query.children?.length !== 1) continue;
		const { name, value } = clause;
		if (name === "wrapper") {
			const inner = ownQueryIn(value);
			if (inner !== undefined) renderers.set(query, () => inner);
		} else if (name === "template" && queriesWithin(value).some(holdsOwn))
			renderers.set(query, (render) => render(value));
	}
	return renderers;
}

/** The query that a wrapper holds, if one of the sidecar's is in it. A wrapper within it is a quarter smaller. */
function ownQueryIn(wrapper: Node): string | undefined {
	const [encoded, ...others] = members(wrapper);
	if (encoded?.name !== "query" || others.length > 0) return undefined;
	const text = decoded(encoded.value);
	const query = text === undefined ? undefined : parseLeading(text);
	if (text === undefined || query?.type !== "object") return undefined;
	const queries = queriesWithin(query);
	const renderers = opened(queries);
	const isOwn = queries.some(({ clause }) => ownQueries.has(clause.name));
	if (!isOwn && renderers.size === 0) return undefined;
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
