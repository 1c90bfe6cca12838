/** The value that as many are below as above. NaN where there is none. */
export function median(values: Iterable<number>): number {
	return percentile(values, 0.5);
}

/** The smallest of the values that this share of them does not exceed (nearest rank). NaN where there is none. */
export function percentile(values: Iterable<number>, share: number): number {
	const sorted = Float64Array.from(values).sort();
	const rank = Math.max(1, Math.ceil(share * sorted.length));
	return sorted[rank - 1] ?? Number.NaN;
}

/** Numbers from 0 to below 1, the same in every run (Mulberry32). */
export function seededRandom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
}

/**
 * Draws from `count` things of which the k-th is met 1/k times as often as the first (Zipf's law, s = 1).
 * @returns their indices, from 0
 */
export function zipf(count: number, random: () => number): () => number {
	const sums = new Float64Array(count);
	let sum = 0;
	for (let rank = 1; rank <= count; rank++) {
		sum += 1 / rank;
		sums[rank - 1] = sum;
	}
	return () => {
		const wanted = random() * sum;
		let [low, high] = [0, count - 1];
		while (low < high) {
			const middle = (low + high) >> 1;
			if ((sums[middle] ?? 0) < wanted) low = middle + 1;
			else high = middle;
		}
		return low;
	};
}
