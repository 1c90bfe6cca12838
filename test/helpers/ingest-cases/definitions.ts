import { defined, embedding, type IngestTopic, pipeline } from "./case.ts";

const field_map = { text: "vector" };
const alone = (processor: unknown) => ({ processors: [processor] });
const dense = (options: unknown) => alone({ text_embedding: options });
const sparse = (options: object) =>
	alone({ sparse_encoding: { model_id: "m", field_map, ...options } });
const chunking = (algorithm: unknown, rest: object = {}) =>
	alone({
		text_chunking: {
			algorithm,
			field_map: { text: "chunks" },
			...rest,
		},
	});
const fixed = (parameters: object) =>
	chunking({ fixed_token_length: parameters });

/** Pipelines that are stored or refused. */
export const definitions: IngestTopic = {
	name: "definitions",
	cases: [
		defined("a model that is not there", alone(embedding({ model_id: "x" }))),
		defined("no model_id", dense({ field_map })),
		defined("model_id empty", dense({ model_id: "", field_map })),
		defined("model_id blank", dense({ model_id: " ", field_map })),
		defined("model_id a number", dense({ model_id: 5, field_map })),
		defined("model_id null", dense({ model_id: null, field_map })),
		defined("model_id a list", dense({ model_id: ["m"], field_map })),
		defined("no field_map", dense({ model_id: "m" })),
		defined("field_map empty", dense({ model_id: "m", field_map: {} })),
		defined("field_map a text", dense({ model_id: "m", field_map: "text" })),
		defined("field_map null", dense({ model_id: "m", field_map: null })),
		defined("field_map a list", dense({ model_id: "m", field_map: ["a"] })),
		defined(
			"field_map with a number",
			dense({ model_id: "m", field_map: { text: 5 } }),
		),
		defined(
			"field_map with a list",
			dense({ model_id: "m", field_map: { text: ["v"] } }),
		),
		defined(
			"field_map with a blank target",
			dense({ model_id: "m", field_map: { text: "" } }),
		),
		defined(
			"field_map with a blank source",
			dense({ model_id: "m", field_map: { "": "v" } }),
		),
		defined(
			"field_map with null",
			dense({ model_id: "m", field_map: { text: null } }),
		),
		defined(
			"field_map with an empty object",
			dense({ model_id: "m", field_map: { o: {} } }),
		),
		defined(
			"field_map with a number in an object",
			dense({ model_id: "m", field_map: { o: { t: 5 } } }),
		),
		defined(
			"field_map with dots at wrong places",
			dense({ model_id: "m", field_map: { "a..b": "v" } }),
		),
		defined("neither", dense({})),
		defined("no options", dense(null)),
		defined("options a text", dense("m")),
		defined(
			"an unknown option",
			dense({ model_id: "m", field_map, colour: "red" }),
		),
		defined(
			"two unknown options",
			dense({ model_id: "m", field_map, colour: "red", a: 1 }),
		),
		...([5, "2", 0, -1, "two", 1.5, null, [1]] as const).map((batch_size) =>
			defined(
				`batch_size ${JSON.stringify(batch_size)}`,
				dense({ model_id: "m", field_map, batch_size }),
			),
		),
		...([true, "true", "yes", 1, null] as const).map((skip_existing) =>
			defined(
				`skip_existing ${JSON.stringify(skip_existing)}`,
				dense({ model_id: "m", field_map, skip_existing }),
			),
		),
		defined("tag a number", alone(embedding({ tag: 5 }))),
		defined("description a number", alone(embedding({ description: 5 }))),
		defined("if that does not compile", alone(embedding({ if: "ctx." }))),
		defined("if a number", alone(embedding({ if: 5 }))),
		defined(
			"ignore_failure a text",
			alone(embedding({ ignore_failure: "yes" })),
		),
		defined("on_failure empty", alone(embedding({ on_failure: [] }))),
		defined(
			"on_failure with an unknown processor",
			alone(embedding({ on_failure: [{ unknown: {} }] })),
		),
		defined("an unknown processor behind it", {
			processors: [embedding(), { unknown: {} }],
		}),
		defined("an unknown processor before it", {
			processors: [{ unknown: {} }, dense({}).processors[0]],
		}),
		defined("two invalid ones", {
			processors: [
				{ text_embedding: { model_id: "m" } },
				{ text_embedding: { field_map } },
			],
		}),
		defined("two processors in one object", {
			processors: [{ ...embedding(), set: { field: "a", value: 1 } }],
		}),
		defined("an unknown member of the pipeline", {
			...alone(embedding()),
			colour: "red",
		}),
		defined("no processors", { description: "nothing" }),
		defined("not JSON", '{"processors":[{"text_embedding":'),
		defined("on_failure of the pipeline empty", {
			...alone(embedding()),
			on_failure: [],
		}),
		...(
			[
				["top_k", 5],
				["top_k", 0],
				["top_k", 1.5],
				["alpha_mass", 0.5],
				["alpha_mass", 2],
				["max_ratio", 0.1],
				["max_ratio", 1],
				["abs_value", 0.2],
				["abs_value", -1],
				["none", 5],
				["unknown", 1],
			] as const
		).map(([prune_type, prune_ratio]) =>
			defined(
				`prune_type ${prune_type}, prune_ratio ${prune_ratio}`,
				sparse({ prune_type, prune_ratio }),
			),
		),
		defined("prune_type without prune_ratio", sparse({ prune_type: "top_k" })),
		defined("prune_type none", sparse({ prune_type: "none" })),
		defined("prune_ratio without prune_type", sparse({ prune_ratio: 1 })),
		defined(
			"prune_ratio a text",
			sparse({ prune_type: "top_k", prune_ratio: "2" }),
		),
		defined("prune_type a number", sparse({ prune_type: 5, prune_ratio: 1 })),
		defined("chunking without an algorithm", chunking(undefined)),
		defined("chunking with an empty algorithm", chunking({})),
		defined(
			"chunking with two algorithms",
			chunking({ delimiter: {}, fixed_char_length: {} }),
		),
		defined("chunking with an unknown algorithm", chunking({ magic: {} })),
		defined("chunking with an algorithm that is a text", chunking("delimiter")),
		defined("chunking by null", chunking({ delimiter: null })),
		defined("chunking by a number", chunking({ delimiter: 5 })),
		defined("chunking without field_map", alone({ text_chunking: {} })),
		defined(
			"chunking with an empty field_map",
			chunking({ delimiter: {} }, { field_map: {} }),
		),
		defined(
			"chunking into a number",
			chunking({ delimiter: {} }, { field_map: { text: 5 } }),
		),
		defined(
			"chunking with an unknown option",
			chunking({ delimiter: {} }, { colour: 1 }),
		),
		defined("chunking with an unknown parameter", fixed({ colour: 1 })),
		...(
			[
				{ token_limit: 0 },
				{ token_limit: "x" },
				{ token_limit: "10" },
				{ overlap_rate: 0.6 },
				{ overlap_rate: -0.1 },
				{ overlap_rate: "half" },
				{ max_chunk_limit: 0 },
				{ max_chunk_limit: -1 },
				{ max_chunk_limit: -2 },
				{ tokenizer: "unknown" },
				{ tokenizer: "whitespace" },
				{ tokenizer: 5 },
			] as const
		).map((parameters) =>
			defined(`chunking with ${JSON.stringify(parameters)}`, fixed(parameters)),
		),
		defined(
			"chunking by characters, char_limit 0",
			chunking({ fixed_char_length: { char_limit: 0 } }),
		),
		defined(
			"chunking by an empty delimiter",
			chunking({ delimiter: { delimiter: "" } }),
		),
		defined(
			"chunking by a delimiter that is a number",
			chunking({ delimiter: { delimiter: 5 } }),
		),
		defined("what was put is what is read", {
			description: "d",
			version: 5,
			...alone(embedding({ tag: "t", description: "e", if: "true" })),
			on_failure: [{ set: { field: "failed", value: true } }],
		}),
		{
			name: "what was put is read again",
			calls: [
				pipeline({
					description: "d",
					version: 5,
					processors: [
						{ set: { field: "a", value: 1 } },
						embedding({ tag: "t", batch_size: "2", ignore_failure: true }),
						embedding({ on_failure: [{ set: { field: "b", value: 1 } }] }),
					],
					on_failure: [{ set: { field: "failed", value: true } }],
				}),
				{ method: "GET", path: "/_ingest/pipeline/<id>" },
				{ method: "GET", path: "/_ingest/pipeline/<id>*,none*" },
				{ method: "DELETE", path: "/_ingest/pipeline/<id>" },
				{ method: "GET", path: "/_ingest/pipeline/<id>" },
			],
		},
		defined(
			"text_image_embedding",
			alone({
				text_image_embedding: {
					model_id: "m",
					embedding: "v",
					field_map: { text: "text", image: "image" },
				},
			}),
		),
	],
};
