import {
	match,
	neural,
	type SearchTopic,
	search,
	sparse,
	through,
} from "./case.ts";
import { enrichedPlaces } from "./enriched-places.ts";

const cat = "a small wild cat";
const enricher = (options: object) => ({
	request_processors: [{ neural_query_enricher: options }],
});
const byDefault = enricher({ default_model_id: "<dense>" });
const byField = enricher({
	neural_field_default_id: { vector: "<dense>", weights: "<sparse>" },
});
const near = neural(cat, { model_id: undefined });
const weighted = sparse(cat, { model_id: undefined });

/** Models that a search pipeline names. */
export const enriching: SearchTopic = {
	name: "enricher",
	cases: [
		through("a default model", byDefault, { query: near }),
		through("a field's model", byField, { query: near }),
		through(
			"the field's before the default",
			{
				request_processors: [
					{
						neural_query_enricher: {
							default_model_id: "unknown",
							neural_field_default_id: { vector: "<dense>" },
						},
					},
				],
			},
			{ query: near },
		),
		through(
			"the default where the field has none",
			enricher({
				default_model_id: "<dense>",
				neural_field_default_id: { l2: "unknown" },
			}),
			{ query: near },
		),
		through(
			"neither",
			enricher({
				neural_field_default_id: { l2: "<dense>" },
			}),
			{ query: near },
		),
		through(
			"the query's own model",
			enricher({ default_model_id: "unknown" }),
			{
				query: neural(cat),
			},
		),
		through("a sparse query", byField, { query: weighted }),
		through(
			"a sparse query by the default",
			enricher({
				default_model_id: "<sparse>",
			}),
			{ query: weighted },
		),
		through("a sparse query with tokens", byField, {
			query: { neural_sparse: { weights: { query_tokens: { cat: 2 } } } },
		}),
		through("a sparse query with an analyzer", byField, {
			query: {
				neural_sparse: { weights: { query_text: cat, analyzer: "standard" } },
			},
		}),
		through("no query", byDefault, { size: 2 }),
		through("another query", byDefault, { query: match("cat") }),
		through(
			"two enrichers",
			{
				request_processors: [
					{ neural_query_enricher: { default_model_id: "<dense>" } },
					{ neural_query_enricher: { default_model_id: "unknown" } },
				],
			},
			{ query: near },
		),
		through(
			"after another processor",
			{
				request_processors: [
					{ filter_query: { query: { term: { topic: "animals" } } } },
					{ neural_query_enricher: { default_model_id: "<dense>" } },
				],
			},
			{ query: near },
		),
		through(
			"before another processor",
			{
				request_processors: [
					{ neural_query_enricher: { default_model_id: "<dense>" } },
					{ filter_query: { query: { term: { topic: "animals" } } } },
				],
			},
			{ query: near },
		),
		through(
			"before a processor of the answer",
			{
				...byDefault,
				response_processors: [
					{ rename_field: { field: "title", target_field: "name" } },
				],
			},
			{ query: near, _source: ["title"] },
		),
		through(
			"a model that is not there",
			enricher({ default_model_id: "unknown" }),
			{
				query: near,
			},
		),
		search("in the body", { query: near, search_pipeline: byDefault }),
		search(
			"in the body, with a parameter",
			{
				query: near,
				search_pipeline: byDefault,
			},
			{ parameters: "?search_pipeline=<normal>" },
		),
		{
			name: "the pipeline of the index",
			calls: [
				{
					method: "PUT",
					path: "/_search/pipeline/<id>",
					body: byDefault,
					prepares: true,
				},
				{
					method: "PUT",
					path: "/<empty>/_settings",
					body: { "index.search.default_pipeline": "<id>" },
					prepares: true,
				},
				{ method: "POST", path: "/<empty>/_search", body: { query: near } },
				{
					method: "POST",
					path: "/<empty>/_search?search_pipeline=_none",
					body: { query: near },
				},
				{
					method: "POST",
					path: "/<empty>,<books>/_search",
					body: { query: near },
				},
				{
					method: "PUT",
					path: "/<empty>/_settings",
					body: { "index.search.default_pipeline": null },
					prepares: true,
				},
			],
		},
		...enrichedPlaces,
	],
};
