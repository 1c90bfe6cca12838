import { illegal } from "../../../ingest/invalid-definition.ts";
import type { JsonObject } from "../../../ingest/json.ts";
import { DefinitionOptions } from "../../../ingest/processors/definition-options.ts";
import {
	checkedCombination,
	means,
	readCombination,
} from "./combination-technique.ts";
import { ProcessorDefinition } from "./processor-definition.ts";
import { readRankConstant } from "./rank-constant.ts";
import { parseBounds, unrecognized } from "./score-bounds.ts";
import type {
	HybridCombination,
	Mean,
	Normalization,
	RankFusion,
} from "./search-pipeline.ts";

const type = "normalization-processor";

/** Scores are made comparable, or their ranks are taken instead. */
type Normalizing =
	| Omit<Normalization, "combination" | "weights">
	| Pick<RankFusion, "kind" | "rankConstant">;

/**
 * The options of a `normalization-processor`. That there are as many weights and bounds as sub-queries shows when a
 * search comes.
 *
 * @throws InvalidDefinition
 */
export function parseNormalization(values: unknown): HybridCombination {
	const definition = new ProcessorDefinition(type, values);
	const { options } = definition;
	const clause = new DefinitionOptions(
		type,
		options.optionalMap("normalization") ?? {},
	);
	const technique = clause.optionalString("technique") ?? "min_max";
	const normalizing = readTechnique(
		technique,
		clause.optionalMap("parameters") ?? {},
	);
	const combined = checkedCombination(
		readCombination(
			type,
			options.optionalMap("combination"),
			"arithmetic_mean",
		),
	);
	const supported: readonly Mean[] =
		technique === "z_score" ? ["arithmetic_mean"] : means;
	const combination = supported.find((mean) => mean === combined.technique);
	if (combination === undefined)
		throw illegal(
			`provided combination technique ${combined.technique} is not supported for normalization technique ${technique}. Supported techniques are: ${supported.join(", ")}`,
		);
	definition.refuseOthers(["normalization", "combination"]);
	return { ...normalizing, combination, weights: combined.weights };
}

function readTechnique(technique: string, parameters: JsonObject): Normalizing {
	const none = { lowerBounds: undefined, upperBounds: undefined };
	const kind = "normalization";
	switch (technique) {
		case "min_max":
			return { kind, normalization: technique, ...parseBounds(parameters) };
		case "l2":
			if (Object.keys(parameters).length > 0) throw unrecognized();
			return { kind, normalization: technique, ...none };
		case "z_score":
			return { kind, normalization: technique, ...none };
		case "rrf": {
			const { rank_constant, ...others } = parameters;
			if (Object.keys(others).length > 0) throw unrecognized();
			return { kind: "rrf", rankConstant: readRankConstant(rank_constant) };
		}
		default:
			throw illegal("provided normalization technique is not supported");
	}
}
