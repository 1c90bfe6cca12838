import {
	checkedCombination,
	readCombination,
} from "./combination-technique.ts";
import { ProcessorDefinition } from "./processor-definition.ts";
import { readRankConstant } from "./rank-constant.ts";
import type { RankFusion } from "./search-pipeline.ts";

const type = "score-ranker-processor";

/**
 * The options of a `score-ranker-processor`.
 *
 * @throws InvalidDefinition
 */
export function parseScoreRanker(values: unknown): RankFusion {
	const definition = new ProcessorDefinition(type, values);
	const clause = readCombination(
		type,
		definition.options.optionalMap("combination"),
		"rrf",
	);
	const rankConstant = readRankConstant(clause.rankConstant);
	const { technique, weights } = checkedCombination(clause);
	definition.refuseOthers(["combination"]);
	return { kind: "rrf", rankConstant, combination: technique, weights };
}
