import { illegal } from "../../../ingest/invalid-definition.ts";
import { isObject } from "../../../ingest/json.ts";
import { DefinitionOptions } from "../../../ingest/processors/definition-options.ts";
import { floatText } from "../java-number.ts";
import type { Mean } from "./search-pipeline.ts";

/** How the scores of sub-queries become one, in the order in which neural-search's messages name the means. */
export const means: readonly Mean[] = [
	"geometric_mean",
	"arithmetic_mean",
	"harmonic_mean",
];

/** By how much the sum of weights may miss 1. */
const sumTolerance = Math.fround(0.01);

export interface CombinationTechnique {
	readonly technique: Mean | "rrf";
	/** By sub-query; none: all weigh alike. */
	readonly weights: readonly number[];
}

/** What a `combination` says, not checked yet: a processor looks at its other parts first. */
export interface CombinationClause {
	readonly technique: string;
	readonly parameters: Readonly<Record<string, unknown>>;
	readonly rankConstant: unknown;
}

/**
 * A processor's `combination`.
 *
 * @param otherwise the technique where none is named
 * @throws InvalidDefinition for values of wrong types
 */
export function readCombination(
	processor: string,
	clause: unknown,
	otherwise: CombinationTechnique["technique"],
): CombinationClause {
	const options = new DefinitionOptions(processor, clause ?? {});
	return {
		technique: options.optionalString("technique") ?? otherwise,
		parameters: options.optionalMap("parameters") ?? {},
		rankConstant: isObject(clause) ? clause.rank_constant : undefined,
	};
}

/** @throws InvalidDefinition for a technique that there is not, or parameters that it does not take */
export function checkedCombination({
	technique: name,
	parameters,
}: CombinationClause): CombinationTechnique {
	const technique = [...means, "rrf" as const].find((known) => known === name);
	if (technique === undefined)
		throw illegal("provided combination technique is not supported");
	const names = Object.keys(parameters);
	if (names.length === 0) return { technique, weights: [] };
	if (names.some((known) => known !== "weights"))
		throw illegal(
			"provided parameter for combination technique is not supported. supported parameters are [weights]",
		);
	return { technique, weights: readWeights(parameters.weights) };
}

/** Weights are 32-bit floats to neural-search, and their sum is one. */
function readWeights(value: unknown): number[] {
	if (!Array.isArray(value) || !value.every((one) => typeof one === "number"))
		throw illegal("parameter [weights] must be a collection of numbers");
	const weights = value.map((weight) => Math.fround(weight));
	const submitted = `submitted weights: [${weights.map(floatText).join(", ")}]`;
	if (weights.some((weight) => weight < 0 || weight > 1))
		throw illegal(`all weights must be in range [0.0 ... 1.0], ${submitted}`);
	const sum = weights.reduce((total, weight) => Math.fround(total + weight), 0);
	if (Math.abs(1 - sum) > sumTolerance)
		throw illegal(
			`sum of weights for combination must be equal to 1.0, ${submitted}`,
		);
	return weights;
}
