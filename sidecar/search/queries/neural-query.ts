import type { Node } from "jsonc-parser";
import {
	type Member,
	members,
	type Renderer,
} from "../../../ingest/json-tree.ts";
import { SidecarError } from "../../errors.ts";
import type { PlacedQuery } from "../query-walk.ts";
import {
	denseProblems,
	ends,
	knnMembers,
	knnObjects,
	neighbourOptions,
} from "./neighbours.ts";
import {
	badQuery,
	checkBoost,
	commonOptions,
	fieldOptions,
	isScalar,
	numberOf,
	textOf,
	tokenOf,
} from "./query-options.ts";
import { readTokens } from "./query-tokens.ts";
import type { TextQuery } from "./text-query.ts";

/** Handed on to `knn`. */
const knnOptions: ReadonlySet<string> = new Set([
	...neighbourOptions,
	...commonOptions,
]);

const tokensOption = "query_tokens";
const analyzerOption = "semantic_field_search_analyzer";

const objects: ReadonlySet<string> = new Set([...knnObjects, tokensOption]);
const scalars: ReadonlySet<string> = new Set([
	...ends,
	"expand_nested_docs",
	"boost",
	"_name",
	"query_text",
	"query_image",
	"model_id",
	analyzerOption,
]);

/**
 * A `neural` query, as far as its form alone goes.
 *
 * @throws SidecarError in neural-search's words
 */
export function readNeuralQuery({ clause, place }: PlacedQuery): TextQuery {
	const { field, options } = fieldOptions(clause, () =>
		badQuery(
			"[neural] malformed query, expected [END_OBJECT] but found [FIELD_NAME]",
		),
	);
	for (const option of options) checkForm(option);
	checkBoost("neural", options);
	checkNumbers(options);
	const tokens = options.find(({ name }) => name === tokensOption);
	return {
		name: "neural",
		field,
		modelId: textOf(options, "model_id"),
		text: textOf(options, "query_text"),
		tokens: tokens && readTokens(tokens.value),
		analyzer: textOf(options, analyzerOption),
		place,
		clause,
		options,
	};
}

function checkForm({ name, value }: Member): void {
	if (value.type === "array" || value.type === "null")
		throw badQuery(
			`[neural] unknown token [${tokenOf(value)}] after [${name}]`,
		);
	const known = isScalar(value) ? scalars : objects;
	if (!known.has(name))
		throw badQuery(`[neural] query does not support [${name}]`);
}

/** @throws SidecarError for what k-NN would tell of a query that nobody has written */
function checkNumbers(options: readonly Member[]): void {
	const k = numberOf(options, "k");
	if (k !== undefined && !Number.isInteger(k))
		throw invalid(`Value [${textOf(options, "k")}] has a decimal part`);
	if (k !== undefined && Math.abs(k) >= 2 ** 31)
		throw invalid(
			`Value [${textOf(options, "k")}] is out of range for an integer`,
		);
	numberOf(options, "min_score");
	numberOf(options, "max_distance");
	const expand = textOf(options, "expand_nested_docs");
	if (expand !== undefined && expand !== "true" && expand !== "false")
		throw invalid(
			`Failed to parse value [${expand}] as only [true] or [false] are allowed.`,
		);
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
		const others = knnMembers(options, knnOptions, render);
		return `{${[`"vector":${vector}`, ...others].join(",")}}`;
	});
	return renderers;
}

/**
 * Checks a `neural` query on a field of vectors.
 *
 * @param modelId of the query, or of whoever else says it
 * @throws SidecarError bad_request, in neural-search's words
 */
export function checkNeuralQuery(
	query: TextQuery,
	modelId: string | undefined,
): void {
	const problems = denseProblems(query, { kind: "KNN", modelId });
	if (problems.length > 0)
		throw invalid(`Invalid neural query: ${problems.join("; ")}`);
}

/** @throws SidecarError bad_request, in neural-search's words, where a field is of a type that has no vectors */
export function refuseFieldType(field: string): never {
	throw invalid(
		`Failed to process the neural query against the field ${field} because its type is not supported. It should be one of [knn_vector,semantic]`,
	);
}

/** A query without a text has passed every other check: it brings an image. */
export function imagesUnsupported(): SidecarError {
	return invalid(
		"Invalid neural query: query_image is not supported, the sidecar runs no models that embed images",
	);
}

/** In the words of neural-search, for a pipeline whose enricher has no model for the field. */
export function notEnriched(): SidecarError {
	return invalid(
		"model id must be provided in neural query or a default model id must be set in search request processor",
	);
}

function invalid(reason: string): SidecarError {
	return new SidecarError("bad_request", reason);
}
