import type { Node } from "jsonc-parser";
import { unescaped } from "../../../ingest/body-text.ts";
import { parseLeading } from "../../../ingest/json-tree.ts";
import type { HiddenNames } from "./hidden-names.ts";
import { forbidden } from "./index-expression.ts";

/** A JSON text and its tree. */
export interface JsonText {
	readonly text: string;
	readonly root: Node;
}

/**
 * A JSON text as OpenSearch takes it: with comments, and with anything behind the value, which is left out. Undefined
 * where it is not JSON all the same.
 */
export function readJson(text: string): JsonText | undefined {
	const root = parseLeading(text);
	return root && { text: text.slice(0, root.offset + root.length), root };
}

const dateMath = /"(<[^"]*>)"/g;

/**
 * Checks what is not JSON by its words, since another parser may make something of it.
 *
 * @throws SidecarError forbidden_index where one of the sidecar's indices is mentioned
 */
export function checkWords(text: string, names: HiddenNames): void {
	const plain = unescaped(text);
	if (names.mentionedIn(plain)) throw forbidden("the body");
	for (const [, word = ""] of plain.matchAll(dateMath))
		if (names.mean(word)) throw forbidden(word);
}
