import { illegal } from "../invalid-definition.ts";
import { isObject, type JsonObject } from "../json.ts";
import { nameProblem } from "./field-names.ts";

/** From where a processor takes texts to where it puts what is made of them: names, dotted or nested. */
export interface FieldMap {
	readonly [source: string]: string | FieldMap;
}

/**
 * A `field_map`. neural-search stores some that no document can go through, and refuses the documents: they are refused
 * here, in its words.
 *
 * @param dotted whether a dot in a name leads into an object, and so may not stand anywhere
 * @throws InvalidDefinition
 */
export function parseFieldMap(
	value: JsonObject,
	{ dotted }: { dotted: boolean },
): FieldMap {
	if (!isFieldMap(value) || Object.keys(value).length === 0)
		throw illegal(
			"Unable to create the processor as field_map has invalid key or value",
		);
	for (const name of dotted ? namesIn(value) : []) {
		const problem = nameProblem(name);
		if (problem !== undefined) throw illegal(problem);
	}
	return value;
}

function isFieldMap(value: unknown): value is FieldMap {
	return (
		isObject(value) &&
		Object.entries(value).every(
			([source, target]) =>
				source.trim() !== "" &&
				(typeof target === "string"
					? target.trim() !== ""
					: isFieldMap(target)),
		)
	);
}

function namesIn(map: FieldMap): string[] {
	return Object.entries(map).flatMap(([source, target]) => [
		source,
		...(typeof target === "string" ? [target] : namesIn(target)),
	]);
}
