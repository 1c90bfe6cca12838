import { getNodePath, type JSONPath, type Node } from "jsonc-parser";
import { propertyValue } from "./document-edit.ts";
import { InvalidDocument } from "./invalid-definition.ts";
import type { FieldMap } from "./text-embedding.ts";

/** The key under which each vector of a list stands, as neural-search writes it. */
const listKey = "knn";

/** Texts of a document and the one place where their vectors go. */
export interface TextSlot {
	readonly texts: readonly string[];
	/** The object that gets the vectors, from the document's root. */
	readonly object: JSONPath;
	/** Where in that object. */
	readonly target: readonly string[];
	/** The value to put there for the vectors, JSON texts in the order of `texts`. */
	render(vectors: readonly string[]): string;
}

/**
 * The texts that a field map finds in a document, in the field map's order. What is missing, null or blank is
 * passed over.
 *
 * @param object the document's root, or an object within it
 * @throws InvalidDocument where a mapped field holds what can't be embedded
 */
export function findTexts(object: Node, fieldMap: FieldMap): TextSlot[] {
	return Object.entries(fieldMap).flatMap(([source, target]) =>
		findSource(object, source, target),
	);
}

function findSource(
	object: Node,
	source: string,
	target: string | FieldMap,
): TextSlot[] {
	const value = propertyValue(object, source);
	if (value) {
		const prefix = source.split(".").slice(0, -1);
		return readValue({ object, source, value, target, prefix });
	}
	const dot = source.indexOf(".");
	if (dot === -1) return [];
	const parent = propertyValue(object, source.slice(0, dot));
	const rest = source.slice(dot + 1);
	if (parent?.type === "object") return findSource(parent, rest, target);
	if (parent?.type === "array")
		return (parent.children ?? []).flatMap((element) =>
			element.type === "object" ? findSource(element, rest, target) : [],
		);
	return [];
}

interface Found {
	/** The object that holds the value. */
	object: Node;
	source: string;
	value: Node;
	target: string | FieldMap;
	/** What stands before the last dot of a name that is written with dots in the document itself. */
	prefix: readonly string[];
}

function readValue(found: Found): TextSlot[] {
	const { value, target, source } = found;
	if (value.type === "null") return [];
	if (typeof target === "object") return descend(value, target, source);
	if (value.type === "string") return readString(found, target);
	if (value.type === "array") return readList(found, target);
	if (value.type === "object")
		throw new InvalidDocument(
			`[${source}] configuration doesn't match actual value type, configuration type is: java.lang.String, actual value type is: java.util.HashMap`,
		);
	throw new InvalidDocument(
		`map type field [${source}] is neither string nor nested type, cannot process it`,
	);
}

function descend(value: Node, below: FieldMap, source: string): TextSlot[] {
	if (value.type === "object") return findTexts(value, below);
	if (value.type === "array")
		return (value.children ?? []).flatMap((element) =>
			element.type === "object" ? findTexts(element, below) : [],
		);
	throw new InvalidDocument(
		`[${source}] configuration doesn't match actual value type, configuration type is: java.util.LinkedHashMap, actual value type is: java.lang.String`,
	);
}

function readString(found: Found, target: string): TextSlot[] {
	const text: unknown = found.value.value;
	if (typeof text !== "string" || text.trim() === "") return [];
	return [
		{
			...placeOf(found, target),
			texts: [text],
			render: ([json = "null"]) => json,
		},
	];
}

function readList(found: Found, target: string): TextSlot[] {
	const elements = found.value.children ?? [];
	const texts = elements.map((element) => readElement(element, found.source));
	if (texts.length === 0) return [];
	return [
		{
			...placeOf(found, target),
			texts,
			render: (vectors) =>
				`[${vectors.map((json) => `{"${listKey}":${json}}`).join(",")}]`,
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
function placeOf({ object, prefix }: Found, target: string) {
	return {
		object: getNodePath(object),
		target:
			prefix.length === 0 ? target.split(".") : [[...prefix, target].join(".")],
	};
}
