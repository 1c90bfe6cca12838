import type { Node } from "jsonc-parser";
import { InvalidDocument } from "../invalid-definition.ts";

/** Objects and lists within each other at most, the document itself being the first: `index.mapping.depth.limit`. */
const mostLevels = 20;

/** The strings of a list. @throws InvalidDocument where it has something else */
export function stringsOf(list: Node, source: string): string[] {
	return (list.children ?? []).map((element) => {
		checkElement(element, source);
		if (element.type === "object") throw notText(source);
		return String(element.value);
	});
}

/** @throws InvalidDocument for an element that is neither a string nor an object */
export function checkElement(element: Node, source: string): void {
	if (element.type === "null")
		throw new InvalidDocument(
			`list type field [${source}] has null, cannot process it`,
		);
	if (element.type === "array")
		throw new InvalidDocument(
			`list type field [${source}] is nested list type, cannot process it`,
		);
	if (element.type === "number" || element.type === "boolean")
		throw new InvalidDocument(
			`list type field [${source}] has non string value, cannot process it`,
		);
}

/** @throws InvalidDocument for what lies deeper than OpenSearch lets an index's fields lie */
export function checkLevel(level: number, source: string): void {
	if (level > mostLevels)
		throw new InvalidDocument(
			`map type field [${source}] reaches max depth limit, cannot process it`,
		);
}

/** Where a text is wanted, there is an object. */
export function notText(source: string): InvalidDocument {
	return new InvalidDocument(
		`[${source}] configuration doesn't match actual value type, configuration type is: java.lang.String, actual value type is: java.util.HashMap`,
	);
}

/** Where a text or an object is wanted, there is a number or a boolean. */
export function neitherTextNorObject(source: string): InvalidDocument {
	return new InvalidDocument(
		`map type field [${source}] is neither string nor nested type, cannot process it`,
	);
}
