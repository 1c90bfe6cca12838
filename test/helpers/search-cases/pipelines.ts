import { defined, type SearchCase, type SearchTopic } from "./case.ts";
import { enricher, normalization, ranker, rerank } from "./pipeline-parts.ts";
import { otherPipelines } from "./pipeline-refusals.ts";
import { scorePipelines } from "./pipeline-scores.ts";

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
		...otherPipelines,
		...scorePipelines,
	],
};
