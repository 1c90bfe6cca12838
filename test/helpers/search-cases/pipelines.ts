import { defined, type SearchCase, type SearchTopic } from "./case.ts";

type Json = Readonly<Record<string, unknown>>;

const phase = (name: string, definition: unknown) => ({
	phase_results_processors: [{ [name]: definition }],
});
const request = (name: string, definition: unknown) => ({
	request_processors: [{ [name]: definition }],
});
const response = (name: string, definition: unknown) => ({
	response_processors: [{ [name]: definition }],
});
const normalization = (definition: unknown) =>
	phase("normalization-processor", definition);
const ranker = (definition: unknown) =>
	phase("score-ranker-processor", definition);
const enricher = (definition: unknown) =>
	request("neural_query_enricher", definition);
const twoPhase = (definition: unknown) =>
	request("neural_sparse_two_phase_processor", definition);
const rerank = (definition: unknown) => response("rerank", definition);
const weights = (list: unknown) =>
	normalization({ combination: { parameters: { weights: list } } });
const bounds = (parameters: Json) =>
	normalization({ normalization: { technique: "min_max", parameters } });
const model = { ml_opensearch: { model_id: "m" } };
const context = { context: { document_fields: ["text"] } };

/** Stored and read back. */
function readBack(name: string, definition: unknown): SearchCase {
	return {
		name: `read back: ${name}`,
		calls: [
			...defined(name, definition).calls,
			{ method: "GET", path: "/_search/pipeline/<id>" },
		],
	};
}

const full = {
	description: "everything",
	version: 7,
	request_processors: [
		{
			filter_query: {
				tag: "first",
				description: "old ones",
				query: { range: { year: { gte: 1990 } } },
			},
		},
		{
			neural_query_enricher: {
				tag: "models",
				description: "which model",
				default_model_id: "m",
				neural_field_default_id: { vector: "n" },
			},
		},
		{
			neural_sparse_two_phase_processor: {
				tag: "phases",
				enabled: true,
				two_phase_parameter: {
					prune_type: "max_ratio",
					prune_ratio: 0.4,
					expansion_rate: 5.0,
					max_window_size: 10000,
				},
			},
		},
		{ oversample: { sample_factor: 2.0 } },
	],
	phase_results_processors: [
		{
			"normalization-processor": {
				tag: "scores",
				description: "one score",
				ignore_failure: false,
				normalization: { technique: "l2" },
				combination: {
					technique: "geometric_mean",
					parameters: { weights: [0.25, 0.75] },
				},
			},
		},
	],
	response_processors: [
		{ rename_field: { field: "title", target_field: "name" } },
		{
			rerank: {
				tag: "again",
				ml_opensearch: { model_id: "m" },
				context: { document_fields: ["text", "title"] },
			},
		},
		{ truncate_hits: { target_size: 5 } },
		{ hybrid_score_explanation: {} },
	],
};

/** Search pipelines that are stored, read back, deleted or refused. */
export const pipelines: SearchTopic = {
	name: "pipelines",
	cases: [
		readBack("everything", full),
		readBack("nothing", {}),
		readBack("nothing of ours", {
			request_processors: [{ filter_query: { query: { match_all: {} } } }],
		}),
		readBack("normalization", normalization({})),
		readBack("ranks", ranker({ combination: { technique: "rrf" } })),
		readBack("by a field", rerank({ by_field: { target_field: "a.b" } })),
		readBack("unknown parts", { ...normalization({}), other: 1 }),
		{
			name: "one that is not there",
			calls: [{ method: "GET", path: "/_search/pipeline/<id>" }],
		},
		{
			name: "several",
			calls: [
				...defined("a", normalization({})).calls,
				{
					method: "PUT",
					path: "/_search/pipeline/<id>-b",
					body: rerank({ by_field: { target_field: "y" } }),
				},
				{ method: "GET", path: "/_search/pipeline/<id>*" },
				{ method: "GET", path: "/_search/pipeline/<id>,<id>-b" },
				{
					method: "GET",
					path: "/_search/pipeline/<id>?filter_path=*.phase_results_processors",
				},
				{ method: "DELETE", path: "/_search/pipeline/<id>*" },
				{ method: "GET", path: "/_search/pipeline/<id>*" },
			],
		},
		{
			name: "deleted",
			calls: [
				...defined("a", normalization({})).calls,
				{ method: "DELETE", path: "/_search/pipeline/<id>" },
				{ method: "DELETE", path: "/_search/pipeline/<id>" },
				{ method: "GET", path: "/_search/pipeline/<id>" },
			],
		},
		{
			name: "stored again",
			calls: [
				...defined("a", normalization({})).calls,
				...defined("a", enricher({ default_model_id: "m" })).calls,
				{ method: "GET", path: "/_search/pipeline/<id>" },
			],
		},
		{
			name: "by POST",
			calls: [{ method: "POST", path: "/_search/pipeline/<id>", body: {} }],
		},
		defined("no JSON", "{"),
		defined("a list", [normalization({})]),
		defined("an unknown processor", phase("nothing", {})),
		defined("a processor in the wrong list", request("rerank", model)),
		defined(
			"a normalization among requests",
			request("normalization-processor", {}),
		),
		defined("processors an object", {
			request_processors: { neural_query_enricher: {} },
		}),
		defined("a processor's settings a text", enricher("m")),
		defined("two phase processors", {
			phase_results_processors: [
				{ "normalization-processor": {} },
				{ "score-ranker-processor": {} },
			],
		}),
		defined(
			"normalization: an unknown technique",
			normalization({ normalization: { technique: "nothing" } }),
		),
		defined(
			"normalization: a technique that is a number",
			normalization({ normalization: { technique: 5 } }),
		),
		defined("normalization: a text", normalization({ normalization: "l2" })),
		defined(
			"normalization: no technique",
			normalization({ normalization: {} }),
		),
		defined(
			"normalization: parameters of l2",
			normalization({
				normalization: { technique: "l2", parameters: { a: 1 } },
			}),
		),
		defined(
			"normalization: bounds of l2",
			normalization({
				normalization: {
					technique: "l2",
					parameters: { lower_bounds: [{ mode: "apply" }] },
				},
			}),
		),
		defined("normalization: unknown parameters", bounds({ a: 1 })),
		defined("normalization: bounds a text", bounds({ lower_bounds: "apply" })),
		defined(
			"normalization: bounds of texts",
			bounds({ lower_bounds: ["apply"] }),
		),
		defined("normalization: no bounds", bounds({ lower_bounds: [] })),
		defined(
			"normalization: an unknown mode",
			bounds({ lower_bounds: [{ mode: "nothing" }] }),
		),
		defined(
			"normalization: an unknown part of a bound",
			bounds({ lower_bounds: [{ mode: "apply", a: 1 }] }),
		),
		defined(
			"normalization: a bound a word",
			bounds({ lower_bounds: [{ mode: "apply", min_score: "much" }] }),
		),
		defined(
			"normalization: a bound too large",
			bounds({ lower_bounds: [{ mode: "apply", min_score: 10001 }] }),
		),
		defined(
			"normalization: a bound too small",
			bounds({ lower_bounds: [{ mode: "apply", min_score: -10001 }] }),
		),
		defined(
			"normalization: an upper bound too large",
			bounds({ upper_bounds: [{ mode: "apply", max_score: 10001 }] }),
		),
		defined(
			"normalization: six bounds",
			bounds({
				lower_bounds: Array(6).fill({ mode: "apply", min_score: 0.1 }),
			}),
		),
		defined(
			"combination: an unknown technique",
			normalization({ combination: { technique: "nothing" } }),
		),
		defined(
			"combination: rrf",
			normalization({ combination: { technique: "rrf" } }),
		),
		defined(
			"combination: a text",
			normalization({ combination: "arithmetic_mean" }),
		),
		defined(
			"combination: z_score with a geometric mean",
			normalization({
				normalization: { technique: "z_score" },
				combination: { technique: "geometric_mean" },
			}),
		),
		defined(
			"combination: unknown parameters",
			normalization({ combination: { parameters: { a: 1 } } }),
		),
		defined("weights: too much", weights([0.7, 0.7])),
		defined("weights: too little", weights([0.2, 0.2])),
		defined("weights: negative", weights([1.5, -0.5])),
		defined("weights: whole numbers", weights([1, 0])),
		defined("weights: texts", weights(["0.5", "0.5"])),
		defined("weights: words", weights(["half", "half"])),
		defined("weights: none", weights([])),
		defined("weights: a text", weights("0.5")),
		defined(
			"weights: one",
			`{"phase_results_processors":[{"normalization-processor":{"combination":{"parameters":{"weights":[1.0]}}}}]}`,
		),
		defined("weights: nearly 1", weights([0.333, 0.333, 0.333])),
		defined("weights: thirds", weights([0.3333, 0.3333, 0.3334])),
		defined("normalization: an unknown part", normalization({ other: 1 })),
		defined("ranker: no technique", ranker({ combination: {} })),
		defined(
			"ranker: an unknown technique",
			ranker({ combination: { technique: "nothing" } }),
		),
		defined(
			"ranker: a mean",
			ranker({ combination: { technique: "arithmetic_mean" } }),
		),
		defined(
			"ranker: rank_constant 0",
			ranker({ combination: { technique: "rrf", rank_constant: 0 } }),
		),
		defined(
			"ranker: rank_constant negative",
			ranker({ combination: { technique: "rrf", rank_constant: -5 } }),
		),
		defined(
			"ranker: rank_constant too large",
			ranker({ combination: { technique: "rrf", rank_constant: 10001 } }),
		),
		defined(
			"ranker: rank_constant a text",
			ranker({ combination: { technique: "rrf", rank_constant: "20" } }),
		),
		defined(
			"ranker: rank_constant a word",
			ranker({ combination: { technique: "rrf", rank_constant: "much" } }),
		),
		defined(
			"ranker: unknown parameters",
			ranker({ combination: { technique: "rrf", parameters: { a: 1 } } }),
		),
		defined(
			"ranker: weights too much",
			ranker({
				combination: { technique: "rrf", parameters: { weights: [0.7, 0.7] } },
			}),
		),
		defined(
			"ranker: a normalization",
			ranker({ normalization: { technique: "l2" } }),
		),
		defined("ranker: an unknown part", ranker({ other: 1 })),
		defined("enricher: nothing", enricher({})),
		defined("enricher: an empty model", enricher({ default_model_id: "" })),
		defined(
			"enricher: a model that is a number",
			enricher({ default_model_id: 5 }),
		),
		defined(
			"enricher: fields a text",
			enricher({ neural_field_default_id: "m" }),
		),
		defined("enricher: no fields", enricher({ neural_field_default_id: {} })),
		defined(
			"enricher: a field's model a number",
			enricher({ neural_field_default_id: { a: 5 } }),
		),
		defined(
			"enricher: an unknown part",
			enricher({ default_model_id: "m", other: 1 }),
		),
		defined(
			"enricher: ignore_failure",
			enricher({ default_model_id: "m", ignore_failure: true }),
		),
		defined("two-phase: nothing", twoPhase({})),
		defined("two-phase: enabled a text", twoPhase({ enabled: "no" })),
		defined(
			"two-phase: an unknown prune_type",
			twoPhase({ two_phase_parameter: { prune_type: "nothing" } }),
		),
		defined(
			"two-phase: a ratio of 1",
			twoPhase({ two_phase_parameter: { prune_ratio: 1 } }),
		),
		defined(
			"two-phase: a ratio over 1",
			twoPhase({ two_phase_parameter: { prune_ratio: 1.5 } }),
		),
		defined(
			"two-phase: a negative ratio",
			twoPhase({ two_phase_parameter: { prune_ratio: -0.5 } }),
		),
		defined(
			"two-phase: a ratio that is a word",
			twoPhase({ two_phase_parameter: { prune_ratio: "much" } }),
		),
		defined(
			"two-phase: top_k of a fraction",
			twoPhase({
				two_phase_parameter: { prune_type: "top_k", prune_ratio: 2.5 },
			}),
		),
		defined(
			"two-phase: an expansion_rate below 1",
			twoPhase({ two_phase_parameter: { expansion_rate: 0.5 } }),
		),
		defined(
			"two-phase: a window below 50",
			twoPhase({ two_phase_parameter: { max_window_size: 49 } }),
		),
		defined("two-phase: a text", twoPhase({ two_phase_parameter: "much" })),
		defined(
			"two-phase: an unknown parameter",
			twoPhase({ two_phase_parameter: { other: 1 } }),
		),
		defined("two-phase: an unknown part", twoPhase({ other: 1 })),
		defined("rerank: nothing", rerank({})),
		defined("rerank: an unknown kind", rerank({ other: {} })),
		defined(
			"rerank: two kinds",
			rerank({ ...model, by_field: { target_field: "a" }, ...context }),
		),
		defined("rerank: no model", rerank({ ml_opensearch: {}, ...context })),
		defined(
			"rerank: an empty model",
			rerank({ ml_opensearch: { model_id: "" }, ...context }),
		),
		defined(
			"rerank: a model that is a number",
			rerank({ ml_opensearch: { model_id: 5 }, ...context }),
		),
		defined("rerank: a text", rerank({ ml_opensearch: "m", ...context })),
		defined("rerank: no context", rerank(model)),
		defined("rerank: an empty context", rerank({ ...model, context: {} })),
		defined(
			"rerank: no fields",
			rerank({ ...model, context: { document_fields: [] } }),
		),
		defined(
			"rerank: fields a text",
			rerank({ ...model, context: { document_fields: "text" } }),
		),
		defined(
			"rerank: fields of numbers",
			rerank({ ...model, context: { document_fields: [5] } }),
		),
		defined(
			"rerank: 51 fields",
			rerank({
				...model,
				context: {
					document_fields: Array.from({ length: 51 }, (_, at) => `f${at}`),
				},
			}),
		),
		defined(
			"rerank: an unknown part",
			rerank({ ...model, ...context, other: 1 }),
		),
		defined(
			"rerank: an unknown part of the model",
			rerank({
				ml_opensearch: { model_id: "m", other: 1 },
				...context,
			}),
		),
		defined(
			"rerank: an unknown part of the context",
			rerank({
				...model,
				context: { document_fields: ["text"], other: 1 },
			}),
		),
		defined("by_field: nothing", rerank({ by_field: {} })),
		defined(
			"by_field: an empty field",
			rerank({ by_field: { target_field: "" } }),
		),
		defined(
			"by_field: a field that is a number",
			rerank({ by_field: { target_field: 5 } }),
		),
		defined(
			"by_field: a flag that is a text",
			rerank({
				by_field: { target_field: "a", remove_target_field: "yes" },
			}),
		),
		defined(
			"by_field: an unknown part",
			rerank({ by_field: { target_field: "a", other: 1 } }),
		),
		defined(
			"by_field: a context",
			rerank({ by_field: { target_field: "a" }, ...context }),
		),
		defined("explanation: nothing", response("hybrid_score_explanation", {})),
		defined(
			"explanation: an unknown part",
			response("hybrid_score_explanation", { other: 1 }),
		),
		defined(
			"a tag that is a number",
			enricher({ default_model_id: "m", tag: 5 }),
		),
		defined(
			"a description that is a number",
			normalization({ description: 5 }),
		),
		defined(
			"ignore_failure a text",
			rerank({ by_field: { target_field: "a" }, ignore_failure: "yes" }),
		),
	],
};
