import {
	hybrid,
	match,
	neural,
	type SearchOptions,
	type SearchTopic,
	search,
	sparse,
} from "./case.ts";

const cat = "a warm cat on a cold night";
const both = [match(cat), neural(cat, { k: 8 })];
const animals = { term: { topic: "animals" } };

const normal = (
	name: string,
	body: Readonly<Record<string, unknown>>,
	{ on = "<books>", parameters = "" }: SearchOptions = {},
) =>
	search(name, body, {
		on,
		parameters: `?search_pipeline=<normal>${parameters}`,
	});

/** A `hybrid` query through a normalization processor with nothing set. */
export const hybridBasics: SearchTopic = {
	name: "hybrid",
	cases: [
		normal("two queries", { query: hybrid(both) }),
		normal("two queries, few hits", { query: hybrid(both), size: 3 }),
		normal("two queries, all hits", { query: hybrid(both), size: 100 }),
		normal("size 0", { query: hybrid(both), size: 0 }),
		normal("one query", { query: hybrid([match(cat)]) }),
		normal("one neural query", { query: hybrid([neural(cat)]) }),
		normal("three queries", {
			query: hybrid([...both, sparse(cat)]),
		}),
		normal("five queries", {
			query: hybrid([
				...both,
				sparse(cat),
				neural(cat, {}, "l2"),
				match("fish", "title"),
			]),
		}),
		normal("a query twice", { query: hybrid([match(cat), match(cat)]) }),
		normal("two that share nothing", {
			query: hybrid([match("violin"), match("honey")]),
		}),
		normal("one that finds nothing", {
			query: hybrid([match("nothing"), neural(cat, { k: 4 })]),
		}),
		normal("all find nothing", {
			query: hybrid([match("nothing"), match("nowhere")]),
		}),
		normal("one hit each", {
			query: hybrid([match("violin"), neural(cat, { k: 1 })]),
		}),
		normal("equal scores", {
			query: hybrid([{ constant_score: { filter: animals } }, match("cold")]),
		}),
		normal("all scores equal", {
			query: hybrid([
				{ constant_score: { filter: animals } },
				{ constant_score: { filter: { term: { year: 2018 } } } },
			]),
			size: 20,
		}),
		normal("scores of 0", {
			query: hybrid([{ bool: { filter: [animals] } }, neural(cat, { k: 5 })]),
			size: 20,
		}),
		normal("bool queries", {
			query: hybrid([
				{
					bool: {
						must: [match("cold")],
						filter: [{ range: { year: { gte: 1990 } } }],
					},
				},
				{ bool: { should: [neural(cat), sparse("fish")] } },
			]),
		}),
		normal("a boost in a query", {
			query: hybrid([
				{ match: { text: { query: cat, boost: 4 } } },
				neural(cat, { boost: 0.5 }),
			]),
		}),
		normal("match_all", { query: hybrid([{ match_all: {} }, match(cat)]) }),
		normal("a filter", { query: hybrid(both, { filter: animals }) }),
		normal("a filter of several", {
			query: hybrid(both, {
				filter: {
					bool: { should: [animals, { range: { price: { lt: 5 } } }] },
				},
			}),
		}),
		normal("a filter that nothing passes", {
			query: hybrid(both, { filter: match("nothing") }),
		}),
		normal("nested passages", {
			query: hybrid([
				match(cat),
				{
					nested: {
						path: "passages",
						score_mode: "max",
						query: neural(cat, { k: 6 }, "passages.vector"),
					},
				},
			]),
		}),
		normal("function_score within", {
			query: hybrid([
				{
					function_score: {
						query: match(cat),
						field_value_factor: { field: "price", modifier: "log1p" },
					},
				},
				neural(cat, { k: 8 }),
			]),
		}),
		normal("script_score within", {
			query: hybrid([
				{
					script_score: {
						query: match("cold"),
						script: { source: "_score + doc['year'].value / 1000.0" },
					},
				},
				neural(cat, { k: 8 }),
			]),
		}),
		normal("dis_max within", {
			query: hybrid([
				{ dis_max: { queries: [match(cat), match("cats", "title")] } },
				neural(cat, { k: 8 }),
			]),
		}),
		normal("a radial neural query", {
			query: hybrid([
				match(cat),
				neural(cat, { k: undefined, min_score: 0.8 }),
			]),
		}),
		normal("names of queries", {
			query: hybrid([
				{ match: { text: { query: cat, _name: "words" } } },
				neural(cat, { k: 5, _name: "meaning" }),
			]),
		}),
		normal("three shards", { query: hybrid(both) }, { on: "<spread>" }),
		normal(
			"three shards, few hits",
			{ query: hybrid(both), size: 2 },
			{ on: "<spread>" },
		),
		normal(
			"three shards, all hits",
			{ query: hybrid(both), size: 50 },
			{ on: "<spread>" },
		),
		normal("two indices", { query: hybrid(both) }, { on: "<books>,<more>" }),
		normal("an alias", { query: hybrid(both) }, { on: "<both>" }),
		normal("a filtered alias", { query: hybrid(both) }, { on: "<animals>" }),
		normal(
			"an index without documents",
			{ query: hybrid(both) },
			{ on: "<empty>" },
		),
		search(
			"the pipeline of the index",
			{ query: hybrid(both) },
			{ on: "<usual>" },
		),
		search("the pipeline in the body", {
			query: hybrid(both),
			search_pipeline: {
				phase_results_processors: [{ "normalization-processor": {} }],
			},
		}),
		search("the pipeline's name in the body", {
			query: hybrid(both),
			search_pipeline: "<normal>",
		}),
		search("no pipeline", { query: hybrid(both) }),
		search(
			"no pipeline, in spite of the index's",
			{ query: hybrid(both) },
			{ on: "<usual>", parameters: "?search_pipeline=_none" },
		),
		normal("no hybrid query", { query: match(cat) }),
		normal("a neural query alone", { query: neural(cat) }),
	],
};
