import { illegal } from "../invalid-definition.ts";
import type { Prune, PruneType } from "./prune.ts";

/** In the order in which messages name them. */
export const pruneTypes: readonly PruneType[] = [
	"none",
	"top_k",
	"alpha_mass",
	"max_ratio",
	"abs_value",
];

/** @throws InvalidDefinition for a name that is no type's */
export function readPruneType(name: string | undefined): PruneType {
	if (name === undefined || name === "") return "none";
	const type = pruneTypes.find((known) => known === name);
	if (type === undefined) throw illegal(`Unknown prune type: ${name}`);
	return type;
}

/**
 * How weights are taken out of a vector; to neural-search a ratio is a 32-bit float.
 *
 * @throws InvalidDefinition for a ratio that the type does not take
 */
export function checkedPrune(type: PruneType, value: number): Prune {
	const ratio = Math.fround(value);
	const problem = problemOf(type, ratio);
	if (problem !== undefined)
		throw illegal(
			`Illegal prune_ratio ${ratio.toFixed(6)} for prune_type: ${type}. ${problem}`,
		);
	return { type, ratio };
}

function problemOf(type: PruneType, ratio: number): string | undefined {
	switch (type) {
		case "none":
			return undefined;
		case "top_k":
			return ratio > 0 && Number.isInteger(ratio)
				? undefined
				: "prune_ratio should be positive integer.";
		case "alpha_mass":
		case "max_ratio":
			return ratio >= 0 && ratio < 1
				? undefined
				: "prune_ratio should be in the range [0, 1).";
		case "abs_value":
			return ratio >= 0 ? undefined : "prune_ratio should be non-negative.";
	}
}
