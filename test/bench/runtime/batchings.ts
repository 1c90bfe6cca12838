/** Texts that run together, by their numbers. */
export type Batch = readonly number[];

/** A way of bringing texts together. */
export interface Batching {
	name: string;
	/** @param lengths the tokens of each text @returns batches with every text in one of them, long ones first */
	make(lengths: readonly number[]): Batch[];
}

export const alone: Batching = {
	name: "alone",
	make: (lengths) => slices(sorted(lengths), 1),
};

/** Every way that the raw limit is looked for in. */
export const batchings: readonly Batching[] = [
	alone,
	...[4, 8, 32].map((size) => ({
		name: `equal lengths, ${size} at most`,
		make: (lengths: readonly number[]) => equalLengths(lengths, size),
	})),
	...[8, 32].map((size) => ({
		name: `sorted, padded, ${size}`,
		make: (lengths: readonly number[]) => slices(sorted(lengths), size),
	})),
];

function sorted(lengths: readonly number[]): number[] {
	return [...lengths.keys()].sort(
		(a, b) => (lengths[b] ?? 0) - (lengths[a] ?? 0),
	);
}

function equalLengths(lengths: readonly number[], size: number): Batch[] {
	const groups = new Map<number, number[]>();
	for (const text of sorted(lengths)) {
		const length = lengths[text] ?? 0;
		const group = groups.get(length) ?? [];
		groups.set(length, group);
		group.push(text);
	}
	return [...groups.values()].flatMap((group) => slices(group, size));
}

function slices(texts: readonly number[], size: number): Batch[] {
	return Array.from({ length: Math.ceil(texts.length / size) }, (_, i) =>
		texts.slice(i * size, (i + 1) * size),
	);
}
