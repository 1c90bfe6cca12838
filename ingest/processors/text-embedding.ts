import { DefinitionOptions } from "./definition-options.ts";
import { type FieldMap, parseFieldMap } from "./field-map-definition.ts";
import { checkBatchSize, parseModelId } from "./model-options.ts";

export type { FieldMap } from "./field-map-definition.ts";

/** A `text_embedding` processor's own options. */
export interface TextEmbedding {
	readonly kind: "text_embedding";
	readonly modelId: string;
	readonly fieldMap: FieldMap;
	/** Vectors of texts that the stored document has too are taken from there. */
	readonly skipExisting: boolean;
}

/**
 * The options of a `text_embedding` processor, checked as neural-search checks them when a pipeline is
 * stored. The model need not exist.
 *
 * @throws InvalidDefinition
 */
export function parseTextEmbedding(values: unknown): TextEmbedding {
	const options = new DefinitionOptions("text_embedding", values);
	checkBatchSize(options);
	const modelId = options.string("model_id");
	const fieldMap = options.map("field_map");
	const skipExisting = options.boolean("skip_existing", false);
	const processor: TextEmbedding = {
		kind: "text_embedding",
		modelId: parseModelId(modelId),
		fieldMap: parseFieldMap(fieldMap, { dotted: true }),
		skipExisting,
	};
	options.refuseOthers();
	return processor;
}
