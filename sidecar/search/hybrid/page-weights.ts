import type { Candidate } from "./candidates.ts";

/** The smallest number of single precision that is more than none. */
export const leastNumber = 2 ** -149;

/**
 * The scores that make OpenSearch answer the documents of a page in their order. A document's own score, but where
 * OpenSearch would put those of one score in another order (it goes by shard, then by number): there, the next smaller
 * one, by which it differs in the eighth digit. At least `least` everywhere: documents outside the page have less.
 */
export function pageWeights(
	page: readonly Candidate[],
	{ least }: { least: number },
): number[] {
	let previous: { candidate: Candidate; weight: number } | undefined;
	return page.map((candidate, index) => {
		const floor = Math.fround((page.length - index) * least);
		let weight = Math.max(Math.fround(candidate.score), floor);
		if (previous) {
			if (weight > previous.weight) weight = previous.weight;
			if (weight === previous.weight && !follows(candidate, previous.candidate))
				weight = nextBelow(weight);
		}
		previous = { candidate, weight };
		return weight;
	});
}

/** Whether OpenSearch puts a document behind another one with the same score. */
function follows(later: Candidate, earlier: Candidate): boolean {
	if (later.shard !== earlier.shard) return later.shard > earlier.shard;
	if (later.doc === undefined || earlier.doc === undefined) return true;
	return later.doc > earlier.doc;
}

/** The next smaller number of single precision, of a positive one. */
function nextBelow(number: number): number {
	const bytes = new DataView(new ArrayBuffer(4));
	bytes.setFloat32(0, number);
	bytes.setUint32(0, bytes.getUint32(0) - 1);
	return bytes.getFloat32(0);
}
