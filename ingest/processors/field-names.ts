import type { Node } from "jsonc-parser";
import { InvalidDocument } from "../invalid-definition.ts";

/** A name that is blank, or blank before, between or behind its dots. */
const badName = /(?:^|\.)\s*(?:\.|$)/;

/** What is wrong with a name whose dots lead into objects, in neural-search's words; undefined where nothing is. */
export function nameProblem(name: string): string | undefined {
	if (!badName.test(name)) return undefined;
	return name.trim() === ""
		? "Field name cannot be null or empty"
		: `Field name '${name}' contains invalid dot usage`;
}

/**
 * neural-search takes the names of a whole document apart, and refuses it for a single one that can't be.
 *
 * @throws InvalidDocument
 */
export function checkNames({ type, children = [] }: Node): void {
	if (type === "property") {
		const problem = nameProblem(String(children[0]?.value));
		if (problem !== undefined) throw new InvalidDocument(problem);
	}
	for (const child of children) checkNames(child);
}
