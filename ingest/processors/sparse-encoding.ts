import { illegal } from "../invalid-definition.ts";
import { DefinitionOptions } from "./definition-options.ts";
import { type FieldMap, parseFieldMap } from "./field-map-definition.ts";
import { checkBatchSize, parseModelId } from "./model-options.ts";
import type { Prune } from "./prune.ts";
import { checkedPrune, readPruneType } from "./prune-options.ts";

/** A `sparse_encoding` processor's own options. */
export interface SparseEncoding {
	readonly kind: "sparse_encoding";
	readonly modelId: string;
	readonly fieldMap: FieldMap;
	/** Vectors of texts that the stored document has too are taken from there. */
	readonly skipExisting: boolean;
	readonly prune: Prune;
}

/**
 * The options of a `sparse_encoding` processor, checked as neural-search checks them when a pipeline is stored. The
 * model need not exist.
 *
 * @throws InvalidDefinition
 */
export function parseSparseEncoding(values: unknown): SparseEncoding {
	const options = new DefinitionOptions("sparse_encoding", values);
	checkBatchSize(options);
	const modelId = options.string("model_id");
	const fieldMap = options.map("field_map");
	const skipExisting = options.boolean("skip_existing", false);
	const prune = parsePrune(options);
	const processor: SparseEncoding = {
		kind: "sparse_encoding",
		modelId: parseModelId(modelId),
		fieldMap: parseFieldMap(fieldMap, { dotted: true }),
		skipExisting,
		prune,
	};
	options.refuseOthers();
	return processor;
}

/** How small weights are taken out, as a processor's options say. @throws InvalidDefinition */
export function parsePrune(options: DefinitionOptions): Prune {
	const type = readPruneType(options.optionalString("prune_type"));
	if (type === "none") {
		if (options.has("prune_ratio"))
			throw illegal(
				"prune_ratio field is not supported when prune_type is not provided",
			);
		return { type, ratio: 0 };
	}
	return checkedPrune(type, options.double("prune_ratio"));
}
