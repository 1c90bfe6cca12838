import {
	hybrid,
	match,
	neural,
	type SearchCase,
	type SearchTopic,
	search,
	through,
} from "./case.ts";

const reranking = (options: object = {}, after: readonly unknown[] = []) => ({
	response_processors: [
		{
			rerank: {
				ml_opensearch: { model_id: "<similar>" },
				context: { document_fields: ["text"] },
				...options,
			},
		},
		...after,
	],
});
const by = (query_context: unknown) => ({ ext: { rerank: { query_context } } });
const wine = by({ query_text: "a glass of red wine" });
const query = match("cold warm red");
const body = { query, size: 6, _source: ["title"] };

const of = (name: string, ...document_fields: string[]): SearchCase =>
	through(name, reranking({ context: { document_fields } }), {
		...body,
		_source: true,
		...wine,
	});

/** Hits in an order of a model's. */
export const reranks: SearchTopic = {
	name: "rerank",
	cases: [
		through("a text", reranking(), { ...body, ...wine, _source: true }),
		through("a text, few of the source", reranking(), { ...body, ...wine }),
		through("a text, no source", reranking(), {
			...body,
			...wine,
			_source: false,
		}),
		through("fields asked for", reranking(), {
			...body,
			...wine,
			_source: false,
			fields: ["text"],
		}),
		through("the query's text", reranking(), {
			...body,
			_source: true,
			...by({ query_text_path: "query.match.text.query" }),
		}),
		through("the text of a neural query", reranking(), {
			query: neural("a glass of red wine", { k: 6 }),
			_source: true,
			...by({ query_text_path: "query.neural.vector.query_text" }),
		}),
		through("a neural query", reranking(), {
			query: neural("a glass of red wine", { k: 6 }),
			_source: true,
			...by({ query_text: "a glass of red wine" }),
		}),
		of("two fields", "title", "text"),
		of("a field that is not there", "nowhere"),
		of("a field that is not there beside", "nowhere", "text"),
		of("a number", "year", "text"),
		of("a list of objects' texts", "passages.text"),
		through("no hits", reranking(), {
			...body,
			query: match("nothing"),
			...wine,
		}),
		through("one hit", reranking(), {
			...body,
			size: 1,
			...wine,
			_source: true,
		}),
		through("size 0", reranking(), { ...body, size: 0, ...wine }),
		through("a sorted search", reranking(), {
			...body,
			...wine,
			_source: true,
			sort: ["year"],
		}),
		through("highlight beside", reranking(), {
			...body,
			...wine,
			_source: true,
			highlight: { fields: { text: {} } },
		}),
		through("aggregations beside", reranking(), {
			...body,
			...wine,
			_source: ["text"],
			aggs: { topics: { terms: { field: "topic" } } },
		}),
		through("no ext", reranking(), { ...body, _source: true }),
		through("an empty ext", reranking(), { ...body, ext: {} }),
		through("an empty rerank", reranking(), { ...body, ext: { rerank: {} } }),
		through("no text", reranking(), { ...body, ...by({}) }),
		through("a text and a path", reranking(), {
			...body,
			...by({ query_text: "wine", query_text_path: "query.match.text.query" }),
		}),
		through("a path that is not there", reranking(), {
			...body,
			_source: true,
			...by({ query_text_path: "query.nothing" }),
		}),
		through("a path that is no text", reranking(), {
			...body,
			_source: true,
			...by({ query_text_path: "query.match" }),
		}),
		through("a path that is too long", reranking(), {
			...body,
			_source: true,
			...by({ query_text_path: `query.${"a".repeat(1001)}` }),
		}),
		through("an empty text", reranking(), {
			...body,
			_source: true,
			...by({ query_text: "" }),
		}),
		through("a text that is a number", reranking(), {
			...body,
			_source: true,
			...by({ query_text: 5 }),
		}),
		through("a context that is a text", reranking(), {
			...body,
			...by("wine"),
		}),
		through("an unknown part of ext", reranking(), {
			...body,
			ext: { rerank: { query_context: { query_text: "wine" } }, other: {} },
		}),
		search("size 0 without a pipeline", { ...body, size: 0 }),
		search("ext without a pipeline", { ...body, ...wine }),
		search("an unknown ext without a pipeline", {
			...body,
			ext: { other: {} },
		}),
		through(
			"a model that is not there",
			reranking({
				ml_opensearch: { model_id: "unknown" },
			}),
			{ ...body, ...wine, _source: true },
		),
		through(
			"a model that is not there, ignored",
			reranking({
				ml_opensearch: { model_id: "unknown" },
				ignore_failure: true,
			}),
			{ ...body, ...wine },
		),
		through(
			"another model",
			reranking({ ml_opensearch: { model_id: "<dense>" } }),
			{
				...body,
				...wine,
				_source: true,
			},
		),
		through(
			"cut behind",
			reranking({}, [{ truncate_hits: { target_size: 2 } }]),
			{
				...body,
				...wine,
				_source: true,
			},
		),
		through(
			"renamed behind",
			reranking({}, [
				{ rename_field: { field: "title", target_field: "name" } },
			]),
			{ ...body, ...wine, _source: true },
		),
		through(
			"sorted behind",
			reranking({}, [
				{ split: { field: "title", separator: " ", target_field: "words" } },
				{ sort: { field: "words", target_field: "sorted" } },
			]),
			{ ...body, ...wine, _source: true },
		),
		through(
			"collapsed behind",
			reranking({}, [{ collapse: { field: "topic" } }]),
			{ ...body, ...wine, _source: true },
		),
		through(
			"cut before",
			{
				response_processors: [
					{ truncate_hits: { target_size: 3 } },
					...reranking().response_processors,
				],
			},
			{ ...body, ...wine, _source: true },
		),
		through(
			"more hits than asked for",
			{
				request_processors: [{ oversample: { sample_factor: 3 } }],
				...reranking({}, [{ truncate_hits: {} }]),
			},
			{ ...body, size: 2, ...wine, _source: true },
		),
		through(
			"a hybrid query",
			{
				phase_results_processors: [{ "normalization-processor": {} }],
				...reranking(),
			},
			{
				query: hybrid([match("cold"), neural("a warm cat", { k: 5 })]),
				size: 5,
				_source: true,
				...wine,
			},
		),
		search("in the body", {
			...body,
			...wine,
			_source: true,
			search_pipeline: reranking(),
		}),
		search(
			"three shards",
			{
				...body,
				...wine,
				_source: true,
				search_pipeline: reranking(),
			},
			{ on: "<spread>" },
		),
	],
};
