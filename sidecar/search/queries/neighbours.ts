import type { Node } from "jsonc-parser";
import type { Member } from "../../../ingest/json-tree.ts";
import { isBlank, renderOptions, textOf } from "./query-options.ts";
import type { TextQuery } from "./text-query.ts";

/** What says how many neighbours there are: one of them at most. */
export const ends: readonly string[] = ["k", "max_distance", "min_score"];

/** Handed on to `knn` as they are. */
export const knnObjects: readonly string[] = [
	"filter",
	"method_parameters",
	"rescore",
];

/** What a query says of nearest neighbours. */
export const neighbourOptions: ReadonlySet<string> = new Set([
	...ends,
	...knnObjects,
	"expand_nested_docs",
]);

/** Nearest neighbours when a query does not say how many; neural-search's default. */
const defaultK = 10;

/**
 * What a `knn` query says besides its vector, as JSON members.
 *
 * @param names of the options that it takes over
 */
export function knnMembers(
	options: readonly Member[],
	names: ReadonlySet<string>,
	render: (node: Node) => string,
): string[] {
	const kept = renderOptions(options, names, render);
	const bounded = options.some(({ name }) => ends.includes(name));
	return bounded ? kept : [`"k":${defaultK}`, ...kept];
}

/**
 * What is the matter with a `neural` query for nearest neighbours, in neural-search's words.
 *
 * @param field.kind of the field that it names
 * @param field.modelId of the query, or of whoever else says it; a `semantic` field has one of its own
 */
export function denseProblems(
	{ options, text, tokens, analyzer }: TextQuery,
	field: { kind: "KNN" | "semantic"; modelId: string | undefined },
): string[] {
	const { kind, modelId } = field;
	const forSparse = (name: string) =>
		`Target field is a ${kind} field using a dense model. ${name} is not supported since it is for the sparse model.`;
	return [
		isBlank(text) &&
			isBlank(textOf(options, "query_image")) &&
			"Either query_text or query_image must be provided.",
		options.filter(({ name }) => ends.includes(name)).length > 1 &&
			"Only one of k, max_distance, or min_score can be provided",
		kind === "KNN" && modelId === undefined && "model_id must be provided.",
		modelId === "" && "model_id field can not be empty",
		tokens && forSparse("query_tokens"),
		analyzer !== undefined && forSparse("semantic_field_search_analyzer"),
	].filter((problem) => typeof problem === "string");
}
