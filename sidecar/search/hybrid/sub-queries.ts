import type { Node } from "jsonc-parser";
import {
	elements,
	member,
	members,
	nodeText,
} from "../../../ingest/json-tree.ts";
import { bool } from "./hybrid-query.ts";

/**
 * A sub-query as JSON, narrowed by the filter of its hybrid query. The nearest neighbours are looked for among the
 * documents that the filter leaves; the filter of any other query is applied to what it finds, which is the same.
 *
 * @param text what the query is a node of
 */
export function narrowed(
	text: string,
	query: Node,
	filter: string | undefined,
): string {
	const textOf = (node: Node) => nodeText(text, node);
	if (filter === undefined) return textOf(query);
	const [clause] = members(query);
	const [field] = clause?.name === "knn" ? members(clause.value) : [];
	if (field?.value.type !== "object")
		return `{"bool":${bool({ must: [textOf(query)], filter: [filter] })}}`;
	const options = members(field.value)
		.filter(({ name }) => name !== "filter")
		.map(({ node }) => textOf(node));
	const before = elements(member(field.value, "filter")).map(textOf);
	const all =
		before.length === 0
			? filter
			: `{"bool":${bool({ filter: [...before, filter] })}}`;
	const narrow = `{${[...options, `"filter":${all}`].join(",")}}`;
	return `{"knn":{${JSON.stringify(field.name)}:${narrow}}}`;
}

/** What `matched_queries` calls a search for nearest neighbours, as JSON; undefined for any other query. */
export function readNeighbours(
	query: Node,
): { name: string | undefined } | undefined {
	const [clause] = members(query);
	if (clause?.name !== "knn") return undefined;
	const [field] = members(clause.value);
	const name: unknown = member(field?.value, "_name")?.value;
	return { name: name === undefined ? undefined : JSON.stringify(name) };
}
