/** How small weights of a sparse vector are taken out of it. */
export type PruneType =
	| "none"
	| "top_k"
	| "alpha_mass"
	| "max_ratio"
	| "abs_value";

export interface Prune {
	readonly type: PruneType;
	/** Of `top_k` a number of weights, of `abs_value` a weight, of the others a share. */
	readonly ratio: number;
}

/**
 * A sparse vector without its small weights. As neural-search calculates in 32-bit floats, a ratio is one, and the sums
 * of `alpha_mass` are rounded as its sums are.
 */
export function prune(
	vector: Readonly<Record<string, number>>,
	{ type, ratio }: Prune,
): Record<string, number> {
	const entries = Object.entries(vector);
	switch (type) {
		case "none":
			return { ...vector };
		case "top_k":
			return Object.fromEntries(descending(entries).slice(0, ratio));
		case "alpha_mass":
			return Object.fromEntries(mostMass(descending(entries), ratio));
		case "max_ratio": {
			const largest = entries.reduce(
				(most, [, weight]) => Math.max(most, weight),
				0,
			);
			const least = Math.fround(ratio * Math.fround(largest));
			return Object.fromEntries(atLeast(entries, least));
		}
		case "abs_value":
			return Object.fromEntries(atLeast(entries, ratio));
	}
}

type Weight = [token: string, weight: number];

function descending(entries: readonly Weight[]): Weight[] {
	return [...entries].sort(([, a], [, b]) => b - a);
}

function atLeast(entries: readonly Weight[], least: number): Weight[] {
	return entries.filter(([, weight]) => Math.fround(weight) >= least);
}

/** The largest weights that together have no more than a share of the sum of all. */
function mostMass(sorted: readonly Weight[], share: number): Weight[] {
	const sum = Math.fround(
		sorted.reduce((total, [, weight]) => total + Math.fround(weight), 0),
	);
	const most = Math.fround(share * sum);
	let mass = 0;
	return sorted.filter(([, weight]) => {
		mass = Math.fround(mass + Math.fround(weight));
		return mass <= most;
	});
}
