import { illegal } from "../../../ingest/invalid-definition.ts";
import { ProcessorDefinition } from "./processor-definition.ts";
import type { NeuralQueryEnricher } from "./search-pipeline.ts";

/**
 * The options of a `neural_query_enricher`. The models need not exist.
 *
 * @throws InvalidDefinition
 */
export function parseQueryEnricher(values: unknown): NeuralQueryEnricher {
	const definition = new ProcessorDefinition("neural_query_enricher", values);
	const { options, rules } = definition;
	const defaultModelId = options.optionalString("default_model_id");
	const byField = options.optionalMap("neural_field_default_id");
	if (defaultModelId === undefined && byField === undefined)
		throw illegal(
			"model Id or neural info map either of them should be provided",
		);
	const fieldModelIds = new Map(
		Object.entries(byField ?? {}).flatMap(([field, modelId]) =>
			modelId === null ? [] : [[field, modelIdOf(field, modelId)]],
		),
	);
	definition.refuseOthers(["default_model_id", "neural_field_default_id"]);
	return { kind: "enricher", defaultModelId, fieldModelIds, ...rules };
}

function modelIdOf(field: string, modelId: unknown): string {
	if (typeof modelId === "string") return modelId;
	throw illegal(
		`[neural_field_default_id] holds no model id for the field [${field}]`,
	);
}
