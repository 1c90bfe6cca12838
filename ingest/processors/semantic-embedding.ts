import type { Slot } from "../slot.ts";
import {
	type ChunkingOptions,
	parseAlgorithm,
} from "./chunking/algorithm-options.ts";
import { DefinitionOptions } from "./definition-options.ts";
import { type FieldMap, parseFieldMap } from "./field-map-definition.ts";
import { parseModelId } from "./model-options.ts";
import type { Prune } from "./prune.ts";
import { parsePrune } from "./sparse-encoding.ts";

/**
 * What the `semantic` fields of an index need of one model. No client writes such a processor: it stands in a pipeline
 * that the sidecar makes of an index's mapping.
 */
export interface SemanticEmbedding {
	readonly kind: "semantic_field";
	readonly modelId: string;
	/** The model, as documents name it; JSON. */
	readonly model: string;
	/** Fields by their full names, and what stands beside each of them. */
	readonly fieldMap: FieldMap;
	/** The cuts that a text goes through, one after the other; undefined where a text is embedded as it is. */
	readonly chunking: readonly ChunkingOptions[] | undefined;
	/** Undefined for a dense model. */
	readonly prune: Prune | undefined;
	/** What was made of texts that the stored document has too is taken from there. */
	readonly skipExisting: boolean;
}

/** @throws InvalidDefinition */
export function parseSemanticField(values: unknown): SemanticEmbedding {
	const options = new DefinitionOptions("semantic_field", values);
	const id = parseModelId(options.string("model_id"));
	const name = options.string("model_name");
	const type = options.string("model_type");
	const cuts = options.optionalList("chunking");
	const processor: SemanticEmbedding = {
		kind: "semantic_field",
		modelId: id,
		model: JSON.stringify({ id, name, type }),
		fieldMap: parseFieldMap(options.map("field_map"), { dotted: true }),
		chunking: cuts?.map(parseCut),
		prune: type === "TEXT_EMBEDDING" ? undefined : parsePrune(options),
		skipExisting: options.boolean("skip_existing", false),
	};
	options.refuseOthers();
	return processor;
}

function parseCut(value: unknown): ChunkingOptions {
	return parseAlgorithm(
		new DefinitionOptions("chunking", { value }).map("value"),
	);
}

/** A value, as JSON text, and its name in the object beside a field. */
export interface InfoPart {
	readonly name: string;
	readonly json: string;
}

/**
 * What stands beside a field: the model, and the vector of its text or of each of the text's chunks.
 *
 * @param results JSON texts, one for each of the slot's texts
 */
export function infoParts(
	{ texts }: Slot,
	results: readonly string[],
	{ model, chunking }: SemanticEmbedding,
): InfoPart[] {
	const chunks = texts.map(
		(text, index) =>
			`{"text":${JSON.stringify(text)},"embedding":${results[index] ?? "null"}}`,
	);
	return [
		{ name: "model", json: model },
		chunking
			? { name: "chunks", json: `[${chunks.join(",")}]` }
			: { name: "embedding", json: results[0] ?? "null" },
	];
}
