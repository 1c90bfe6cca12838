import {
	hybrid,
	match,
	neural,
	type SearchCase,
	search,
	sparse,
	through,
} from "./case.ts";

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

/** Places of queries that the enricher reaches, or does not. */
export const enrichedPlaces: readonly SearchCase[] = [
	through("in bool", byField, {
		query: { bool: { must: [near], should: [weighted, match("cat")] } },
	}),
	through("in must_not and filter", byField, {
		query: {
			bool: { must: [match("cold")], must_not: [near], filter: [weighted] },
		},
	}),
	through("in constant_score", byField, {
		query: { constant_score: { filter: near } },
	}),
	through("in dis_max", byField, {
		query: { dis_max: { queries: [near, weighted] } },
	}),
	through("in function_score", byField, {
		query: { function_score: { query: near, boost: 2 } },
	}),
	through("in script_score", byField, {
		query: { script_score: { query: near, script: { source: "_score" } } },
	}),
	through("in boosting", byField, {
		query: {
			boosting: {
				positive: match("cat"),
				negative: near,
				negative_boost: 0.5,
			},
		},
	}),
	through(
		"in nested",
		enricher({
			neural_field_default_id: { "passages.vector": "<dense>" },
		}),
		{
			query: {
				nested: {
					path: "passages",
					query: neural(cat, { model_id: undefined }, "passages.vector"),
				},
			},
		},
	),
	through("in a filter of a neural query", byField, {
		query: neural(cat, {
			filter: neural("fish", { model_id: undefined, k: 8 }),
		}),
	}),
	through("in post_filter", byDefault, {
		query: match("cold"),
		post_filter: near,
	}),
	through("in rescore", byDefault, {
		query: match("cold"),
		rescore: { window_size: 5, query: { rescore_query: near } },
	}),
	through("in an aggregation", byDefault, {
		size: 0,
		aggs: { near: { filter: near } },
	}),
	through(
		"in hybrid",
		{
			...byField,
			phase_results_processors: [{ "normalization-processor": {} }],
		},
		{ query: hybrid([match(cat), near, weighted]) },
	),
	through(
		"in a hybrid query's filter",
		{
			...byField,
			phase_results_processors: [{ "normalization-processor": {} }],
		},
		{ query: hybrid([match(cat)], { filter: near }) },
	),
	search("the model named, in a filter of a neural query", {
		query: neural(cat, { filter: neural("fish", { k: 8 }) }),
	}),
	search("the model named, in post_filter", {
		query: match("cold"),
		post_filter: neural(cat),
	}),
	search("the model named, in rescore", {
		query: match("cold"),
		rescore: { window_size: 5, query: { rescore_query: neural(cat) } },
	}),
	search("the model named, in an aggregation", {
		size: 0,
		aggs: { near: { filter: neural(cat) } },
	}),
];
