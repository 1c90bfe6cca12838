import type { PoolingMode } from "../../schemas/model.ts";

/** The vectors of one text's tokens: row-major [tokens, dimension], no padding rows. */
export interface TokenVectors {
	values: Float32Array;
	tokens: number;
	dimension: number;
}

/**
 * One vector [dimension] out of a text's [tokens, dimension], as ml-commons' `pooling_mode` defines it (its
 * arithmetic is DJL's TextEmbeddingTranslator); x_i is token i's vector, n their number:
 * - MEAN: sum(x_i) / n
 * - MEAN_SQRT_LEN: sum(x_i) / sqrt(n)
 * - WEIGHTED_MEAN: sum(i * x_i) / sum(i), i from 1 to n
 * - MAX: the largest value at each position
 * - CLS: x_1
 * - LAST_TOKEN: x_n
 *
 * All tokens count, special ones too, as in sentence-transformers, whose mask is 1 for them. Sums are in
 * double precision and rounded once. Throws a RangeError where there is nothing to pool.
 */
export function pool(
	vectors: TokenVectors,
	mode: Exclude<PoolingMode, "NONE">,
): Float32Array {
	const { values, tokens, dimension } = vectors;
	if (tokens < 1 || values.length !== tokens * dimension) {
		throw new RangeError(
			`${values.length} values are not ${tokens} tokens of dimension ${dimension}`,
		);
	}
	switch (mode) {
		case "MEAN":
			return weightedSum(vectors, () => 1 / tokens);
		case "MEAN_SQRT_LEN":
			return weightedSum(vectors, () => 1 / Math.sqrt(tokens));
		case "WEIGHTED_MEAN": {
			const total = (tokens * (tokens + 1)) / 2;
			return weightedSum(vectors, (token) => (token + 1) / total);
		}
		case "MAX":
			return largest(vectors);
		case "CLS":
			return values.slice(0, dimension);
		case "LAST_TOKEN":
			return values.slice((tokens - 1) * dimension);
	}
}

/**
 * The vector of length 1 in the same direction: x / max(|x|, 1e-12), the lower bound being PyTorch's
 * `normalize`, so that a zero vector stays one. In place; returns its argument.
 */
export function normalizeL2(vector: Float32Array): Float32Array {
	let squares = 0;
	for (const value of vector) squares += value * value;
	const length = Math.max(Math.sqrt(squares), 1e-12);
	for (let i = 0; i < vector.length; i++) {
		vector[i] = (vector[i] ?? 0) / length;
	}
	return vector;
}

function weightedSum(
	{ values, tokens, dimension }: TokenVectors,
	weight: (token: number) => number,
): Float32Array {
	const sums = new Float64Array(dimension);
	for (let token = 0; token < tokens; token++) {
		const factor = weight(token);
		const offset = token * dimension;
		for (let i = 0; i < dimension; i++) {
			sums[i] = (sums[i] ?? 0) + factor * (values[offset + i] ?? 0);
		}
	}
	return Float32Array.from(sums);
}

function largest({ values, dimension }: TokenVectors): Float32Array {
	const maximum = values.slice(0, dimension);
	for (let i = dimension; i < values.length; i++) {
		const value = values[i] ?? 0;
		if (value > (maximum[i % dimension] ?? 0)) maximum[i % dimension] = value;
	}
	return maximum;
}
