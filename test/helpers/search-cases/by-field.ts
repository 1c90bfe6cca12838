import {
	hybrid,
	match,
	neural,
	type SearchCase,
	type SearchTopic,
	through,
} from "./case.ts";

type Json = Readonly<Record<string, unknown>>;

const body = { query: match("cold warm red"), size: 5 };

const fielded = (
	name: string,
	by_field: unknown,
	more: Json = {},
	after: readonly unknown[] = [],
): SearchCase =>
	through(
		name,
		{ response_processors: [{ rerank: { by_field } }, ...after] },
		{ ...body, _source: ["title", "year", "price"], ...more },
	);

const year = { target_field: "year" };

/** Hits in the order of a field of theirs. */
export const byFields: SearchTopic = {
	name: "by_field",
	cases: [
		fielded("a number", year),
		fielded("a fraction", { target_field: "price" }),
		fielded("taken out", { ...year, remove_target_field: true }),
		fielded("the score before", { ...year, keep_previous_score: true }),
		fielded("taken out, and the score before", {
			...year,
			remove_target_field: true,
			keep_previous_score: true,
		}),
		fielded("a text", { target_field: "title" }),
		fielded("a field that is not there", { target_field: "nowhere" }),
		fielded("a path that is not there", { target_field: "title.deep" }),
		fielded("a list of objects", { target_field: "passages.n" }),
		fielded("not in the source that was asked for", year, {
			_source: ["title"],
		}),
		fielded("no source", year, { _source: false }),
		fielded("no hits", year, { query: match("nothing") }),
		fielded("cut behind", year, {}, [{ truncate_hits: { target_size: 2 } }]),
		fielded("sorted hits", year, { sort: ["price"] }),
		fielded("a neural query", year, { query: neural("a warm cat", { k: 4 }) }),
		{
			...fielded("a field of an object", { target_field: "ml.score" }),
			calls: [
				{
					method: "PUT",
					path: "/<id>",
					body: { settings: { number_of_shards: 1, number_of_replicas: 0 } },
					prepares: true,
				},
				{
					method: "POST",
					path: "/<id>/_bulk?refresh=true",
					type: "application/x-ndjson",
					prepares: true,
					body: [
						{ index: { _id: "1" } },
						{ ml: { score: 0.5, kind: "a" }, text: "cold" },
						{ index: { _id: "2" } },
						{ ml: { score: 2 }, text: "cold cold" },
						{ index: { _id: "3" } },
						{ ml: { score: -1.25 }, text: "cold and dry" },
						{ index: { _id: "4" } },
						{ ml: { score: "1.5" }, text: "warm" },
					]
						.map((line) => `${JSON.stringify(line)}\n`)
						.join(""),
				},
				...[
					{ target_field: "ml.score" },
					{ target_field: "ml.score", remove_target_field: true },
					{
						target_field: "ml.score",
						remove_target_field: true,
						keep_previous_score: true,
					},
					{ target_field: "ml" },
				].flatMap((by_field) =>
					[match("cold"), { match_all: {} }].map((query) => ({
						method: "POST" as const,
						path: "/<id>/_search",
						body: {
							query,
							search_pipeline: {
								response_processors: [{ rerank: { by_field } }],
							},
						},
					})),
				),
			],
		},
		through(
			"a hybrid query",
			{
				phase_results_processors: [{ "normalization-processor": {} }],
				response_processors: [{ rerank: { by_field: year } }],
			},
			{
				query: hybrid([match("cold"), neural("a warm cat", { k: 5 })]),
				_source: ["year"],
			},
		),
	],
};
