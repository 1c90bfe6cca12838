import type { Node } from "jsonc-parser";
import type { Renderer } from "../../../ingest/json-tree.ts";
import type { SemanticField } from "../../../ingest/semantic/semantic-field.ts";
import { SidecarError } from "../../errors.ts";
import { denseProblems, knnMembers, neighbourOptions } from "./neighbours.ts";
import { commonOptions, isBlank, renderOptions } from "./query-options.ts";
import { rankFeatureQuery, withoutBraces } from "./rank-features.ts";
import type { QueryResult, TextQuery } from "./text-query.ts";

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
		kind === "dense"
			? denseProblems(query, { kind: "semantic", modelId: query.modelId })
			: sparseProblems(query);
	if (problems.length > 0)
		throw new SidecarError(
			"bad_request",
			`Invalid neural query: ${problems.join("; ")}`,
		);
}

function sparseProblems(query: TextQuery): string[] {
	const { options, text, tokens, analyzer, modelId } = query;
	const dense = options
		.map(({ name }) => name)
		.filter((name) => neighbourOptions.has(name) || name === "query_image")
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
				const neighbours = knnMembers(options, neighbourOptions, render);
				const whole = renderOptions(options, commonOptions, render);
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
