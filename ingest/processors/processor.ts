import type { Node } from "jsonc-parser";
import type { Slot } from "../slot.ts";
import { findTexts } from "./field-map.ts";
import { parseTextEmbedding, type TextEmbedding } from "./text-embedding.ts";

/** A processor that the sidecar runs. */
export type Processor = TextEmbedding;

/** Names of the processors that the sidecar runs. */
export const processorNames: readonly string[] = ["text_embedding"];

/**
 * The options of a processor, checked as their plugin checks them when a pipeline is stored. No model need exist.
 *
 * @throws InvalidDefinition
 */
export function parseProcessor(name: string, options: unknown): Processor {
	switch (name) {
		case "text_embedding":
			return parseTextEmbedding(options);
		default:
			throw new TypeError(`the sidecar runs no processor [${name}]`);
	}
}

/**
 * What a processor finds in a document, in its field map's order. What is missing, null or blank is passed over.
 *
 * @throws InvalidDocument where a mapped field holds what the processor can't work on
 */
export function findSlots(root: Node, processor: Processor): Slot[] {
	return findTexts(root, processor.fieldMap);
}

/**
 * The value to put where a slot's results go.
 *
 * @param results JSON texts, one for each of the slot's texts
 */
export function renderSlot(
	slot: Slot,
	results: readonly string[],
	_processor: Processor,
): string {
	if (!slot.list) return results[0] ?? "null";
	return `[${results.map((json) => `{"knn":${json}}`).join(",")}]`;
}
