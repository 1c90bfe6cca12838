import { defined, type SearchCase } from "./case.ts";
import {
	context,
	enricher,
	model,
	normalization,
	phase,
	request,
	rerank,
	response,
	twoPhase,
} from "./pipeline-parts.ts";

/** Pipelines of all other processors, with what may be wrong in them. */
export const otherPipelines: readonly SearchCase[] = [
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
	defined("a description that is a number", normalization({ description: 5 })),
	defined(
		"ignore_failure a text",
		rerank({ by_field: { target_field: "a" }, ignore_failure: "yes" }),
	),
];
