import {
	type Node,
	type ParseError,
	parseTree,
	printParseErrorCode,
} from "jsonc-parser";
import { unlessTooDeep } from "../../../ingest/json-tree.ts";
import { unescaped } from "./body-text.ts";
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
	const errors: ParseError[] = [];
	const root = unlessTooDeep(() =>
		parseTree(text, errors, { disallowComments: false }),
	);
	if (!root) return undefined;
	const end = root.offset + root.length;
	const isClosed = !errors.some((error) =>
		/^Close/.test(printParseErrorCode(error.error)),
	);
	return isClosed && errors.every(({ offset }) => offset >= end)
		? { text: text.slice(0, end), root }
		: undefined;
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
