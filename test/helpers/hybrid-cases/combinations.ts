import type {
	Bound,
	HybridCombination,
	Mean,
	Normalization,
} from "../../../sidecar/search/pipelines/search-pipeline.ts";

/** A way to combine scores: as neural-search is told of it, and as the sidecar reads that. */
export interface RecordedCombination {
	readonly name: string;
	/** The processor of the search pipeline. */
	readonly processor: Readonly<Record<string, unknown>>;
	readonly combination: HybridCombination;
}

const weights = [0.3, 0.7];

/** Every technique of both processors, with and without weights and bounds; those are for two sub-queries. */
export const recordedCombinations: readonly RecordedCombination[] = [
	normalized("min_max", "arithmetic_mean"),
	normalized("min_max", "arithmetic_mean", weights),
	normalized("min_max", "geometric_mean", weights),
	normalized("min_max", "harmonic_mean", weights),
	normalized("l2", "arithmetic_mean"),
	normalized("l2", "geometric_mean"),
	normalized("l2", "harmonic_mean"),
	normalized("z_score", "arithmetic_mean"),
	bounded("apply"),
	bounded("clip"),
	bounded("ignore"),
	ranked(60),
	ranked(20, weights),
];

function normalized(
	normalization: Normalization["normalization"],
	combination: Mean,
	weights: readonly number[] = [],
): RecordedCombination {
	return {
		name: nameOf([normalization, combination, ...weights]),
		processor: {
			"normalization-processor": {
				normalization: { technique: normalization },
				combination: {
					technique: combination,
					...(weights.length > 0 && { parameters: { weights } }),
				},
			},
		},
		combination: {
			kind: "normalization",
			normalization,
			lowerBounds: undefined,
			upperBounds: undefined,
			combination,
			weights,
		},
	};
}

function bounded(mode: Bound["mode"]): RecordedCombination {
	const [lower, upper] = [
		[1, 0.6],
		[2.5, 0.8],
	];
	return {
		name: nameOf(["min_max", mode]),
		processor: {
			"normalization-processor": {
				normalization: {
					technique: "min_max",
					parameters: {
						lower_bounds: lower?.map((min_score) => ({ mode, min_score })),
						upper_bounds: upper?.map((max_score) => ({ mode, max_score })),
					},
				},
			},
		},
		combination: {
			kind: "normalization",
			normalization: "min_max",
			lowerBounds: lower?.map((score) => ({ mode, score })),
			upperBounds: upper?.map((score) => ({ mode, score })),
			combination: "arithmetic_mean",
			weights: [],
		},
	};
}

function ranked(
	rankConstant: number,
	weights: readonly number[] = [],
): RecordedCombination {
	return {
		name: nameOf(["rrf", rankConstant, ...weights]),
		processor: {
			"score-ranker-processor": {
				combination: {
					technique: "rrf",
					rank_constant: rankConstant,
					...(weights.length > 0 && { parameters: { weights } }),
				},
			},
		},
		combination: { kind: "rrf", rankConstant, combination: "rrf", weights },
	};
}

function nameOf(parts: readonly (string | number)[]): string {
	return parts.join(" ");
}
