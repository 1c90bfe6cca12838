import { causeAlone, type Difference, each, refused } from "./difference.ts";

const topic = "definitions";
const badFieldMap =
	"Unable to create the processor as field_map has invalid key or value";

/** Definitions of pipelines. */
export const differingDefinitions: readonly Difference[] = [
	{
		reason: "400, not 500: the definition is wrong",
		cases: {
			...each(topic, causeAlone, [
				"model_id empty",
				"model_id blank",
				"field_map empty",
				"field_map with a blank target",
				"field_map with a blank source",
				"field_map with null",
				"prune_type top_k, prune_ratio 0",
				"prune_type top_k, prune_ratio 1.5",
				"prune_type alpha_mass, prune_ratio 2",
				"prune_type max_ratio, prune_ratio 1",
				"prune_type abs_value, prune_ratio -1",
				"prune_type none, prune_ratio 5",
				"prune_type unknown, prune_ratio 1",
				"prune_ratio without prune_type",
				"chunking with two algorithms",
				"chunking with an unknown algorithm",
				"chunking by null",
				"chunking by a number",
				'chunking with {"token_limit":0}',
				'chunking with {"token_limit":"x"}',
				'chunking with {"overlap_rate":0.6}',
				'chunking with {"overlap_rate":-0.1}',
				'chunking with {"overlap_rate":"half"}',
				'chunking with {"max_chunk_limit":0}',
				'chunking with {"max_chunk_limit":-2}',
				'chunking with {"tokenizer":5}',
				"chunking by characters, char_limit 0",
				"chunking by an empty delimiter",
				"chunking by a delimiter that is a number",
			]),
			...each("ml_inference", causeAlone, [
				"no model_input",
				"maps of two lengths",
				"max_prediction_tasks 0",
			]),
		},
	},
	{
		reason:
			"a definition that no document can go through is refused when it is stored",
		cases: {
			...each(topic, refused(badFieldMap), [
				"field_map with a number",
				"field_map with a list",
				"field_map with a number in an object",
			]),
			...each(topic, refused("Field name 'a..b' contains invalid dot usage"), [
				"field_map with dots at wrong places",
			]),
		},
	},
	{
		reason: "so is one that does nothing, or that no chunk can go through",
		cases: each(topic, refused(badFieldMap), [
			"chunking with an empty field_map",
			"chunking into a number",
		]),
	},
	{
		reason: "names are listed in the order of the documentation",
		cases: each(
			topic,
			refused(
				"Tokenizer [unknown] is not supported for [fixed_token_length] algorithm. Supported tokenizers are [standard, letter, lowercase, whitespace, uax_url_email, classic, thai]",
			),
			['chunking with {"tokenizer":"unknown"}'],
		),
	},
	{
		reason: "the sidecar runs no models that embed images",
		cases: each(
			topic,
			refused(
				"[text_image_embedding] is not supported: the sidecar runs no models that embed images; embed the text with [text_embedding]",
			),
			["text_image_embedding"],
		),
	},
	{
		reason:
			"`ml_inference` is for the sidecar's own text embedding models, and what it can't run is refused when it is stored",
		cases: {
			...each(
				"ml_inference",
				refused(
					"function_name is [remote]: the sidecar runs ml_inference with its own models for text_embedding alone",
				),
				["no function_name"],
			),
			...each(
				"ml_inference",
				refused(
					"function_name is [magic]: the sidecar runs ml_inference with its own models for text_embedding alone",
				),
				["function_name unknown"],
			),
			...each(
				"ml_inference",
				refused(
					"The length of output_map and the length of input_map do no match.",
				),
				["no input_map"],
			),
			...each(
				"ml_inference",
				refused(
					"[output_map] has the path [$.nothing.here]: only names, numbers and wildcards that lead into inference_results are supported",
				),
				["an output path that leads nowhere"],
			),
		},
	},
	{
		reason: "the names of unknown options come in the order of the definition",
		cases: each(
			topic,
			refused(
				"processor [text_embedding] doesn't support one or more provided configuration parameters [colour, a]",
				{ type: "parse_exception" },
			),
			["two unknown options"],
		),
	},
	{
		reason:
			"the sidecar reads its own processors before OpenSearch reads the others",
		cases: each(
			topic,
			refused("[model_id] required property is missing", {
				type: "parse_exception",
			}),
			["an unknown processor before it"],
		),
	},
	{
		reason: "a guard stands in the place of one processor",
		cases: each(
			topic,
			refused(
				"[text_embedding] can't share an object with another processor [set]: put it in an object of its own among the pipeline's processors",
				{ type: "parse_exception" },
			),
			["two processors in one object"],
		),
	},
];
