import { hybrid, match, neural, type SearchCase, search } from "./case.ts";

const cat = "a warm cat on a cold night";
const query = hybrid([match(cat), neural(cat, { k: 8 })]);
const normal = "?search_pipeline=<normal>";
/** No word is there twice: of such words Lucene's order is one of chance. */
const plain = [match("warm cat on cold night"), neural(cat, { k: 8 })];
/** Each hit is found by all the queries that it matches. */
const explained = hybrid(plain, { pagination_depth: 30 });

/** On an index without nested fields: in another one neural-search explains the wrong queries. */
function flat(
	name: string,
	body: Readonly<Record<string, unknown>>,
): SearchCase {
	const parameters = "search_pipeline" in body ? "" : normal;
	return search(name, body, { on: "<flat>", parameters });
}

/** Hybrid searches with `explain`. */
export const hybridExplained: readonly SearchCase[] = [
	flat("not explained", { query: explained, size: 2 }),
	flat("explain", { query: explained, size: 2, explain: true }),
	search(
		"explain with a neural query alone",
		{ query: hybrid([neural(cat, { k: 2 })]), size: 1, explain: true },
		{ on: "<flat>", parameters: normal },
	),
	flat("the explanation processor", {
		query: explained,
		size: 2,
		explain: true,
		search_pipeline: {
			phase_results_processors: [{ "normalization-processor": {} }],
			response_processors: [{ hybrid_score_explanation: {} }],
		},
	}),
	flat("the explanation processor, few candidates", {
		query: hybrid(plain),
		size: 2,
		explain: true,
		search_pipeline: {
			phase_results_processors: [{ "normalization-processor": {} }],
			response_processors: [{ hybrid_score_explanation: {} }],
		},
	}),
	flat("the explanation processor without explain", {
		query,
		size: 2,
		search_pipeline: {
			phase_results_processors: [{ "normalization-processor": {} }],
			response_processors: [{ hybrid_score_explanation: {} }],
		},
	}),
	flat("the explanation processor, other techniques", {
		query: explained,
		size: 2,
		explain: true,
		search_pipeline: {
			phase_results_processors: [
				{
					"normalization-processor": {
						normalization: { technique: "l2" },
						combination: {
							technique: "harmonic_mean",
							parameters: { weights: [0.6, 0.4] },
						},
					},
				},
			],
			response_processors: [{ hybrid_score_explanation: {} }],
		},
	}),
];
