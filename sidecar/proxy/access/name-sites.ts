import type { Node } from "jsonc-parser";
import { members } from "../../../ingest/json-tree.ts";

/** A place in a body that names indices or aliases: a string or an array of them, or an object's keys. */
export interface NameSite {
	readonly value: Node;
	/** The keys that lead to it, its own at the end. */
	readonly keys: readonly string[];
}

/** Keys that name indices in requests of administration; in queries they may as well be fields. */
const administrative: ReadonlySet<string> = new Set([
	"_index",
	"alias",
	"aliases",
	"dest_index",
	"index",
	"indexPattern",
	"index_name",
	"index_patterns",
	"indices",
	"leader_index",
	"lookup_index",
	"new_index",
	"remove_index",
	"result_index",
	"source_index",
	"target_index",
	"training_index",
]);

/** Keys under which the query language begins. */
const queries: ReadonlySet<string> = new Set([
	"aggregations",
	"aggs",
	"filter",
	"index_filter",
	"knn",
	"post_filter",
	"query",
	"request",
	"rescore",
]);

/** Keys whose objects name a document by `_index` and `_id`. */
const documents: ReadonlySet<string | undefined> = new Set([
	"docs",
	"like",
	"ratings",
	"unlike",
]);

/** What is only compared or analysed, whatever it holds: `parent.key`, where a field of that name can't stand. */
const content: ReadonlySet<string> = new Set([
	".doc",
	"context_setup.document",
	"docs.doc",
	"like.doc",
	"percolate.document",
	"percolate.documents",
	"unlike.doc",
]);

/**
 * Every place in a body that names indices.
 *
 * @param query whether the body is a search, and not a request that may hold one
 */
export function* nameSites(
	root: Node,
	{ query }: { query: boolean },
): Generator<NameSite> {
	yield* sitesIn(root, [], query);
}

function* sitesIn(
	node: Node,
	keys: readonly string[],
	query: boolean,
): Generator<NameSite> {
	if (node.type === "array")
		for (const element of node.children ?? [])
			yield* sitesIn(element, keys, query);
	const own = members(node);
	// A lookup of terms; looked up once, since an object may hold any number of members.
	const isLookup =
		keys.at(-2) === "terms" && own.some(({ name }) => name === "path");
	for (const { name, value } of own) {
		const below = [...keys, name];
		const names =
			(!query && administrative.has(name)) ||
			(isLookup && name === "index") ||
			namesDocument(name, keys.at(-1));
		if (names) yield { value, keys: below };
		if (!content.has(`${keys.at(-1) ?? ""}.${name}`))
			yield* sitesIn(value, below, query || queries.has(name));
	}
}

/** Documents of `more_like_this`, and shapes and percolated documents that are stored. */
function namesDocument(name: string, parent: string | undefined): boolean {
	return name === "_index"
		? documents.has(parent)
		: name === "index" &&
				(parent === "indexed_shape" || parent === "percolate");
}

/** The strings at a site: names, lists of names, or names that are an object's keys. */
export function namesAt({ value, keys }: NameSite): readonly Node[] {
	if (value.type === "string") return [value];
	if (value.type === "array")
		return (value.children ?? []).filter(({ type }) => type === "string");
	if (keys.at(-1) !== "aliases") return [];
	return (value.children ?? []).flatMap((property) =>
		(property.children ?? []).slice(0, 1),
	);
}
