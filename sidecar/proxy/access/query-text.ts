import type { Node } from "jsonc-parser";
import { members } from "../../../ingest/json-tree.ts";
import type { HiddenNames } from "./hidden-names.ts";
import { forbidden, missingExclusions } from "./index-expression.ts";

const literals = /'(?:[^'\\]|\\.|'')*'/g;
const separators = /[\s,;()"`=|[\]{}]+/;

/**
 * Checks a query in SQL or PPL, whose names stand between other words. Texts in single quotes are values.
 *
 * @throws SidecarError forbidden_index where a word names one of the sidecar's indices, or is a pattern that matches
 */
export function checkQueryText(root: Node, names: HiddenNames): void {
	for (const { name, value } of members(root)) {
		if (name !== "query" || typeof value.value !== "string") continue;
		for (const word of value.value
			.replaceAll(literals, " ")
			.split(separators)) {
			if (word === "" || word === "*") continue;
			if (missingExclusions(word, names, { hidden: false }) !== "")
				throw forbidden(word);
		}
	}
}
