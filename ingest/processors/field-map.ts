import { getNodePath, type Node } from "jsonc-parser";
import { propertyValue } from "../document-edit.ts";
import { InvalidDocument } from "../invalid-definition.ts";
import type { Slot } from "../slot.ts";
import type { FieldMap } from "./text-embedding.ts";

/**
 * The texts that a field map finds in a document, in the field map's order. What is missing, null or blank is
 * passed over.
 *
 * @param object the document's root, or an object within it
 * @throws InvalidDocument where a mapped field holds what can't be embedded
 */
export function findTexts(object: Node, fieldMap: FieldMap): Slot[] {
	return Object.entries(fieldMap).flatMap(([source, target]) =>
		typeof target === "string"
			? findSource(object, source, target)
			: findBelow(object, source, target),
	);
}

/** A source that leads into an object; a document may write the way there with dots. */
function findBelow(object: Node, source: string, below: FieldMap): Slot[] {
	const value = propertyValue(object, source);
	if (value) return descend(value, below, source);
	return flatten(below).flatMap(([name, target]) =>
		findSource(object, `${source}.${name}`, target),
	);
}

function flatten(fieldMap: FieldMap): [string, string][] {
	return Object.entries(fieldMap).flatMap(([source, target]) =>
		typeof target === "string"
			? [[source, target] as [string, string]]
			: flatten(target).map(([name, inner]): [string, string] => [
					`${source}.${name}`,
					inner,
				]),
	);
}

/** Follows a dotted source; any part of it may be written with dots in the document, the longest name counts. */
function findSource(object: Node, source: string, target: string): Slot[] {
	const parts = source.split(".");
	for (let length = parts.length; length > 0; length--) {
		const value = propertyValue(object, parts.slice(0, length).join("."));
		if (!value) continue;
		if (length === parts.length) {
			const prefix = parts.slice(0, -1);
			return readValue({ object, source, value, target, prefix });
		}
		const rest = parts.slice(length).join(".");
		if (value.type === "object") return findSource(value, rest, target);
		if (value.type === "array")
			return (value.children ?? []).flatMap((element) =>
				element.type === "object" ? findSource(element, rest, target) : [],
			);
	}
	return [];
}

interface Found {
	/** The object that holds the value. */
	object: Node;
	source: string;
	value: Node;
	target: string;
	/** What stands before the last dot of a name that is written with dots in the document itself. */
	prefix: readonly string[];
}

function readValue(found: Found): Slot[] {
	const { value, source } = found;
	if (value.type === "null") return [];
	if (value.type === "string") return readString(found);
	if (value.type === "array") return readList(found);
	if (value.type === "object")
		throw new InvalidDocument(
			`[${source}] configuration doesn't match actual value type, configuration type is: java.lang.String, actual value type is: java.util.HashMap`,
		);
	throw new InvalidDocument(
		`map type field [${source}] is neither string nor nested type, cannot process it`,
	);
}

function descend(value: Node, below: FieldMap, source: string): Slot[] {
	if (value.type === "null") return [];
	if (value.type === "object") return findTexts(value, below);
	if (value.type === "array")
		return (value.children ?? []).flatMap((element) =>
			element.type === "object" ? findTexts(element, below) : [],
		);
	throw new InvalidDocument(
		`[${source}] configuration doesn't match actual value type, configuration type is: java.util.LinkedHashMap, actual value type is: java.lang.String`,
	);
}

function readString(found: Found): Slot[] {
	const text: unknown = found.value.value;
	if (typeof text !== "string" || text.trim() === "") return [];
	return [
		{
			...placeOf(found),
			texts: [text],
			list: false,
		},
	];
}

function readList(found: Found): Slot[] {
	const elements = found.value.children ?? [];
	const texts = elements.map((element) => readElement(element, found.source));
	if (texts.length === 0) return [];
	return [
		{
			...placeOf(found),
			texts,
			list: true,
		},
	];
}

function readElement(element: Node, source: string): string {
	const text: unknown = element.value;
	if (typeof text === "string") return text;
	const problem =
		element.type === "null"
			? "has null"
			: element.type === "array"
				? "is nested list type"
				: "has non string value";
	throw new InvalidDocument(
		`list type field [${source}] ${problem}, cannot process it`,
	);
}

/** A name with dots in the document is kept with dots: to OpenSearch `a.b` and `{a: {b}}` are one field. */
function placeOf({ object, prefix, target }: Found) {
	return {
		object: getNodePath(object),
		target:
			prefix.length === 0 ? target.split(".") : [[...prefix, target].join(".")],
	};
}
