import { at, type Difference, each } from "../ingest-cases/difference.ts";
import { innermostAlone, refusal } from "./difference.ts";

const forSimilarity =
	"The algorithm TEXT_SIMILARITY of the model <similar> is not supported in the semantic field. Supported algorithms: [SPARSE_ENCODING, SPARSE_TOKENIZE, TEXT_EMBEDDING].";

/** What is refused in other words, or with another status. */
export const differingErrors: readonly Difference[] = [
	{
		reason:
			"the reason itself, which neural-search hands to the shards or finds in a later phase and so gives as the cause of a cause",
		cases: {
			...each("highlighting", innermostAlone, ["no model"]),
		},
	},
	{
		reason: "a model that is for something else is named, before it is run",
		cases: {
			...each(
				"rerank",
				refusal("model <dense> is for TEXT_EMBEDDING, not for TEXT_SIMILARITY"),
				["another model"],
			),
			"semantic field / a model for similarity": at({
				"answers.0.body.error.reason": `Failed to transform the mapping for the semantic field at text due to ${forSimilarity}`,
				"answers.0.body.error.caused_by.reason": forSimilarity,
			}),
		},
	},
	{
		reason:
			"a model whose vectors do not fit the field is named with the field, before it is run",
		cases: {
			...each(
				"hybrid errors",
				refusal(
					"Query vector has invalid dimension: 8. Dimension should be: 16: the model [minilm] (<narrow>) does not fit [vector] of [<books>]",
				),
				["the wrong model"],
			),
		},
	},
	{
		reason: "OpenSearch itself tells what is wrong with a filter",
		cases: {
			"hybrid errors / filter empty": at({
				"answers.0.body.error": {
					type: "x_content_parse_exception",
					reason: "[<place>] [bool] failed to parse field [filter]",
					caused_by: {
						type: "illegal_argument_exception",
						reason: "query malformed, empty clause found at [<place>]",
					},
				},
			}),
		},
	},
	{
		reason: "400, not 500: the definition is wrong",
		cases: {
			...each(
				"pipelines",
				refusal(
					"property isn't a map, but of type [java.lang.String]",
					"parse_exception",
				),
				["a processor's settings a text"],
			),
			...each(
				"pipelines",
				refusal("parameter [weights] must be a collection of numbers"),
				["weights: texts", "weights: words"],
			),
			...each(
				"pipelines",
				refusal(
					"[two_phase_parameter.prune_ratio] isn't a number, but of type [java.lang.String]",
				),
				["two-phase: a ratio that is a word"],
			),
			...each(
				"pipelines",
				refusal("document_fields must be a list of field names"),
				["rerank: fields of numbers"],
			),
		},
	},
	{
		reason: "400, not 500: a field names a model that is not there",
		cases: {
			"semantic field / a model that is not there": at({
				"answers.0.status": 400,
				"answers.0.body.status": 400,
				"answers.0.body.error.type": "illegal_argument_exception",
			}),
		},
	},
	{
		reason: "400, not 500: the search is wrong",
		cases: {
			...each("rerank", refusal("must specify query_context"), [
				"no ext",
				"an empty ext",
			]),
			...each("rerank", refusal("query_text must be a string"), [
				"a text that is a number",
			]),
		},
	},
	{
		reason: "404, not 500: the model is not there",
		cases: each(
			"highlighting",
			refusal("Failed to find model", "status_exception", 404),
			["a model that is not there", "an empty model"],
		),
	},
];
