import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SidecarError } from "../../sidecar/errors.ts";
import {
	type Candidate,
	rankCandidates,
	type ShardHits,
} from "../../sidecar/search/hybrid/candidates.ts";
import {
	checkSubQueries,
	defaultCombination,
} from "../../sidecar/search/hybrid/combination.ts";
import {
	leastNumber,
	pageWeights,
} from "../../sidecar/search/hybrid/page-weights.ts";
import { recordedCombinations } from "../helpers/hybrid-cases/combinations.ts";
import { readHybridRecording } from "../helpers/hybrid-cases/recording.ts";

const recording = readHybridRecording();

/*
 * Scores and order are neural-search's: what it combined was recorded. A document elsewhere than there is another page for
 * whoever changes over.
 */
describe.each(recording.candidates)("of $name", ({ shards, combined }) => {
	const hits: ShardHits[] = shards.map((shard) =>
		shard.map((found) =>
			found.map(([id, score, doc]) => ({
				index: "documents",
				id,
				score: Math.fround(score),
				doc,
			})),
		),
	);
	it.each(recordedCombinations)("$name", ({ name, combination }) => {
		const expected = combined[name] ?? [];
		const ranked = rankCandidates(hits, combination, 2);
		expect(ranked.map(({ id }) => id)).toEqual(expected.map(([id]) => id));
		ranked.forEach(({ score }, place) => {
			expect(score).toBeCloseTo(expected[place]?.[1] ?? Number.NaN, 6);
		});
	});
});

const hit = fc.record({
	id: fc.nat(40).map(String),
	score: fc.float({ min: Math.fround(0.001), max: 100, noNaN: true }),
});
/** A list of hits as OpenSearch gives it: each document once, best first, by number where the scores are the same. */
const found = fc
	.uniqueArray(hit, { selector: ({ id }) => id, maxLength: 30 })
	.map((hits) =>
		hits
			.map(({ id, score }) => ({ index: "a", id, score, doc: Number(id) }))
			.sort((one, other) => other.score - one.score || one.doc - other.doc),
	);
const anyShards = fc.array(fc.tuple(found, found), {
	minLength: 1,
	maxLength: 4,
});
const anyCombination = fc.constantFrom(
	...recordedCombinations.map(({ combination }) => combination),
);

describe("whatever the sub-queries find", () => {
	it("every document that one of them found is ranked once, and no other", () => {
		fc.assert(
			fc.property(anyShards, anyCombination, (shards, combination) => {
				const ranked = rankCandidates(shards, combination, 2);
				const keys = ranked.map(({ shard, id }) => `${shard}/${id}`);
				const expected = shards.flatMap((lists, shard) =>
					lists.flat().map(({ id }) => `${shard}/${id}`),
				);
				expect(new Set(keys)).toEqual(new Set(expected));
				expect(keys).toHaveLength(new Set(expected).size);
			}),
		);
	});

	it("OpenSearch puts a page in the order in which it is ranked, with its scores", () => {
		fc.assert(
			fc.property(anyShards, anyCombination, (shards, combination) => {
				const page = rankCandidates(shards, combination, 2);
				const weights = pageWeights(page, { least: leastNumber });
				expect(asOpenSearchOrders(page, weights)).toEqual(page);
				weights.forEach((weight, place) => {
					expect(weight).toBeGreaterThan(0);
					expect(weight).toBe(Math.fround(weight));
					const score = page[place]?.score ?? Number.NaN;
					expect(Math.abs(weight - score)).toBeLessThan(1e-5);
				});
			}),
		);
	});
});

it("a pipeline for another number of sub-queries is refused as neural-search refuses it", () => {
	const weighted = { ...defaultCombination, weights: [0.3, 0.7] };
	expect(reasonOf(() => checkSubQueries(weighted, 3))).toBe(
		"number of weights [2] must match number of sub-queries [3] in hybrid query",
	);
	const bounds = recordedCombinations.find(
		({ name }) => name === "min_max clip",
	);
	const bounded = bounds?.combination ?? defaultCombination;
	expect(reasonOf(() => checkSubQueries(bounded, 3))).toBe(
		"expected bounds array to contain 3 elements matching the number of sub-queries, but found a mismatch",
	);
	expect(() => checkSubQueries(defaultCombination, 3)).not.toThrow();
});

/** What OpenSearch would name as the cause. */
function reasonOf(check: () => void): string | undefined {
	try {
		check();
	} catch (error) {
		if (error instanceof SidecarError) return error.causedBy?.reason;
		throw error;
	}
	return undefined;
}

/** By score, then by shard, then by number. */
function asOpenSearchOrders(
	page: readonly Candidate[],
	weights: readonly number[],
): Candidate[] {
	return page
		.map((candidate, place) => ({ candidate, weight: weights[place] ?? 0 }))
		.sort(
			(one, other) =>
				other.weight - one.weight ||
				one.candidate.shard - other.candidate.shard ||
				(one.candidate.doc ?? 0) - (other.candidate.doc ?? 0),
		)
		.map(({ candidate }) => candidate);
}
