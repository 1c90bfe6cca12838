import { at, type Difference, each } from "../ingest-cases/difference.ts";
import { asIn, noMaxScore, refusal } from "./difference.ts";

/** What is searched, found or shown in another way. */
export const differingSearches: readonly Difference[] = [
	{
		reason:
			"`max_score` is null where there are no hits or hits are sorted, as OpenSearch has it",
		cases: {
			...each("hybrid", noMaxScore, [
				"size 0",
				"all find nothing",
				"a filter that nothing passes",
				"an index without documents",
			]),
			...each("hybrid features", noMaxScore, [
				"sort by a field",
				"sort by two fields",
				"sort by _doc",
				"sort with a missing value",
				"search_after",
				"min_score over all",
				"collapse and sort",
				"aggregations alone",
				"a post_filter that nothing passes",
				"pages of sorted hits",
			]),
		},
	},
	{
		reason:
			"a hybrid query without a normalization processor is combined as one with nothing set would; neural-search shows its own marks among the hits",
		cases: {
			"hybrid / no pipeline": asIn("hybrid / two queries"),
			"hybrid / no pipeline, in spite of the index's": asIn(
				"hybrid / the pipeline of the index",
			),
			"hybrid features / dfs_query_then_fetch": asIn("hybrid / three shards"),
		},
	},
	{
		reason:
			"hits from the lowest score to the highest are refused: neural-search brings them in no order",
		cases: each(
			"hybrid features",
			refusal(
				"the hits of a hybrid query can't be sorted by _score in ascending order",
			),
			["sort by score, the lowest first"],
		),
	},
	{
		reason: "the enricher reaches every query of a search",
		cases: Object.fromEntries(
			[
				"in a filter of a neural query",
				"in post_filter",
				"in rescore",
				"in an aggregation",
			].map((place) => [
				`enricher / ${place}`,
				asIn(`enricher / the model named, ${place}`),
			]),
		),
	},
	{
		reason:
			"`neural` looks for tokens where a field has weights of tokens, however many there are",
		cases: {
			"sparse / neural on weights": asIn("sparse / a text"),
			"sparse / neural on weights, with k": asIn("sparse / a text"),
			"sparse / neural on weights, with tokens": asIn("sparse / tokens"),
			"sparse / 2,000 tokens": asIn("sparse / a token with a dot"),
		},
	},
	{
		reason: "the path of a query's text leads to what the client sent",
		cases: {
			"rerank / the text of a neural query": asIn("rerank / a neural query"),
		},
	},
	{
		reason: "no hits need no reranking",
		cases: { "rerank / size 0": asIn("rerank / size 0 without a pipeline") },
	},
	{
		reason: "weights may be whole numbers",
		cases: {
			"pipelines / weights: whole numbers": at({
				"answers.0": { status: 200, body: { acknowledged: true } },
			}),
		},
	},
];
