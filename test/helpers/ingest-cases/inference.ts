import { cat, defined, type IngestTopic, written } from "./case.ts";

type Json = Readonly<Record<string, unknown>>;

const base: Json = {
	function_name: "text_embedding",
	model_id: "<dense>",
	full_response_path: true,
	model_input: `{ "text_docs": ["\${input_map.input}"], "target_response": ["sentence_embedding"] }`,
	input_map: [{ input: "text" }],
	output_map: [{ vector: "$.inference_results[0].output[0].data" }],
};
const inference = (options: Json = {}) => ({
	ml_inference: { ...base, ...options },
});
const without = (name: string) =>
	Object.fromEntries(Object.entries(base).filter(([key]) => key !== name));
const list = {
	model_input: `{ "text_docs": \${input_map.input} }`,
	input_map: [{ input: "list" }],
};

/** `ml_inference` with a local model. */
export const inferences: IngestTopic = {
	name: "ml_inference",
	cases: [
		written(
			"a text",
			inference(),
			{ text: cat },
			{ other: 1 },
			{ text: "" },
			{ text: 5 },
			{ text: null },
		),
		written("a text with a quote", inference(), { text: 'a "small" cat' }),
		written(
			"a list",
			inference(list),
			{ list: [cat, "red wine"] },
			{ list: [cat] },
		),
		written(
			"a list, all vectors",
			inference({
				...list,
				output_map: [{ vectors: "$.inference_results.*.output.*.data" }],
			}),
			{ list: [cat, "red wine"] },
			{ list: [cat] },
		),
		written(
			"a list, all vectors by brackets",
			inference({
				...list,
				output_map: [{ vectors: "$.inference_results[*].output[*].data" }],
			}),
			{ list: [cat, "red wine"] },
		),
		written(
			"without a `$`",
			inference({
				output_map: [{ vector: "inference_results[0].output[0].data" }],
			}),
			{ text: cat },
		),
		written(
			"the whole answer",
			inference({ output_map: [{ answer: "$.inference_results" }] }),
			{ text: cat },
		),
		defined("an output path that leads nowhere", {
			processors: [inference({ output_map: [{ vector: "$.nothing.here" }] })],
		}),
		written("ignore_missing", inference({ ignore_missing: true }), {
			other: 1,
		}),
		written(
			"ignore_failure",
			inference({ ignore_failure: true }),
			{ other: 1 },
			{ text: 5 },
		),
		written("an unknown model", inference({ model_id: "unknown" }), {
			text: cat,
		}),
		written("a target that is there", inference(), {
			text: cat,
			vector: "old",
		}),
		written("a target that is there, override", inference({ override: true }), {
			text: cat,
			vector: "old",
		}),
		written(
			"a dotted source and target",
			inference({
				input_map: [{ input: "a.b" }],
				output_map: [{ "c.d": "$.inference_results[0].output[0].data" }],
			}),
			{ a: { b: cat } },
		),
		written(
			"two texts",
			inference({
				input_map: [{ input: "text" }, { input: "other" }],
				output_map: [
					{ v: "$.inference_results[0].output[0].data" },
					{ w: "$.inference_results[0].output[0].data" },
				],
			}),
			{ text: cat, other: "red wine" },
		),
		defined("no model_id", {
			processors: [{ ml_inference: without("model_id") }],
		}),
		defined("no model_input", {
			processors: [{ ml_inference: without("model_input") }],
		}),
		defined("no input_map", {
			processors: [{ ml_inference: without("input_map") }],
		}),
		defined("no output_map", {
			processors: [{ ml_inference: without("output_map") }],
		}),
		defined("no function_name", {
			processors: [{ ml_inference: without("function_name") }],
		}),
		defined("function_name unknown", {
			processors: [inference({ function_name: "magic" })],
		}),
		defined("function_name in capitals", {
			processors: [inference({ function_name: "TEXT_EMBEDDING" })],
		}),
		defined("maps of two lengths", {
			processors: [inference({ output_map: [] })],
		}),
		defined("input_map an object", {
			processors: [inference({ input_map: { input: "text" } })],
		}),
		defined("max_prediction_tasks 0", {
			processors: [inference({ max_prediction_tasks: 0 })],
		}),
		defined("an unknown option", {
			processors: [inference({ colour: "red" })],
		}),
	],
};
