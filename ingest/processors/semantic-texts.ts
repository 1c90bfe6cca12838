import { getNodeValue, type JSONPath, type Node } from "jsonc-parser";
import { propertyValue } from "../document-edit.ts";
import { InvalidDocument } from "../invalid-definition.ts";
import type { Slot } from "../slot.ts";
import { javaClass } from "./definition-options.ts";
import type { FieldMap } from "./field-map-definition.ts";

/** The way to a field, as its index's mapping names it. */
interface Way {
	readonly parts: readonly string[];
	/** Beside the field. */
	readonly target: string;
	readonly name: string;
}

/**
 * The texts of `semantic` fields in a document. A blank text is one, too. What is no object where the mapping has one is
 * passed over: OpenSearch says what it makes of it.
 *
 * @throws InvalidDocument where a field holds something else than a text, or null
 */
export function findSemanticTexts(root: Node, fieldMap: FieldMap): Slot[] {
	return Object.entries(fieldMap).flatMap(([name, target]) =>
		typeof target === "string"
			? find(root, [], { parts: name.split("."), target, name })
			: [],
	);
}

/** Any part of the way may be written with dots in the document. */
function find(object: Node, path: JSONPath, way: Way): Slot[] {
	return way.parts.flatMap((_part, index) => {
		const names = way.parts.slice(0, index + 1);
		const value = propertyValue(object, names.join("."));
		if (!value) return [];
		const parts = way.parts.slice(index + 1);
		return parts.length > 0
			? descend(value, [...path, names.join(".")], { ...way, parts })
			: read(value, path, { ...way, parts: names });
	});
}

function descend(value: Node, path: JSONPath, way: Way): Slot[] {
	if (value.type === "object") return find(value, path, way);
	if (value.type !== "array") return [];
	return (value.children ?? []).flatMap((element, index) =>
		descend(element, [...path, index], way),
	);
}

/** A name with dots in the document is kept with dots: to OpenSearch `a.b` and `{a: {b}}` are one field. */
function read(value: Node, object: JSONPath, way: Way): Slot[] {
	if (value.type === "null") return [];
	const text: unknown = value.value;
	if (typeof text !== "string")
		throw new InvalidDocument(
			`Expect the semantic field at path: ${way.name} to be a string but found: class ${javaClass(getNodeValue(value))}.`,
		);
	const target = [...way.parts.slice(0, -1), way.target].join(".");
	return [{ object, target: [target], texts: [text], list: false }];
}
