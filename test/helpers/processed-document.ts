import { findNodeAtLocation } from "jsonc-parser";
import { DocumentEdit } from "../../ingest/document-edit.ts";
import { parseObject } from "../../ingest/json-tree.ts";
import {
	findSlots,
	parseProcessor,
	renderSlot,
} from "../../ingest/processors/processor.ts";

/** Makes results of the texts that a processor finds in a document: JSON texts. */
export type ResultsOf = (texts: readonly string[]) => string[];

/** As a model would whose vectors tell how long a text is. */
export const lengths: ResultsOf = (texts) =>
	texts.map((text) => `[${text.length}]`);

/**
 * A document as a processor leaves it.
 *
 * @throws InvalidDocument
 */
export function processedDocument(
	definition: Readonly<Record<string, unknown>>,
	document: unknown,
	resultsOf: ResultsOf = lengths,
): unknown {
	const [[name, options] = ["", undefined]] = Object.entries(definition);
	const processor = parseProcessor(name, options);
	// What stands beside a semantic field is no one value.
	if (processor.kind === "semantic_field")
		throw new Error("its results are put into a document elsewhere");
	const text = JSON.stringify(document);
	const root = parseObject(text, { allowComments: false });
	if (!root) throw new Error("the document is no object");
	const slots = findSlots(root, processor);
	const results = resultsOf(slots.flatMap((slot) => slot.texts));
	const edit = new DocumentEdit(text);
	let start = 0;
	for (const slot of slots) {
		const end = start + slot.texts.length;
		const object = findNodeAtLocation(root, slot.object);
		if (!object) throw new Error("a slot without its object");
		const rendered = renderSlot(slot, results.slice(start, end), processor);
		edit.set(object, slot.target, rendered);
		start = end;
	}
	return JSON.parse(edit.apply());
}
