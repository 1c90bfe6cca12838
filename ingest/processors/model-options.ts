import { InvalidDefinition } from "../invalid-definition.ts";
import type { DefinitionOptions } from "./definition-options.ts";

/** @throws InvalidDefinition where it is blank */
export function parseModelId(modelId: string): string {
	if (modelId.trim() === "")
		throw new InvalidDefinition(
			"illegal_argument_exception",
			"model_id is null or empty, cannot process it",
		);
	return modelId;
}

/** Accepted without effect: documents are embedded together as they come. */
export function checkBatchSize(options: DefinitionOptions): void {
	if (options.integer("batch_size", 1) < 1)
		throw new InvalidDefinition(
			"parse_exception",
			"[batch_size] batch size must be a positive integer",
		);
}
