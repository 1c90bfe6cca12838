import type { Node } from "jsonc-parser";
import type { Renderer } from "../../../ingest/json-tree.ts";
import type { SemanticField } from "../../../ingest/semantic/semantic-field.ts";
import { SidecarError } from "../../errors.ts";
import { isBlank, textOf } from "./query-options.ts";
import { rankFeatureQuery } from "./rank-features.ts";
import type { QueryResult, TextQuery } from "./text-query.ts";

const ends = ["k", "max_distance", "min_score"];

/** Options that stand at a query, whatever it is made of. */
const common = ["boost", "_name"];

/** What a query says of nearest neighbours. */
const ofNeighbours = [
	...ends,
	"filter",
	"method_parameters",
	"rescore",
	"expand_nested_docs",
];

/** Nearest neighbours when a query does not say how many; neural-search's default. */
const defaultK = 10;

/**
 * Checks a `neural` query on a `semantic` field.
 *
 * @throws SidecarError bad_request, in neural-search's words
 */
export function checkSemanticQuery(
	query: TextQuery,
	{ kind }: SemanticField,
): void {
	const problems =
		kind === "dense" ? denseProblems(query) : sparseProblems(query);
	if (problems.length > 0)
		throw new SidecarError(
			"bad_request",
			`Invalid neural query: ${problems.join("; ")}`,
		);
}

function denseProblems(query: TextQuery): string[] {
	const { options, text, tokens, analyzer, modelId } = query;
	const forSparse = (name: string) =>
		`Target field is a semantic field using a dense model. ${name} is not supported since it is for the sparse model.`;
	return [
		isBlank(text) &&
			isBlank(textOf(options, "query_image")) &&
			"Either query_text or query_image must be provided.",
		options.filter(({ name }) => ends.includes(name)).length > 1 &&
			"Only one of k, max_distance, or min_score can be provided",
		modelId === "" && "model_id field can not be empty",
		tokens !== undefined && forSparse("query_tokens"),
		analyzer !== undefined && forSparse("semantic_field_search_analyzer"),
	].filter((problem) => typeof problem === "string");
}

function sparseProblems(query: TextQuery): string[] {
	const { options, text, tokens, analyzer, modelId } = query;
	const dense = options
		.map(({ name }) => name)
		.filter((name) => ofNeighbours.includes(name) || name === "query_image")
		.sort();
	const sources = [tokens, modelId, analyzer].filter(
		(source) => source !== undefined,
	);
	return [
		dense.length > 0 &&
			`Target field is a semantic field using a sparse model. [${dense.join(", ")}] are not supported since they are for the dense model.`,
		text === undefined &&
			tokens === undefined &&
			"Either query_text or query_tokens must be provided",
		text !== undefined && isBlank(text) && "query_text field can not be empty",
		modelId === "" && "model_id field can not be empty",
		sources.length > 1 &&
			"query_tokens, model_id and semantic_field_search_analyzer can not coexist",
	].filter((problem) => typeof problem === "string");
}

/**
 * How a `neural` query on a `semantic` field reads for OpenSearch: a query on what stands beside the field, that of a
 * text's best chunk where it has several.
 *
 * @throws SidecarError bad_request for what a model made that does not fit the field
 */
export function semanticRenderers(
	query: TextQuery,
	field: SemanticField,
	result: QueryResult,
): Map<Node, Renderer> {
	const { options, clause } = query;
	return new Map<Node, Renderer>([
		[
			clause.node,
			(render) => {
				const named = (names: readonly string[]) =>
					options
						.filter(({ name }) => names.includes(name))
						.map(({ node }) => render(node));
				const neighbours = named(ofNeighbours);
				if (!options.some(({ name }) => ends.includes(name)))
					neighbours.unshift(`"k":${defaultK}`);
				const whole = named(common);
				const { nestedPath } = field;
				if (nestedPath === undefined)
					return withoutBraces(inner(field, result, { neighbours, whole }));
				const nested = [
					`"path":${JSON.stringify(nestedPath)}`,
					'"score_mode":"max"',
					`"query":${inner(field, result, { neighbours, whole: [] })}`,
					...whole,
				];
				return `"nested":{${nested.join(",")}}`;
			},
		],
	]);
}

function inner(
	{ kind, vectorField }: SemanticField,
	result: QueryResult,
	{ neighbours, whole }: { neighbours: string[]; whole: string[] },
): string {
	if (kind === "dense" && result.form === "vector") {
		const members = [`"vector":${result.json}`, ...neighbours, ...whole];
		return `{"knn":{${JSON.stringify(vectorField)}:{${members.join(",")}}}}`;
	}
	if (kind === "sparse" && result.form === "tokens")
		return rankFeatureQuery(vectorField, result.weights, whole);
	throw new SidecarError(
		"bad_request",
		`the model of the query does not fit the semantic field's: [${vectorField}] is ${kind}`,
	);
}

function withoutBraces(json: string): string {
	return json.slice(1, -1);
}
