import {
	at,
	type Difference,
	each,
	refused,
} from "../ingest-cases/difference.ts";

const parsing = { type: "parsing_exception" };

/** What k-NN says of an option of the `knn` query that stands for a `neural` one. */
const byKnn = (option: string, type: string, reason: string) =>
	at({
		"answers.0.body.error": {
			type: "x_content_parse_exception",
			reason: `[<place>] [knn] failed to parse field [${option}]`,
			caused_by: { type, reason },
		},
	});

const reason = (text: string) => at({ "answers.0.body.error.reason": text });

/** What is answered where a query is written wrong, or goes on where neural-search gives up. */
export const differingQueries: readonly Difference[] = [
	{
		reason:
			"what every shard would find out is told at once, and not as the failure of all shards",
		cases: {
			"neural errors / a model of other vectors": refused(
				"Query vector has invalid dimension: 8. Dimension should be: 16: the model [minilm] (<narrow>) does not fit [vector] of [<books>]",
			),
		},
	},
	{
		reason:
			"a model of another function is said to be one, and is nobody's fault but the client's",
		cases: {
			"neural errors / a sparse model": refused(
				"model <sparse> is for SPARSE_TOKENIZE, not for TEXT_EMBEDDING",
			),
			"neural errors / a model for similarity": refused(
				"model <similar> is for TEXT_SIMILARITY, not for TEXT_EMBEDDING",
			),
			"sparse / a dense model": refused(
				"model <dense> is for TEXT_EMBEDDING, not for SPARSE_ENCODING or SPARSE_TOKENIZE",
			),
			"neural errors / query_image alone": refused(
				"Invalid neural query: query_image is not supported, the sidecar runs no models that embed images",
			),
		},
	},
	{
		reason:
			"a query that is no query is told so, wherever the parser stumbles over it",
		cases: {
			"neural errors / no field": refused(
				"[neural] query needs a field",
				parsing,
			),
			"sparse / no field": refused(
				"[neural_sparse] query needs a field",
				parsing,
			),
			...each(
				"neural errors",
				refused(
					"[neural] malformed query, expected [END_OBJECT] but found [FIELD_NAME]",
					parsing,
				),
				[
					"a text for the field",
					"a number for the field",
					"null for the field",
				],
			),
			"neural errors / a list for the field": refused(
				"[neural] unknown token [END_ARRAY] after []",
				parsing,
			),
			"neural errors / boost negative": refused(
				"negative [boost] are not allowed in [neural], use a value between 0 and 1 to deboost",
			),
		},
	},
	{
		reason:
			"k-NN itself tells what it does not like of the options that are handed on to it",
		cases: {
			"neural errors / filter empty": byKnn(
				"filter",
				"illegal_argument_exception",
				"query malformed, empty clause found at [<place>]",
			),
			"neural errors / filter of an unknown query": at({
				"answers.0.body.error": {
					type: "x_content_parse_exception",
					reason: "[<place>] [knn] failed to parse field [filter]",
					caused_by: {
						type: "parsing_exception",
						reason: "unknown query [nothing]",
						caused_by: {
							type: "named_object_not_found_exception",
							reason: "[<place>] unknown field [nothing]",
						},
					},
				},
			}),
			"neural errors / method_parameters unknown": byKnn(
				"method_parameters",
				"parsing_exception",
				"[knn] unknown method parameter found [a]",
			),
			"neural errors / method_parameters empty": byKnn(
				"method_parameters",
				"parsing_exception",
				"method_parameters cannot be empty",
			),
			"neural errors / rescore unknown": byKnn(
				"rescore",
				"x_content_parse_exception",
				"[<place>] [rescore] unknown field [factor]",
			),
			"neural errors / another key beside": reason(
				"[knn] malformed query, expected [END_OBJECT] but found [FIELD_NAME]",
			),
			"neural errors / an object": at({
				"answers.0.body.error": {
					type: "search_phase_execution_exception",
					reason: "all shards failed",
					caused_by: {
						type: "query_shard_exception",
						reason:
							"failed to create query: Field 'passages' is not knn_vector type.",
						caused_by: {
							type: "illegal_argument_exception",
							reason: "Field 'passages' is not knn_vector type.",
						},
					},
				},
			}),
		},
	},
	{
		reason: "an error does not say where in the source it was not able to look",
		cases: {
			"neural errors / an option twice": reason("Duplicate field 'query_text'"),
			"sparse / a weight that is null": reason(
				"Current token (VALUE_NULL) not numeric, can not use numeric value accessors",
			),
			"sparse / a weight that is an object": reason(
				"Current token (START_OBJECT) not numeric, can not use numeric value accessors",
			),
		},
	},
	{
		reason:
			"the analyzer `bert-uncased` and its weights of words come with neural-search",
		cases: {
			"sparse / no model, no analyzer": refused(
				"model_id must be provided for [neural_sparse] query with query_text: the analyzer [bert-uncased], which neural-search has for a query without one, is not in this cluster; an [analyzer] of the index or [query_tokens] are the other ways",
			),
		},
	},
	{
		reason: "`neural` asks for tokens where a field has weights of tokens",
		cases: {
			"sparse / neural on weights, a dense model": refused(
				"model <dense> is for TEXT_EMBEDDING, not for SPARSE_ENCODING or SPARSE_TOKENIZE",
			),
		},
	},
];
