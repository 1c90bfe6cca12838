import { describe, expect, it } from "vitest";
import { InvalidDefinition } from "../../ingest/invalid-definition.ts";
import {
	parseProcessor,
	processorNames,
} from "../../ingest/processors/processor.ts";

/* What a definition is refused with was read off OpenSearch 3.6 with neural-search and ml-commons. */

/** As a template names a field of its input map. */
const field = (name: string) => `\${input_map.${name}}`;
const modelInput = (texts: string, more?: string) =>
	`{"text_docs":${texts}${more === undefined ? "" : `,${more}`}}`;

const dense = { model_id: "m", field_map: { t: "v" } };
const chunking = { field_map: { t: "c" }, algorithm: {} };
const inference = {
	model_id: "m",
	function_name: "text_embedding",
	model_input: modelInput(`["${field("text")}"]`),
	input_map: [{ text: "t" }],
	output_map: [{ v: "$.inference_results[0].output[0].data" }],
};

const parseError = "parse_exception";
const argumentError = "illegal_argument_exception";

function refusal(name: string, options: unknown): [string, string] | undefined {
	try {
		parseProcessor(name, options);
		return undefined;
	} catch (error) {
		if (error instanceof InvalidDefinition) return [error.type, error.message];
		throw error;
	}
}

describe("a definition is refused as its plugin refuses it:", () => {
	it.each<[string, unknown, string, string]>([
		[
			"text_embedding",
			{},
			parseError,
			"[model_id] required property is missing",
		],
		[
			"text_embedding",
			{ ...dense, model_id: null },
			parseError,
			"[model_id] required property is missing",
		],
		[
			"text_embedding",
			{ ...dense, model_id: 1 },
			parseError,
			"[model_id] property isn't a string, but of type [java.lang.Integer]",
		],
		[
			"text_embedding",
			{ ...dense, model_id: 3_000_000_000 },
			parseError,
			"[model_id] property isn't a string, but of type [java.lang.Long]",
		],
		[
			"text_embedding",
			{ ...dense, model_id: " " },
			argumentError,
			"model_id is null or empty, cannot process it",
		],
		[
			"text_embedding",
			{ model_id: "m" },
			parseError,
			"[field_map] required property is missing",
		],
		[
			"text_embedding",
			{ ...dense, field_map: [] },
			parseError,
			"[field_map] property isn't a map, but of type [java.util.ArrayList]",
		],
		[
			"text_embedding",
			{ ...dense, field_map: {} },
			argumentError,
			"Unable to create the processor as field_map has invalid key or value",
		],
		[
			"text_embedding",
			{ ...dense, field_map: { " ": "v" } },
			argumentError,
			"Unable to create the processor as field_map has invalid key or value",
		],
		[
			"text_embedding",
			{ ...dense, field_map: { t: null } },
			argumentError,
			"Unable to create the processor as field_map has invalid key or value",
		],
		[
			"text_embedding",
			{ ...dense, batch_size: 0 },
			parseError,
			"[batch_size] batch size must be a positive integer",
		],
		[
			"text_embedding",
			{ ...dense, batch_size: "abc" },
			parseError,
			"[batch_size] property cannot be converted to an int [abc]",
		],
		[
			"text_embedding",
			{ ...dense, batch_size: 1.5 },
			parseError,
			"[batch_size] property cannot be converted to an int [1.5]",
		],
		[
			"text_embedding",
			{ ...dense, batch_size: [1] },
			parseError,
			"[batch_size] property cannot be converted to an int [[1]]",
		],
		[
			"text_embedding",
			{ ...dense, skip_existing: "true" },
			parseError,
			"[skip_existing] property isn't a boolean, but of type [java.lang.String]",
		],
		[
			"text_embedding",
			{ ...dense, description: 1 },
			parseError,
			"[description] property isn't a string, but of type [java.lang.Integer]",
		],
		[
			"text_embedding",
			{ ...dense, if: [] },
			parseError,
			"[script] property isn't a map or string, but of type [java.util.ArrayList]",
		],
		[
			"text_embedding",
			{ ...dense, foo: null },
			parseError,
			"processor [text_embedding] doesn't support one or more provided configuration parameters [foo]",
		],
		[
			"text_embedding",
			{ foo: 1, field_map: { t: "v" } },
			parseError,
			"[model_id] required property is missing",
		],
		[
			"text_embedding",
			[],
			parseError,
			"property isn't a map, but of type [java.util.ArrayList]",
		],
		[
			"text_embedding",
			1.5,
			parseError,
			"property isn't a map, but of type [java.lang.Double]",
		],
		[
			"text_embedding",
			null,
			parseError,
			"the config of processor [text_embedding] cannot be null",
		],
		[
			"sparse_encoding",
			{ ...dense, prune_type: "TOP_K" },
			argumentError,
			"Unknown prune type: TOP_K",
		],
		[
			"sparse_encoding",
			{ ...dense, prune_type: 1 },
			parseError,
			"[prune_type] property isn't a string, but of type [java.lang.Integer]",
		],
		[
			"sparse_encoding",
			{ ...dense, prune_ratio: 1 },
			argumentError,
			"prune_ratio field is not supported when prune_type is not provided",
		],
		[
			"sparse_encoding",
			{ ...dense, prune_type: "none", prune_ratio: null },
			argumentError,
			"prune_ratio field is not supported when prune_type is not provided",
		],
		[
			"sparse_encoding",
			{ ...dense, prune_type: "top_k" },
			parseError,
			"[prune_ratio] required property is missing",
		],
		[
			"sparse_encoding",
			{ ...dense, prune_type: "top_k", prune_ratio: "abc" },
			parseError,
			"[prune_ratio] property cannot be converted to a double [abc]",
		],
		[
			"sparse_encoding",
			{ ...dense, prune_type: "top_k", prune_ratio: 2.5 },
			argumentError,
			"Illegal prune_ratio 2.500000 for prune_type: top_k. prune_ratio should be positive integer.",
		],
		[
			"sparse_encoding",
			{ ...dense, prune_type: "alpha_mass", prune_ratio: 1 },
			argumentError,
			"Illegal prune_ratio 1.000000 for prune_type: alpha_mass. prune_ratio should be in the range [0, 1).",
		],
		[
			"sparse_encoding",
			{ ...dense, prune_type: "max_ratio", prune_ratio: -1 },
			argumentError,
			"Illegal prune_ratio -1.000000 for prune_type: max_ratio. prune_ratio should be in the range [0, 1).",
		],
		[
			"sparse_encoding",
			{ ...dense, prune_type: "abs_value", prune_ratio: -1 },
			argumentError,
			"Illegal prune_ratio -1.000000 for prune_type: abs_value. prune_ratio should be non-negative.",
		],
		[
			"text_chunking",
			{ field_map: { t: "c" } },
			parseError,
			"[algorithm] required property is missing",
		],
		[
			"text_chunking",
			{ ...chunking, algorithm: [] },
			parseError,
			"[algorithm] property isn't a map, but of type [java.util.ArrayList]",
		],
		[
			"text_chunking",
			{ ...chunking, algorithm: { delimiter: {}, fixed_char_length: {} } },
			argumentError,
			"Unable to create text_chunking processor as [algorithm] contains multiple algorithms",
		],
		[
			"text_chunking",
			{ ...chunking, algorithm: { foo: {} } },
			argumentError,
			"Chunking algorithm [foo] is not supported. Supported chunking algorithms are [fixed_token_length, delimiter, fixed_char_length]",
		],
		[
			"text_chunking",
			{ ...chunking, algorithm: { foo: "x" } },
			argumentError,
			"Unable to create text_chunking processor as parameters for [foo] algorithm must be an object",
		],
		[
			"text_chunking",
			{ ...chunking, ignore_missing: "x" },
			parseError,
			"[ignore_missing] property isn't a boolean, but of type [java.lang.String]",
		],
		[
			"text_chunking",
			{ ...chunking, batch_size: 2 },
			parseError,
			"processor [text_chunking] doesn't support one or more provided configuration parameters [batch_size]",
		],
		[
			"ml_inference",
			{ ...inference, model_id: undefined },
			parseError,
			"[model_id] required property is missing",
		],
		[
			"ml_inference",
			{ ...inference, model_input: undefined },
			argumentError,
			"Please provide model input when using a local model in ML Inference Processor",
		],
		[
			"ml_inference",
			{ ...inference, model_input: {} },
			parseError,
			"[model_input] property isn't a string, but of type [java.util.HashMap]",
		],
		[
			"ml_inference",
			{ ...inference, input_map: {} },
			parseError,
			"[input_map] property isn't a list, but of type [java.util.HashMap]",
		],
		[
			"ml_inference",
			{ ...inference, input_map: [{ text: "t" }, { text: "u" }] },
			argumentError,
			"The length of output_map and the length of input_map do no match.",
		],
		[
			"ml_inference",
			{ ...inference, max_prediction_tasks: 0 },
			argumentError,
			"The number of prediction task setting in this process is 1. It exceeds the max_prediction_tasks of 0. Please reduce the size of input_map or increase max_prediction_tasks.",
		],
		[
			"ml_inference",
			{ ...inference, model_config: [] },
			parseError,
			"[model_config] property isn't a map, but of type [java.util.ArrayList]",
		],
		[
			"ml_inference",
			{ ...inference, full_response_path: "true" },
			parseError,
			"[full_response_path] property isn't a boolean, but of type [java.lang.String]",
		],
		[
			"ml_inference",
			{ ...inference, foo: 1 },
			parseError,
			"processor [ml_inference] doesn't support one or more provided configuration parameters [foo]",
		],
	])("%s %j", (name, options, type, reason) => {
		expect(refusal(name, options)).toEqual([type, reason]);
	});
});

describe("the parameters of an algorithm are refused as neural-search refuses them:", () => {
	const mustBe = (name: string, type: string) =>
		`Parameter [${name}] must be of java.lang.${type} type`;

	it.each<[string, unknown, string]>([
		[
			"fixed_token_length",
			{ token_limit: 0 },
			"Parameter [token_limit] must be positive.",
		],
		[
			"fixed_token_length",
			{ token_limit: "abc" },
			mustBe("token_limit", "Integer"),
		],
		[
			"fixed_token_length",
			{ token_limit: 1.5 },
			mustBe("token_limit", "Integer"),
		],
		[
			"fixed_token_length",
			{ token_limit: 1e10 },
			mustBe("token_limit", "Integer"),
		],
		[
			"fixed_token_length",
			{ token_limit: true },
			mustBe("token_limit", "Integer"),
		],
		[
			"fixed_token_length",
			{ overlap_rate: 0.51 },
			"Parameter [overlap_rate] must be between 0.0 and 0.5",
		],
		[
			"fixed_token_length",
			{ overlap_rate: "x" },
			mustBe("overlap_rate", "Double"),
		],
		[
			"fixed_token_length",
			{ tokenizer: "keyword" },
			"Tokenizer [keyword] is not supported for [fixed_token_length] algorithm. Supported tokenizers are [standard, letter, lowercase, whitespace, uax_url_email, classic, thai]",
		],
		[
			"fixed_token_length",
			{ tokenizer: "" },
			"Parameter [tokenizer] should not be empty.",
		],
		["fixed_token_length", { tokenizer: null }, mustBe("tokenizer", "String")],
		[
			"fixed_token_length",
			{ max_chunk_limit: 0 },
			"Parameter [max_chunk_limit] must be positive or -1 to disable this parameter",
		],
		[
			"fixed_token_length",
			{ max_chunk_limit: -5, token_limit: 0 },
			"Parameter [max_chunk_limit] must be positive or -1 to disable this parameter",
		],
		[
			"fixed_char_length",
			{ overlap_rate: -0.1 },
			"Parameter [overlap_rate] must be between 0.0 and 0.5, but was -0.1",
		],
		[
			"fixed_char_length",
			{ char_limit: -1 },
			"Parameter [char_limit] must be positive.",
		],
		[
			"delimiter",
			{ delimiter: "" },
			"Parameter [delimiter] should not be empty.",
		],
		["delimiter", { delimiter: 1 }, mustBe("delimiter", "String")],
		[
			"delimiter",
			{ max_chunk_limit: "x" },
			mustBe("max_chunk_limit", "Integer"),
		],
	])("%s %j", (algorithm, parameters, reason) => {
		const options = { ...chunking, algorithm: { [algorithm]: parameters } };
		expect(refusal("text_chunking", options)).toEqual([argumentError, reason]);
	});
});

describe("what no document could go through is refused when it is put:", () => {
	it.each<[string, unknown, string]>([
		[
			"text_embedding",
			{ ...dense, field_map: { "a..b": "v" } },
			"Field name 'a..b' contains invalid dot usage",
		],
		[
			"sparse_encoding",
			{ ...dense, field_map: { o: { t: "v." } } },
			"Field name 'v.' contains invalid dot usage",
		],
		[
			"text_embedding",
			{ ...dense, field_map: { t: ["v", "w"] } },
			"Unable to create the processor as field_map has invalid key or value",
		],
		[
			"text_embedding",
			{ ...dense, field_map: { o: { t: null } } },
			"Unable to create the processor as field_map has invalid key or value",
		],
		[
			"ml_inference",
			{ ...inference, function_name: undefined },
			"function_name is [remote]: the sidecar runs ml_inference with its own models for text_embedding alone",
		],
		[
			"ml_inference",
			{ ...inference, input_map: undefined, output_map: undefined },
			"[input_map] has to say which fields the model is given",
		],
		[
			"ml_inference",
			{ ...inference, input_map: [{ text: "o.*.t" }] },
			"[input_map] has the field [o.*.t]: only names with dots between them are supported",
		],
		[
			"ml_inference",
			{ ...inference, input_map: [{ text: "_ingest._value.t" }] },
			"[input_map] has the field [_ingest._value.t]: only names with dots between them are supported",
		],
		[
			"ml_inference",
			{ ...inference, output_map: [{ v: "$..data" }] },
			"[output_map] has the path [$..data]: only names, numbers and wildcards that lead into inference_results are supported",
		],
		[
			"ml_inference",
			{ ...inference, output_map: [{ v: "$.foo" }] },
			"[output_map] has the path [$.foo]: only names, numbers and wildcards that lead into inference_results are supported",
		],
		["ml_inference", { ...inference, model_input: "x" }, "Invalid payload: x"],
		[
			"ml_inference",
			{ ...inference, model_input: modelInput(`["${field("other")}"]`) },
			"model_input has [other], input_map has not",
		],
		[
			"ml_inference",
			{
				...inference,
				model_input: modelInput(
					`["${field("text")}"]`,
					'"parameters":{"content_type":"query"}',
				),
			},
			"model_input can't have [parameters] here",
		],
	])("%s %j", (name, options, reason) => {
		expect(refusal(name, options)).toEqual([argumentError, reason]);
	});
});

describe("a definition that its plugin takes is taken,", () => {
	it.each<[string, unknown]>([
		["text_embedding", { ...dense, batch_size: "2", skip_existing: null }],
		["text_embedding", { ...dense, field_map: { o: {} } }],
		[
			"text_embedding",
			{ ...dense, tag: "t", description: "d", if: { source: "true" } },
		],
		["sparse_encoding", { ...dense, prune_type: "top_k", prune_ratio: "2" }],
		["sparse_encoding", { ...dense, prune_type: "none" }],
		["text_chunking", chunking],
		[
			"text_chunking",
			{ ...chunking, algorithm: { delimiter: { foo: 1, token_limit: 0 } } },
		],
		["ml_inference", { ...inference, function_name: "TEXT_EMBEDDING" }],
		["ml_inference", { ...inference, max_prediction_tasks: "3" }],
		[
			"ml_inference",
			{
				...inference,
				model_input: modelInput(
					field("text"),
					'"return_number":true,"target_response":["sentence_embedding"]',
				),
			},
		],
	])("%s %j", (name, options) => {
		expect(refusal(name, options)).toBeUndefined();
	});

	it("whose every processor has a name here", () => {
		expect(processorNames).toEqual([
			"text_embedding",
			"sparse_encoding",
			"text_chunking",
			"ml_inference",
			"semantic_field",
		]);
	});
});
