import { hitKey } from "../answers/hybrid-explanation.ts";
import type { HybridCombination } from "../pipelines/search-pipeline.ts";
import { combine } from "./combination.ts";
import type { FoundDocument } from "./documents-query.ts";
import { normalize } from "./normalization.ts";
import { tableOrder } from "./table-order.ts";

/** A document that a sub-query found. */
export interface SubHit extends FoundDocument {
	readonly score: number;
	/** Its number in the shard, by which OpenSearch orders hits with one score; undefined where it is not known. */
	readonly doc: number | undefined;
	/** Its value in the field by which hits are collapsed, as JSON. */
	readonly group?: string | undefined;
	/** How it got its score, as JSON. */
	readonly explanation?: string;
	/** As OpenSearch wrote it, JSON; there where it may be answered. */
	readonly text?: string;
}

/** What each sub-query found on one shard, best first. */
export type ShardHits = readonly (readonly SubHit[])[];

/** A document that at least one sub-query found. */
export interface Candidate extends FoundDocument {
	/** The place of its shard among those that are searched. */
	readonly shard: number;
	readonly doc: number | undefined;
	readonly group: string | undefined;
	readonly score: number;
	/** What the sub-queries that found it said, in their order. */
	readonly parts: readonly CandidatePart[];
	/** As OpenSearch wrote it for the first sub-query that found it, likewise. */
	readonly text: string | undefined;
}

export interface CandidatePart {
	readonly raw: number;
	readonly normalized: number;
	readonly explanation: string | undefined;
}

/** The documents that sub-queries found, with their combined scores, in neural-search's order, best first. */
export function rankCandidates(
	shards: readonly ShardHits[],
	combination: HybridCombination,
	subQueries: number,
): Candidate[] {
	const normalized = Array.from({ length: subQueries }, (_, index) =>
		normalize(
			shards.map((shard) => (shard[index] ?? []).map(({ score }) => score)),
			combination,
			index,
		),
	);
	const candidates = shards.flatMap((hits, shard) => {
		const found = new Map<string, Found>();
		hits.forEach((ofSubQuery, index) => {
			ofSubQuery.forEach((hit, place) => {
				const key = hitKey(hit);
				const known = found.get(key) ?? { hit, scores: [], parts: [] };
				found.set(key, known);
				const score = normalized[index]?.[shard]?.[place] ?? 0;
				known.scores[index] = score;
				known.parts.push({
					raw: hit.score,
					normalized: score,
					explanation: hit.explanation,
				});
			});
		});
		const ordered = tableOrder([...found.values()], ({ hit }) => hit.doc);
		return ordered.map(({ hit, scores, parts }) => {
			const all = Array.from(
				{ length: subQueries },
				(_, index) => scores[index] ?? 0,
			);
			const { index, id, routing, doc, group, text } = hit;
			const score = combine(all, combination);
			return { index, id, routing, shard, doc, group, score, parts, text };
		});
	});
	// The sort is stable: of one score, the first shard's come first.
	return candidates.sort((one, other) => other.score - one.score);
}

interface Found {
	readonly hit: SubHit;
	/** By sub-query; nothing where it did not find the document. */
	readonly scores: number[];
	readonly parts: CandidatePart[];
}

/** The best of each group, in the order of the candidates; those without a value are a group. */
export function bestOfGroups(candidates: readonly Candidate[]): Candidate[] {
	const groups = new Map<string | undefined, Candidate>();
	for (const candidate of candidates)
		if (!groups.has(candidate.group)) groups.set(candidate.group, candidate);
	return [...groups.values()];
}
