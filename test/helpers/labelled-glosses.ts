import { createHash } from "node:crypto";
import { type Noun, readNouns } from "../../sidecar/dev/wordnet.ts";

/** What is searched. */
const documentCount = 1_500;
/** What is searched for. */
const queryCount = 150;

/** Nouns out of which both are taken, the most common ones first. */
const chosenNouns = 6_000;

/** How much a hit is worth: the kind that a thing is one of, and another thing of that kind. */
const ofKind = 2;
const ofSameKind = 1;

export interface LabelledGlosses {
	documents: readonly { id: string; text: string }[];
	/** Meanings that no document has. */
	queries: readonly {
		text: string;
		/** What documents are worth by their ids; the others are worth nothing. */
		gains: ReadonlyMap<string, number>;
	}[];
}

/**
 * Definitions of WordNet's most common nouns as documents, and those of less common ones as queries: each for something
 * of a kind that is among the documents, by WordNet's own judgement. The same ones every time.
 */
export async function labelledGlosses(): Promise<LabelledGlosses> {
	const nouns = await readNouns(chosenNouns);
	const common = nouns.slice(0, documentCount);
	const ids = new Set(common.map(({ id }) => id));
	const queries = nouns
		.slice(documentCount)
		.filter(({ hypernyms }) => hypernyms.some((id) => ids.has(id)))
		.slice(0, queryCount)
		.map((noun) => ({ text: noun.gloss, gains: gainsOf(noun, common) }));
	const documents = common.map(({ id, lemma, gloss }) => ({
		id,
		text: `${lemma}: ${gloss}`,
	}));
	return { documents, queries };
}

function gainsOf(
	{ hypernyms }: Noun,
	documents: readonly Noun[],
): Map<string, number> {
	const gains = new Map<string, number>();
	for (const { id, hypernyms: theirs } of documents)
		if (hypernyms.includes(id)) gains.set(id, ofKind);
		else if (theirs.some((kind) => hypernyms.includes(kind)))
			gains.set(id, ofSameKind);
	return gains;
}

/** All texts that get a vector: those of the documents, then those of the queries. */
export function textsOf({ documents, queries }: LabelledGlosses): string[] {
	return [...documents, ...queries].map(({ text }) => text);
}

/** By which it is known whether vectors are of these texts. */
export function fingerprintOf(texts: readonly string[]): string {
	return createHash("sha256").update(JSON.stringify(texts)).digest("hex");
}

/** Hits that count. */
export const judgedHits = 10;

/**
 * The normalised discounted cumulative gain of the first ten hits (Järvelin and Kekäläinen, 2002): 1 where nothing could
 * be worth more.
 */
export function ndcg(
	hits: readonly string[],
	gains: ReadonlyMap<string, number>,
): number {
	const best = [...gains.values()].sort((a, b) => b - a);
	return discounted(hits.map((id) => gains.get(id) ?? 0)) / discounted(best);
}

function discounted(gains: readonly number[]): number {
	return gains
		.slice(0, judgedHits)
		.reduce((sum, gain, rank) => sum + gain / Math.log2(rank + 2), 0);
}
