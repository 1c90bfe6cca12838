import {
	type Call,
	cat,
	embedding,
	type IngestCase,
	type IngestTopic,
	pipeline,
	set,
	wine,
} from "./case.ts";
import { simulated } from "./simulated-case.ts";

const inner = (rest: object = {}) => ({
	pipeline: { name: "<id>-inner", ...rest },
});
const innermost = pipeline(
	{ processors: [embedding({ tag: "inner" }), set("after", 1)] },
	"-inner",
);

function behind(before: Call, { name, calls }: IngestCase): IngestCase {
	return { name, calls: [before, ...calls] };
}

/** What `_simulate` says of pipelines that call others, and of processors within others. */
export const nestedSimulations: IngestTopic = {
	name: "nested simulations",
	cases: [
		behind(
			innermost,
			simulated("a call", { processors: [set("text", cat), inner()] }, {}),
		),
		behind(
			innermost,
			simulated(
				"a call that fails",
				{ processors: [inner()] },
				{ text: 5 },
				{ text: wine },
			),
		),
		behind(
			innermost,
			simulated(
				"a call that fails and is ignored",
				{ processors: [inner({ ignore_failure: true }), set("last", 1)] },
				{ text: 5 },
			),
		),
		behind(
			innermost,
			simulated(
				"a call on a condition",
				{ processors: [inner({ if: "ctx.yes == true" })] },
				{ text: cat, yes: true },
				{ text: cat },
			),
		),
		simulated(
			"foreach",
			{
				processors: [{ foreach: { field: "list", processor: embedding() } }],
			},
			{ list: [1], text: cat },
		),
		simulated(
			"a sparse vector",
			{
				processors: [
					{
						sparse_encoding: {
							model_id: "<sparse>",
							field_map: { text: "weights" },
						},
					},
				],
			},
			{ text: cat },
			{ text: 5 },
		),
		simulated(
			"ml_inference",
			{
				processors: [
					{
						ml_inference: {
							function_name: "text_embedding",
							model_id: "<tiny>",
							model_input: `{ "text_docs": ["\${input_map.input}"] }`,
							input_map: [{ input: "text" }],
							output_map: [{ vector: "$.inference_results[0].output[0].data" }],
						},
					},
				],
			},
			{ text: cat },
			{ other: 1 },
		),
	],
};
