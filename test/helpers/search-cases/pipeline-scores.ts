import { defined, type SearchCase } from "./case.ts";
import { bounds, normalization, ranker, weights } from "./pipeline-parts.ts";

/** Pipelines that make one score of several, with what may be wrong in them. */
export const scorePipelines: readonly SearchCase[] = [
	defined(
		"normalization: an unknown technique",
		normalization({ normalization: { technique: "nothing" } }),
	),
	defined(
		"normalization: a technique that is a number",
		normalization({ normalization: { technique: 5 } }),
	),
	defined("normalization: a text", normalization({ normalization: "l2" })),
	defined("normalization: no technique", normalization({ normalization: {} })),
	defined(
		"normalization: parameters of l2",
		normalization({
			normalization: { technique: "l2", parameters: { a: 1 } },
		}),
	),
	defined(
		"normalization: bounds of l2",
		normalization({
			normalization: {
				technique: "l2",
				parameters: { lower_bounds: [{ mode: "apply" }] },
			},
		}),
	),
	defined("normalization: unknown parameters", bounds({ a: 1 })),
	defined("normalization: bounds a text", bounds({ lower_bounds: "apply" })),
	defined(
		"normalization: bounds of texts",
		bounds({ lower_bounds: ["apply"] }),
	),
	defined("normalization: no bounds", bounds({ lower_bounds: [] })),
	defined(
		"normalization: an unknown mode",
		bounds({ lower_bounds: [{ mode: "nothing" }] }),
	),
	defined(
		"normalization: an unknown part of a bound",
		bounds({ lower_bounds: [{ mode: "apply", a: 1 }] }),
	),
	defined(
		"normalization: a bound a word",
		bounds({ lower_bounds: [{ mode: "apply", min_score: "much" }] }),
	),
	defined(
		"normalization: a bound too large",
		bounds({ lower_bounds: [{ mode: "apply", min_score: 10001 }] }),
	),
	defined(
		"normalization: a bound too small",
		bounds({ lower_bounds: [{ mode: "apply", min_score: -10001 }] }),
	),
	defined(
		"normalization: an upper bound too large",
		bounds({ upper_bounds: [{ mode: "apply", max_score: 10001 }] }),
	),
	defined(
		"normalization: six bounds",
		bounds({
			lower_bounds: Array(6).fill({ mode: "apply", min_score: 0.1 }),
		}),
	),
	defined(
		"combination: an unknown technique",
		normalization({ combination: { technique: "nothing" } }),
	),
	defined(
		"combination: rrf",
		normalization({ combination: { technique: "rrf" } }),
	),
	defined(
		"combination: a text",
		normalization({ combination: "arithmetic_mean" }),
	),
	defined(
		"combination: z_score with a geometric mean",
		normalization({
			normalization: { technique: "z_score" },
			combination: { technique: "geometric_mean" },
		}),
	),
	defined(
		"combination: unknown parameters",
		normalization({ combination: { parameters: { a: 1 } } }),
	),
	defined("weights: too much", weights([0.7, 0.7])),
	defined("weights: too little", weights([0.2, 0.2])),
	defined("weights: negative", weights([1.5, -0.5])),
	defined("weights: whole numbers", weights([1, 0])),
	defined("weights: texts", weights(["0.5", "0.5"])),
	defined("weights: words", weights(["half", "half"])),
	defined("weights: none", weights([])),
	defined("weights: a text", weights("0.5")),
	defined(
		"weights: one",
		`{"phase_results_processors":[{"normalization-processor":{"combination":{"parameters":{"weights":[1.0]}}}}]}`,
	),
	defined("weights: nearly 1", weights([0.333, 0.333, 0.333])),
	defined("weights: thirds", weights([0.3333, 0.3333, 0.3334])),
	defined("normalization: an unknown part", normalization({ other: 1 })),
	defined("ranker: no technique", ranker({ combination: {} })),
	defined(
		"ranker: an unknown technique",
		ranker({ combination: { technique: "nothing" } }),
	),
	defined(
		"ranker: a mean",
		ranker({ combination: { technique: "arithmetic_mean" } }),
	),
	defined(
		"ranker: rank_constant 0",
		ranker({ combination: { technique: "rrf", rank_constant: 0 } }),
	),
	defined(
		"ranker: rank_constant negative",
		ranker({ combination: { technique: "rrf", rank_constant: -5 } }),
	),
	defined(
		"ranker: rank_constant too large",
		ranker({ combination: { technique: "rrf", rank_constant: 10001 } }),
	),
	defined(
		"ranker: rank_constant a text",
		ranker({ combination: { technique: "rrf", rank_constant: "20" } }),
	),
	defined(
		"ranker: rank_constant a word",
		ranker({ combination: { technique: "rrf", rank_constant: "much" } }),
	),
	defined(
		"ranker: unknown parameters",
		ranker({ combination: { technique: "rrf", parameters: { a: 1 } } }),
	),
	defined(
		"ranker: weights too much",
		ranker({
			combination: { technique: "rrf", parameters: { weights: [0.7, 0.7] } },
		}),
	),
	defined(
		"ranker: a normalization",
		ranker({ normalization: { technique: "l2" } }),
	),
	defined("ranker: an unknown part", ranker({ other: 1 })),
];
