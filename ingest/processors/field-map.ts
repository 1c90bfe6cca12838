import type { JSONPath, Node } from "jsonc-parser";
import { propertyValue } from "../document-edit.ts";
import { InvalidDocument } from "../invalid-definition.ts";
import { members } from "../json-tree.ts";
import type { Slot } from "../slot.ts";
import type { FieldMap } from "./field-map-definition.ts";
import {
	checkElement,
	checkLevel,
	neitherTextNorObject,
	notText,
	stringsOf,
} from "./field-values.ts";

/** An object of a document that a field map is followed in. */
interface Place {
	readonly object: Node;
	/** From the document's root. */
	readonly path: JSONPath;
	/** How many objects and lists it lies in, itself included. */
	readonly level: number;
	/** Whether it is an element of a list. */
	readonly element: boolean;
}

/** The way from a place to a text, and where the text's result goes. */
interface Way {
	/** Names of objects, of lists of objects, and of the text itself. */
	readonly parts: readonly string[];
	readonly target: string;
}

/**
 * The texts that a field map finds in a document, in the field map's order. A dot in a name leads into an object, in the
 * field map and in the document. What is missing, null or blank is passed over.
 *
 * @throws InvalidDocument where a mapped field holds what can't be embedded
 */
export function findTexts(root: Node, fieldMap: FieldMap): Slot[] {
	const place = { object: root, path: [], level: 1, element: false };
	return waysOf(fieldMap, []).flatMap((way) => follow(place, way));
}

function waysOf(fieldMap: FieldMap, before: readonly string[]): Way[] {
	return Object.entries(fieldMap).flatMap(([source, target]) => {
		const parts = [...before, ...source.split(".")];
		return typeof target === "string"
			? [{ parts, target }]
			: waysOf(target, parts);
	});
}

/** Any part of the way may be written with dots in the document, and the same part in several forms. */
function follow(place: Place, { parts, target }: Way): Slot[] {
	const { object } = place;
	const slots = parts.flatMap((_part, index) => {
		const names = parts.slice(0, index + 1);
		const value = propertyValue(object, names.join("."));
		const rest = parts.slice(index + 1);
		if (!value) return [];
		return rest.length > 0
			? descend(value, { parts: rest, target }, { place, names })
			: readValue(value, target, { place, names });
	});
	const inside = `${parts.join(".")}.`;
	if (members(object).some(({ name }) => name.startsWith(inside)))
		throw notText(parts.at(-1) ?? "");
	return slots;
}

/** A value that was found, where, and under what name. */
interface Found {
	readonly place: Place;
	/** A name that the document writes with dots has several parts. */
	readonly names: readonly string[];
}

function descend(value: Node, way: Way, { place, names }: Found): Slot[] {
	const source = names.at(-1) ?? "";
	const level = place.level + names.length;
	const path = [...place.path, names.join(".")];
	switch (value.type) {
		case "object":
			checkLevel(level, source);
			return follow({ object: value, path, level, element: false }, way);
		case "array":
			checkLevel(level, source);
			return descendList(value, way, { source, path, level });
		case "null":
		case "string":
			return [];
		default:
			throw neitherTextNorObject(source);
	}
}

function descendList(
	list: Node,
	way: Way,
	{ source, path, level }: { source: string; path: JSONPath; level: number },
): Slot[] {
	const elements = list.children ?? [];
	const slots = elements.flatMap((element, index) => {
		checkElement(element, source);
		if (element.type !== "object") return [];
		checkLevel(level + 1, source);
		const place = {
			object: element,
			path: [...path, index],
			level: level + 1,
			element: true,
		};
		return follow(place, way);
	});
	if (elements.some(({ type }) => type === "string"))
		throw new InvalidDocument(
			`list type field [${source}] has a string where an object is mapped, cannot process it`,
		);
	return slots;
}

function readValue(value: Node, target: string, found: Found): Slot[] {
	const source = found.names.at(-1) ?? "";
	switch (value.type) {
		case "null":
			return [];
		case "string": {
			const text: unknown = value.value;
			return typeof text === "string" && text.trim() !== ""
				? [{ ...targetOf(found, target), texts: [text], list: false }]
				: [];
		}
		case "array": {
			checkLevel(found.place.level + found.names.length, source);
			const texts = stringsOf(value, source);
			return texts.length > 0
				? [{ ...targetOf(found, target), texts, list: true }]
				: [];
		}
		case "object":
			throw notText(source);
		default:
			throw neitherTextNorObject(source);
	}
}

/**
 * A name with dots in the document is kept with dots: to OpenSearch `a.b` and `{a: {b}}` are one field. In the elements
 * of a list neural-search itself writes dots.
 */
function targetOf(
	{ place, names }: Found,
	target: string,
): Pick<Slot, "object" | "target"> {
	const { object, element } = place;
	const prefix = names.slice(0, -1);
	const asWritten = [...prefix, target].join(".");
	const path = element || prefix.length > 0 ? [asWritten] : target.split(".");
	refuseList(object, path);
	return { object: place.path, target: path };
}

/** @throws InvalidDocument where the way to a target goes through a list, which has no place for it */
function refuseList(object: Node, path: readonly string[]): void {
	const [name, ...rest] = path;
	if (name === undefined || rest.length === 0) return;
	const value = propertyValue(object, name);
	if (value?.type === "array")
		throw new InvalidDocument(
			`list type field [${name}] can't hold [${rest.join(".")}], cannot process it`,
		);
	if (value?.type === "object") refuseList(value, rest);
}
