import { valueAt } from "../../integration/conformance/json.ts";
import { at, type Difference, each } from "../ingest-cases/difference.ts";
import {
	asIn,
	eachHit,
	hitsAsIn,
	noMaxScore,
	refusal,
	scoresAsIn,
} from "./difference.ts";

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
	{
		reason:
			"a hybrid query has scores by all shards' counts of words with dfs_query_then_fetch, the very ones of one shard; neural-search shows its own marks among the hits",
		cases: {
			"hybrid features / dfs_query_then_fetch": hitsAsIn(
				"hybrid / a radial neural query",
				"<spread>",
			),
		},
	},
	{
		reason: "a hybrid query goes with indices_boost",
		cases: {
			"hybrid features / indices_boost": asIn("hybrid features / few hits"),
		},
	},
	{
		reason:
			"what matches is counted, with a score of 0 and within other queries, too; neural-search loses some of it",
		cases: {
			...each("hybrid", at({ "answers.0.body.hits.total.value": 11 }), [
				"scores of 0",
			]),
			...each("hybrid errors", at({ "answers.0.body.hits.total.value": 31 }), [
				"in a hybrid query",
				"in a query of a hybrid query",
			]),
			...each(
				"hybrid errors",
				at({
					"answers.0.body.hits.hits.7": foundByVector("b12", 0.8406099),
					"answers.0.body.hits.hits.8": foundByVector("b20", 0.8315431),
					"answers.0.body.hits.hits.9": foundByVector("b37", 0.8265015),
				}),
				["in boosting"],
			),
		},
	},
	{
		reason:
			"of the hits within a collapsed one it is the first itself; the others follow in neural-search's order, with scores near 0",
		cases: {
			"hybrid features / collapse with inner hits": eachHit((hit) => {
				const inner = valueAt(hit, "inner_hits.few.hits.hits");
				if (!Array.isArray(inner)) return;
				const { _index, _id, _score } = hit;
				const others = inner
					.filter((one) => one._id !== _id)
					.map((one) => ({ ...one, _score: 0 }));
				at({
					"inner_hits.few.hits.max_score": _score,
					"inner_hits.few.hits.hits": [
						{ _index, _id, _score },
						...others,
					].slice(0, inner.length),
				})(hit);
			}),
		},
	},
	{
		reason:
			"a hit's score is explained by the queries that found it; neural-search adds those that match it without having found it, with 0",
		cases: {
			"hybrid features / the explanation processor, few candidates": eachHit(
				(hit) => {
					const details = valueAt(hit, "_explanation.details");
					if (!Array.isArray(details)) return;
					const found = details.filter(({ value }) => value > 0);
					at({ "_explanation.details": found })(hit);
				},
			),
		},
	},
	{
		reason:
			"explain changes no scores: neural-search normalizes them twice then",
		cases: each(
			"hybrid features",
			scoresAsIn("hybrid features / not explained"),
			["explain", "the explanation processor"],
		),
	},
	{
		reason: "of hits with one score another one stands for its group",
		cases: each(
			"hybrid features",
			at({ "answers.0.body.hits.hits.5._id": "b24" }),
			["collapse", "collapse with sorted inner hits"],
		),
	},
	{
		reason:
			"`_explain` explains a hybrid query as the disjunction of its queries",
		cases: {
			"endpoints / _explain of a hybrid query": asIn(
				"endpoints / _explain of a disjunction",
			),
		},
	},
];

function foundByVector(_id: string, _score: number) {
	return { _index: "<books>", _id, _score };
}
