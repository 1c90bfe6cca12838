import { match, type SearchTopic, search, sparse, through } from "./case.ts";

const cat = "a small warm cat and cold red wine at night with fish";
const twoPhase = (options: object = {}) => ({
	request_processors: [{ neural_sparse_two_phase_processor: options }],
});
const tokens = { cat: 5, wine: 3, cold: 1, warm: 0.5, red: 0.25, fish: 2 };
const query = { neural_sparse: { weights: { query_tokens: tokens } } };
const parameters = (two_phase_parameter: object) =>
	twoPhase({ two_phase_parameter });

/** Sparse queries of which the light tokens only reorder. */
export const twoPhases: SearchTopic = {
	name: "two-phase",
	cases: [
		through("as it comes", twoPhase(), { query }),
		through("a text", twoPhase(), { query: sparse(cat) }),
		through("few hits", twoPhase(), { query, size: 2 }),
		through("not enabled", twoPhase({ enabled: false }), { query }),
		through("a ratio of 0", parameters({ prune_ratio: 0 }), { query }),
		through("a ratio of 0.999", parameters({ prune_ratio: 0.999 }), { query }),
		through("a ratio of 0.9", parameters({ prune_ratio: 0.9 }), { query }),
		through(
			"a small window",
			parameters({ prune_ratio: 0.9, expansion_rate: 1 }),
			{ query, size: 2 },
		),
		through(
			"the largest window reached",
			parameters({ expansion_rate: 10, max_window_size: 50 }),
			{ query, size: 6 },
		),
		through(
			"the heaviest alone",
			parameters({ prune_type: "top_k", prune_ratio: 2 }),
			{ query },
		),
		through(
			"half of the mass",
			parameters({ prune_type: "alpha_mass", prune_ratio: 0.5 }),
			{ query },
		),
		through(
			"an absolute bound",
			parameters({ prune_type: "abs_value", prune_ratio: 1.5 }),
			{ query },
		),
		through("no pruning", parameters({ prune_type: "none" }), { query }),
		through("a boost", twoPhase(), {
			query: {
				neural_sparse: { weights: { query_tokens: tokens, boost: 2 } },
			},
		}),
		through("in a bool", parameters({ prune_ratio: 0.9 }), {
			query: { bool: { should: [query, match("violin")] } },
		}),
		through("in a bool with a boost", parameters({ prune_ratio: 0.9 }), {
			query: { bool: { should: [query, match("violin")], boost: 3 } },
		}),
		through("two in a bool", parameters({ prune_ratio: 0.9 }), {
			query: { bool: { should: [query, sparse("mice and tea")] } },
		}),
		through("in must_not", parameters({ prune_ratio: 0.9 }), {
			query: { bool: { must: [match("cold")], must_not: [query] } },
		}),
		through("in a filter", parameters({ prune_ratio: 0.9 }), {
			query: { bool: { must: [match("cold")], filter: [query] } },
		}),
		through("in function_score", parameters({ prune_ratio: 0.9 }), {
			query: { function_score: { query, boost: 2 } },
		}),
		through("in constant_score", parameters({ prune_ratio: 0.9 }), {
			query: { constant_score: { filter: query } },
		}),
		through("beside a rescore", parameters({ prune_ratio: 0.9 }), {
			query,
			rescore: {
				window_size: 5,
				query: { rescore_query: match("cold"), rescore_query_weight: 3 },
			},
		}),
		through("from", parameters({ prune_ratio: 0.9 }), {
			query,
			from: 2,
			size: 3,
		}),
		through("one token", twoPhase(), {
			query: { neural_sparse: { weights: { query_tokens: { cat: 2 } } } },
		}),
		through("explain", parameters({ prune_ratio: 0.9 }), {
			query,
			size: 1,
			explain: true,
		}),
		through("sorted", twoPhase(), { query, sort: ["year"] }),
		through("another query", twoPhase(), { query: match("cat") }),
		through("no query", twoPhase(), { size: 2 }),
		search("in the body", {
			query,
			search_pipeline: parameters({ prune_ratio: 0.9 }),
		}),
	],
};
