import type { Node } from "jsonc-parser";
import {
	elements,
	type Member,
	members,
	type Renderer,
} from "../../../ingest/json-tree.ts";
import { SidecarError } from "../../errors.ts";
import type { PlacedQuery } from "../query-walk.ts";
import { refusedQuery } from "../search-failures.ts";
import {
	badQuery,
	checkBoost,
	commonOptions,
	fieldOptions,
	isBlank,
	isScalar,
	numberOf,
	renderOptions,
	textOf,
	tokenOf,
} from "./query-options.ts";
import { readTokens } from "./query-tokens.ts";
import {
	rankFeatureQuery,
	type TokenWeights,
	withoutBraces,
} from "./rank-features.ts";
import type { TextQuery } from "./text-query.ts";

const scalars: ReadonlySet<string> = new Set([
	"_name",
	"boost",
	"query_text",
	"model_id",
	"analyzer",
	// Without effect since OpenSearch 2.12, and accepted.
	"max_token_score",
]);

/** Of `method_parameters`: they are for fields that a cluster without neural-search has none of. */
const methodParameters: ReadonlySet<string> = new Set([
	"k",
	"top_n",
	"heap_factor",
	"filter",
]);

/**
 * A `neural_sparse` query, as far as its form alone goes.
 *
 * @throws SidecarError in neural-search's words
 */
export function readSparseQuery({ clause, place }: PlacedQuery): TextQuery {
	const { field, options } = fieldOptions(clause, nothingToLookFor);
	for (const option of options) checkForm(option);
	checkBoost("neural_sparse", options);
	numberOf(options, "max_token_score");
	const tokens = options.find(({ name }) => name === "query_tokens");
	const query: TextQuery = {
		name: "neural_sparse",
		field,
		modelId: textOf(options, "model_id"),
		text: textOf(options, "query_text"),
		tokens: tokens && readTokens(tokens.value),
		analyzer: textOf(options, "analyzer"),
		place,
		clause,
		options,
	};
	checkGiven(query);
	return query;
}

function checkForm({ name, value }: Member): void {
	if (isScalar(value)) {
		if (!scalars.has(name)) throw unsupported(name);
	} else if (name === "query_tokens") {
		// An empty list is read as no tokens.
		if (value.type === "array" && elements(value).length > 0)
			throw unsupported(name);
	} else if (name === "method_parameters") checkMethod(value);
	else
		throw badQuery(
			`[neural_sparse] unknown token [${tokenOf(value)}] after [${name}]`,
		);
}

function checkMethod(value: Member["value"]): void {
	if (value.type !== "object")
		throw badQuery("[neural_sparse] method_parameters must be an object");
	const unknown = members(value).find(
		({ name }) => !methodParameters.has(name),
	);
	if (unknown)
		throw badQuery(`[neural_sparse] unknown field [${unknown.name}]`);
}

function checkGiven({ text, tokens, modelId, analyzer }: TextQuery): void {
	if (text === undefined && !tokens) throw nothingToLookFor();
	for (const [name, value] of Object.entries({
		query_text: text,
		model_id: modelId,
		analyzer,
	}))
		if (value === "") throw invalid(`${name} field can not be empty`);
}

/**
 * Checks what is to make tokens of the text of a query that brings none.
 *
 * @param modelId of the query, or of whoever else says it
 * @throws SidecarError bad_request, in neural-search's words
 */
export function checkTokenization(
	{ text, analyzer }: TextQuery,
	modelId: string | undefined,
): void {
	if (modelId !== undefined && analyzer !== undefined)
		throw invalid(
			`Cannot use both [model_id: ${modelId}] and [analyzer: ${analyzer}] for neural sparse query tokenization. Specify only one tokenization method. These parameters can be set either in the query or through the neural_query_enricher search processor.`,
		);
	if (analyzer !== undefined) return;
	// Where neural-search is, its analyzer `bert-uncased` steps in.
	if (modelId === undefined)
		throw invalid(
			"model_id must be provided for [neural_sparse] query with query_text: the analyzer [bert-uncased], which neural-search has for a query without one, is not in this cluster; an [analyzer] of the index or [query_tokens] are the other ways",
		);
	if (isBlank(text) || isBlank(modelId))
		throw invalid("query_text and model_id cannot be null");
}

/** @throws SidecarError search_failed, in neural-search's words */
export function refuseSparseField(): never {
	throw refusedQuery(
		"[neural_sparse] query only works on [rank_features] fields",
	);
}

/** How a query for tokens reads for OpenSearch. */
export function tokenRenderers(
	{ clause, field, options }: TextQuery,
	weights: TokenWeights,
): Map<Node, Renderer> {
	return new Map([
		[
			clause.node,
			(render) => {
				const members = renderOptions(options, commonOptions, render);
				return withoutBraces(rankFeatureQuery(field, weights, members));
			},
		],
	]);
}

function unsupported(name: string): SidecarError {
	return badQuery(`[neural_sparse] query does not support [${name}] field`);
}

function nothingToLookFor(): SidecarError {
	return invalid(
		"either query_text field or query_tokens field must be provided for [neural_sparse] query",
	);
}

function invalid(reason: string): SidecarError {
	return new SidecarError("bad_request", reason);
}
