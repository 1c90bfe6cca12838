import type { Node } from "jsonc-parser";
import { InvalidDefinition } from "../invalid-definition.ts";
import type { Slot } from "../slot.ts";
import { findChunkSources } from "./chunk-sources.ts";
import { findTexts } from "./field-map.ts";
import { checkNames } from "./field-names.ts";
import {
	embeddingAnswer,
	readAnswer,
	wholeAnswer,
} from "./inference/answer-path.ts";
import { findInputs } from "./inference/find-inputs.ts";
import { type MlInference, parseMlInference } from "./ml-inference.ts";
import {
	parseSemanticField,
	type SemanticEmbedding,
} from "./semantic-embedding.ts";
import { findSemanticTexts } from "./semantic-texts.ts";
import { parseSparseEncoding, type SparseEncoding } from "./sparse-encoding.ts";
import { parseTextChunking, type TextChunking } from "./text-chunking.ts";
import { parseTextEmbedding, type TextEmbedding } from "./text-embedding.ts";

/** A processor that the sidecar runs. */
export type Processor =
	| TextEmbedding
	| SparseEncoding
	| TextChunking
	| MlInference
	| SemanticEmbedding;

const parsers: Readonly<
	Record<Processor["kind"], (options: unknown) => Processor>
> = {
	text_embedding: parseTextEmbedding,
	sparse_encoding: parseSparseEncoding,
	text_chunking: parseTextChunking,
	ml_inference: parseMlInference,
	semantic_field: parseSemanticField,
};

/** Names of the processors that the sidecar runs. */
export const processorNames: readonly string[] = Object.keys(parsers);

/** Whether the sidecar runs the processors of a name. */
export function isProcessorName(name: string): name is Processor["kind"] {
	return Object.hasOwn(parsers, name);
}

/** Processors of neural-search's that nothing here can run, and why. */
const refused: Readonly<Record<string, string>> = {
	text_image_embedding:
		"[text_image_embedding] is not supported: the sidecar runs no models that embed images; embed the text with [text_embedding]",
};

/** @throws InvalidDefinition for a processor that the cluster would not know and the sidecar can't run */
export function refuseUnsupported(name: string): void {
	const reason = Object.hasOwn(refused, name) ? refused[name] : undefined;
	if (reason !== undefined)
		throw new InvalidDefinition("illegal_argument_exception", reason);
}

/**
 * The options of a processor, checked as their plugin checks them when a pipeline is stored. No model need exist.
 *
 * @throws InvalidDefinition
 */
export function parseProcessor(name: string, options: unknown): Processor {
	if (isProcessorName(name)) return parsers[name](options);
	throw new TypeError(`the sidecar runs no processor [${name}]`);
}

/**
 * What a processor finds in a document, in its field map's order. What is missing, null or blank is passed over.
 *
 * @throws InvalidDocument where a mapped field holds what the processor can't work on
 */
export function findSlots(root: Node, processor: Processor): Slot[] {
	switch (processor.kind) {
		case "text_embedding":
		case "sparse_encoding":
			checkNames(root);
			return findTexts(root, processor.fieldMap);
		case "text_chunking":
			return findChunkSources(root, processor);
		case "ml_inference":
			return findInputs(root, processor);
		case "semantic_field":
			return findSemanticTexts(root, processor.fieldMap);
	}
}

/**
 * The value to put where a slot's results go.
 *
 * @param results JSON texts, one for each of the slot's texts: a vector, or a list of chunks
 */
export function renderSlot(
	slot: Slot,
	results: readonly string[],
	processor: Exclude<Processor, SemanticEmbedding>,
): string {
	switch (processor.kind) {
		case "text_embedding":
			return renderVectors(slot, results, "knn");
		case "sparse_encoding":
			return renderVectors(slot, results, "sparse_encoding");
		case "text_chunking":
			return joinLists(results);
		case "ml_inference": {
			const answer = embeddingAnswer(results.map((json) => JSON.parse(json)));
			return JSON.stringify(
				readAnswer(answer, slot.part ?? wholeAnswer) ?? answer,
			);
		}
	}
}

/** A list becomes a list of objects, so that it can be mapped as nested. */
function renderVectors(
	{ list }: Slot,
	results: readonly string[],
	key: string,
): string {
	if (!list) return results[0] ?? "null";
	return `[${results.map((json) => `{"${key}":${json}}`).join(",")}]`;
}

function joinLists(lists: readonly string[]): string {
	const contents = lists.map((json) => json.slice(1, -1));
	return `[${contents.filter((content) => content !== "").join(",")}]`;
}
