import type { ChunkingOptions } from "./chunking/algorithm-options.ts";
import { parseAlgorithm } from "./chunking/algorithm-options.ts";
import { DefinitionOptions } from "./definition-options.ts";
import { type FieldMap, parseFieldMap } from "./field-map-definition.ts";

/** A `text_chunking` processor's own options. */
export interface TextChunking extends ChunkingOptions {
	readonly kind: "text_chunking";
	/** Its names are taken as they are: a dot in one leads nowhere. */
	readonly fieldMap: FieldMap;
	/** Whether nothing is written where a field is missing; else an empty list is. */
	readonly ignoreMissing: boolean;
}

/**
 * The options of a `text_chunking` processor, checked as neural-search checks them when a pipeline is stored.
 *
 * @throws InvalidDefinition
 */
export function parseTextChunking(values: unknown): TextChunking {
	const options = new DefinitionOptions("text_chunking", values);
	const fieldMap = options.map("field_map");
	const algorithm = options.map("algorithm");
	const ignoreMissing = options.boolean("ignore_missing", false);
	const processor: TextChunking = {
		kind: "text_chunking",
		...parseAlgorithm(algorithm),
		fieldMap: parseFieldMap(fieldMap, { dotted: false }),
		ignoreMissing,
	};
	options.refuseOthers();
	return processor;
}
