import { illegal } from "../../../ingest/invalid-definition.ts";
import type { JsonObject } from "../../../ingest/json.ts";
import { javaClass } from "../../../ingest/processors/definition-options.ts";
import {
	checkedPrune,
	readPruneType,
} from "../../../ingest/processors/prune-options.ts";
import { ProcessorDefinition } from "./processor-definition.ts";
import type { TwoPhase } from "./search-pipeline.ts";

const parameter = "two_phase_parameter";

/** Java's largest `int`, which a larger number becomes. */
const mostInt = 2 ** 31 - 1;

/**
 * The options of a `neural_sparse_two_phase_processor`. Unknown ones among its parameters count for nothing, as to
 * neural-search.
 *
 * @throws InvalidDefinition
 */
export function parseTwoPhase(values: unknown): TwoPhase {
	const definition = new ProcessorDefinition(
		"neural_sparse_two_phase_processor",
		values,
	);
	const { options, rules } = definition;
	const enabled = options.boolean("enabled", true);
	const parameters = options.optionalMap(parameter) ?? {};
	const type = readPruneType(
		Object.hasOwn(parameters, "prune_type")
			? String(parameters.prune_type)
			: "max_ratio",
	);
	const prune = checkedPrune(type, numberIn(parameters, "prune_ratio", 0.4));
	const expansionRate = Math.fround(numberIn(parameters, "expansion_rate", 5));
	if (expansionRate < 1)
		throw illegal(
			`The ${parameter}.expansion_rate must >= 1.0. Received: ${expansionRate.toFixed(6)}`,
		);
	const window = Math.trunc(numberIn(parameters, "max_window_size", 10_000));
	if (window < 50)
		throw illegal(
			`The ${parameter}.max_window_size must >= 50. Received: \n${window}`,
		);
	definition.refuseOthers(["enabled", parameter]);
	const maxWindowSize = Math.min(window, mostInt);
	const kind = "twoPhase";
	return { kind, enabled, prune, expansionRate, maxWindowSize, ...rules };
}

function numberIn(
	parameters: JsonObject,
	name: string,
	otherwise: number,
): number {
	if (!Object.hasOwn(parameters, name)) return otherwise;
	const value = parameters[name];
	if (typeof value === "number") return value;
	throw illegal(
		`[${parameter}.${name}] isn't a number, but ${value === null ? "null" : `of type [${javaClass(value)}]`}`,
	);
}
