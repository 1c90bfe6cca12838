import {
	hybrid,
	match,
	neural,
	type SearchCase,
	type SearchTopic,
	searching,
	sparse,
	withFractions,
} from "./case.ts";

const cat = "a warm cat on a cold night";
/** No word is there twice: of such words Lucene's order is one of chance. */
const explained = hybrid(
	[match("warm cat on cold night"), neural(cat, { k: 8 })],
	{ pagination_depth: 30 },
);
const two = hybrid([match(cat), neural(cat, { k: 8 })]);

function ranked(
	name: string,
	combination: unknown,
	body: Readonly<Record<string, unknown>> = { query: two },
	on = "<books>",
): SearchCase {
	const search_pipeline = {
		phase_results_processors: [
			{
				"score-ranker-processor":
					combination === undefined ? {} : { combination },
			},
		],
	};
	return {
		name,
		calls: [withFractions(searching({ ...body, search_pipeline }, { on }))],
	};
}

const rrf = { technique: "rrf" };

/** Hybrid queries whose hits are scored by their ranks. */
export const ranks: SearchTopic = {
	name: "rrf",
	cases: [
		ranked("as it comes", rrf),
		ranked("nothing said", undefined),
		ranked("rank_constant 1", { ...rrf, rank_constant: 1 }),
		ranked("rank_constant 20", { ...rrf, rank_constant: 20 }),
		ranked("the largest rank_constant", { ...rrf, rank_constant: 10000 }),
		ranked("weights", { ...rrf, parameters: { weights: [0.7, 0.3] } }),
		ranked("a weight of 0", {
			...rrf,
			parameters: { weights: ["1.0", "0.0"] },
		}),
		ranked("too many weights", {
			...rrf,
			parameters: { weights: [0.5, 0.3, 0.2] },
		}),
		ranked("three queries", rrf, {
			query: hybrid([match(cat), neural(cat), sparse("warm cat")]),
		}),
		ranked("one query", rrf, { query: hybrid([neural(cat)]) }),
		ranked("one that finds nothing", rrf, {
			query: hybrid([match("nothing"), neural(cat)]),
		}),
		ranked("equal scores", rrf, {
			query: hybrid([
				{ constant_score: { filter: { term: { topic: "animals" } } } },
				neural(cat),
			]),
		}),
		ranked("few hits", rrf, { query: two, size: 2 }),
		ranked("three shards", rrf, { query: two }, "<spread>"),
		ranked("two indices", rrf, { query: two }, "<both>"),
		ranked("a filter", rrf, {
			query: hybrid([match(cat), neural(cat)], {
				filter: { range: { year: { gte: 2000 } } },
			}),
		}),
		ranked("pages", rrf, {
			query: hybrid([match(cat), neural(cat)], { pagination_depth: 10 }),
			from: 3,
			size: 3,
		}),
		ranked(
			"explain",
			rrf,
			{ query: explained, size: 2, explain: true },
			"<flat>",
		),
		ranked("sorted", rrf, { query: two, sort: [{ year: "desc" }] }),
		ranked("rank_constant 0", { ...rrf, rank_constant: 0 }),
		ranked("rank_constant too large", { ...rrf, rank_constant: 10001 }),
		ranked("rank_constant a word", { ...rrf, rank_constant: "much" }),
		ranked("rank_constant a fraction", { ...rrf, rank_constant: 1.5 }),
		ranked("an unknown technique", { technique: "nothing" }),
		ranked("weights that are too much", {
			...rrf,
			parameters: { weights: [0.7, 0.7] },
		}),
	],
};
