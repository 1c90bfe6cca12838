import type { Node } from "jsonc-parser";
import {
	type Member,
	members,
	type Renderer,
} from "../../../ingest/json-tree.ts";
import { SidecarError } from "../../errors.ts";
import type { PlacedQuery } from "../query-walk.ts";
import type { TextQuery } from "./text-query.ts";

/** Handed on to `knn` as they are. */
const knnOptions = [
	"k",
	"max_distance",
	"min_score",
	"filter",
	"method_parameters",
	"rescore",
	"expand_nested_docs",
	"boost",
	"_name",
];
const ownOptions = ["query_text", "model_id"];
const ends = ["k", "max_distance", "min_score"];

/** Nearest neighbours when a query does not say how many; neural-search's default. */
const defaultK = 10;

/**
 * A `neural` query, checked as neural-search checks it.
 *
 * @throws SidecarError bad_query or bad_request, in neural-search's words
 */
export function readNeuralQuery({ clause, place }: PlacedQuery): TextQuery {
	const [field, second] = members(clause.value);
	if (field?.value.type !== "object")
		throw new SidecarError("bad_query", "[neural] query needs a field");
	if (second)
		throw new SidecarError(
			"bad_query",
			`[neural] query doesn't support multiple fields, found [${field.name}] and [${second.name}]`,
		);
	const options = members(field.value);
	const unknown = options.find(
		({ name }) => !knnOptions.includes(name) && !ownOptions.includes(name),
	);
	if (unknown)
		throw new SidecarError(
			"bad_query",
			`[neural] query does not support [${unknown.name}]`,
		);
	return {
		name: "neural",
		field: field.name,
		modelId: stringOf(options, "model_id"),
		text: stringOf(options, "query_text"),
		place,
		clause,
		options,
	};
}

/** How a `neural` query reads as the `knn` query of a vector, JSON. */
export function knnRenderers(
	{ clause, options }: TextQuery,
	vector: string,
): Map<Node, Renderer> {
	const renderers = new Map<Node, Renderer>();
	const [key] = clause.node.children ?? [];
	const [field] = members(clause.value);
	if (!key || !field) return renderers;
	renderers.set(key, () => '"knn"');
	renderers.set(field.value, (render) => {
		const kept = options
			.filter(({ name }) => knnOptions.includes(name))
			.map(({ node }) => render(node));
		const bounded = options.some(({ name }) => ends.includes(name));
		const k = bounded ? [] : [`"k":${defaultK}`];
		return `{${[`"vector":${vector}`, ...k, ...kept].join(",")}}`;
	});
	return renderers;
}

/** @throws SidecarError bad_request, in neural-search's words */
export function checkNeuralQuery(
	{ options, text }: TextQuery,
	modelId: string | undefined,
): void {
	const problems = [
		!text && "Either query_text or query_image must be provided.",
		options.filter(({ name }) => ends.includes(name)).length > 1 &&
			"Only one of k, max_distance, or min_score can be provided",
		modelId === undefined && "model_id must be provided.",
		modelId === "" && "model_id field can not be empty",
	].filter((problem) => problem !== false);
	if (problems.length > 0)
		throw new SidecarError(
			"bad_request",
			`Invalid neural query: ${problems.join("; ")}`,
		);
}

function stringOf(
	options: readonly Member[],
	name: string,
): string | undefined {
	const value: unknown = options.find((option) => option.name === name)?.value
		.value;
	if (value === undefined || value === null) return undefined;
	if (typeof value === "string") return value;
	throw new SidecarError("bad_query", `[neural] [${name}] must be a string`);
}
