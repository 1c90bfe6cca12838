import { match, neural, type SearchTopic, search, sparse } from "./case.ts";

const cat = "a warm cat and cold wine";
const tokens = { cat: 2.5, wine: 1.25, warm: 0.5, nowhere: 3 };
const of = (query_tokens: unknown, rest: object = {}) => ({
	query: { neural_sparse: { weights: { query_tokens, ...rest } } },
});
const on = (field: unknown) => ({
	query: { neural_sparse: { weights: field } },
});

/** The `neural_sparse` query, and `neural` on a field of weights. */
export const sparses: SearchTopic = {
	name: "sparse",
	cases: [
		search("a text", { query: sparse(cat) }),
		search("a text, all hits", { query: sparse(cat), size: 50 }),
		search("max_token_score", { query: sparse(cat, { max_token_score: 2 }) }),
		search("boost", { query: sparse(cat, { boost: 3 }) }),
		search("boost 0", { query: sparse(cat, { boost: 0 }) }),
		search("_name", { query: sparse(cat, { _name: "weights" }) }),
		search("tokens", of(tokens)),
		search("tokens and a boost", of(tokens, { boost: 0.5, _name: "given" })),
		search("one token", of({ mice: 1 })),
		search("a token that no document has", of({ nowhere: 1 })),
		search("an empty set of tokens", of({})),
		search("weight 0", of({ cat: 0, wine: 1 })),
		search("only weight 0", of({ cat: 0 })),
		search("a negative weight", of({ cat: -1, wine: 2 })),
		search("only a negative weight", of({ cat: -1 })),
		search("a large weight", of({ cat: 1e6, wine: 2 })),
		search("a weight that is a text", of({ cat: "2" })),
		search("a weight that is a word", of({ cat: "much" })),
		search("a weight that is null", of({ cat: null })),
		search("a weight that is an object", of({ cat: {} })),
		search("a token with a dot", of({ "c.at": 1, cat: 2 })),
		search("a token with a quote", of({ 'c"at': 1, cat: 2 })),
		search("a token with a blank", of({ "c at": 1, cat: 2 })),
		search("an empty token", of({ "": 1, cat: 2 })),
		search(
			"2,000 tokens",
			of(
				Object.fromEntries([
					...Array.from({ length: 2000 }, (_, at) => [`t${at}`, 1]),
					["cat", 2],
				]),
			),
		),
		search("tokens a text", of("cat")),
		search("tokens a list", of(["cat"])),
		search("tokens null", of(null)),
		search("tokens and a text", {
			query: sparse(cat, { query_tokens: tokens }),
		}),
		search("tokens, a text and no model", of(tokens, { query_text: cat })),
		search("explain", { query: sparse("cat"), size: 1, explain: true }),
		search("among other queries", {
			query: { bool: { should: [sparse(cat), match("fish")] } },
		}),
		search("beside a dense one", {
			query: { bool: { should: [sparse(cat), neural("a cat")] } },
		}),
		search("three shards", { query: sparse(cat) }, { on: "<spread>" }),
		search("two indices", { query: sparse(cat) }, { on: "<both>" }),
		search("sorted", { query: sparse(cat), sort: ["year"], size: 3 }),
		search("aggregations", {
			query: sparse("cat wine"),
			size: 0,
			aggs: { topics: { terms: { field: "topic" } } },
		}),
		search("no text", on({ model_id: "<sparse>" })),
		search("an empty text", on({ query_text: "", model_id: "<sparse>" })),
		search("a blank text", on({ query_text: " ", model_id: "<sparse>" })),
		search("no model, no analyzer", on({ query_text: cat })),
		search("an empty model", on({ query_text: cat, model_id: "" })),
		search("a model that is not there", {
			query: sparse(cat, { model_id: "unknown" }),
		}),
		search("a dense model", { query: sparse(cat, { model_id: "<dense>" }) }),
		search(
			"the standard analyzer",
			on({ query_text: cat, analyzer: "standard" }),
		),
		search("an unknown analyzer", on({ query_text: cat, analyzer: "nothing" })),
		search("an empty analyzer", on({ query_text: cat, analyzer: "" })),
		search("a model and an analyzer", {
			query: sparse(cat, { analyzer: "standard" }),
		}),
		search(
			"tokens and an analyzer",
			of(tokens, { query_text: cat, analyzer: "standard" }),
		),
		search("an unknown option", { query: sparse(cat, { k: 3 }) }),
		search("an unknown object", { query: sparse(cat, { more: {} }) }),
		search("method_parameters", {
			query: sparse(cat, { method_parameters: { top_n: 2 } }),
		}),
		search("max_token_score a word", {
			query: sparse(cat, { max_token_score: "much" }),
		}),
		search("no field", { query: { neural_sparse: {} } }),
		search("a text for the field", on(cat)),
		search("two fields", {
			query: {
				neural_sparse: {
					weights: { query_tokens: tokens },
					vector: { query_tokens: tokens },
				},
			},
		}),
		search("on a dense field", {
			query: { neural_sparse: { vector: { query_tokens: tokens } } },
		}),
		search("on a text field", {
			query: { neural_sparse: { text: { query_tokens: tokens } } },
		}),
		search("on an unmapped field", {
			query: { neural_sparse: { nowhere: { query_tokens: tokens } } },
		}),
		search("neural on weights", {
			query: {
				neural: { weights: { query_text: cat, model_id: "<sparse>" } },
			},
		}),
		search("neural on weights, with k", {
			query: neural(cat, { model_id: "<sparse>", k: 3 }, "weights"),
		}),
		search("neural on weights, with tokens", {
			query: { neural: { weights: { query_tokens: tokens } } },
		}),
		search("neural on weights, a dense model", {
			query: neural(cat, {}, "weights"),
		}),
	],
};
