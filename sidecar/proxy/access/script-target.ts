import type { Node } from "jsonc-parser";
import { member } from "../../../ingest/json-tree.ts";
import type { HiddenNames } from "./hidden-names.ts";
import { forbidden } from "./index-expression.ts";

/** `_index`, comments and white space, and an assignment; or the name in quotes, for whatever it is used. */
const assigned =
	/_index(?:\s|\/\*.*?\*\/|\/\/[^\n]*\n)*\+?=(?!=)|["']_index\b/s;

/**
 * Checks a script that sets the index of a document by what it says and by its parameters. A stored one is judged by
 * these alone. What a script puts together can't be seen here.
 *
 * @throws SidecarError forbidden_index
 */
export function checkScript(script: Node, names: HiddenNames): void {
	const source: unknown =
		script.type === "string" ? script.value : member(script, "source")?.value;
	if (typeof source === "string") {
		if (!assigned.test(source)) return;
		if (names.mentionedIn(source)) throw forbidden(source);
	}
	const parameters = member(script, "params");
	if (parameters) checkStrings(parameters, names);
}

function checkStrings(node: Node, names: HiddenNames): void {
	if (typeof node.value === "string" && names.mentionedIn(node.value))
		throw forbidden(node.value);
	for (const child of node.children ?? []) checkStrings(child, names);
}
