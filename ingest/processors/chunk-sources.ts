import type { JSONPath, Node } from "jsonc-parser";
import { propertyValue } from "../document-edit.ts";
import type { Slot } from "../slot.ts";
import type { FieldMap } from "./field-map-definition.ts";
import {
	checkElement,
	checkLevel,
	neitherTextNorObject,
	notText,
	stringsOf,
} from "./field-values.ts";
import type { TextChunking } from "./text-chunking.ts";

/** How a field map is followed in an object. */
interface Way {
	readonly fieldMap: FieldMap;
	readonly ignoreMissing: boolean;
	/** To the object, from the document's root. */
	readonly path: JSONPath;
	/** How many objects and lists the object lies in, itself included. */
	readonly level: number;
}

/**
 * The strings that a chunking processor cuts, in its field map's order; a slot without texts where an empty list is to
 * be written. Names are taken as they are, with their dots.
 *
 * @throws InvalidDocument where a mapped field holds what can't be cut
 */
export function findChunkSources(
	root: Node,
	{ fieldMap, ignoreMissing }: TextChunking,
): Slot[] {
	return findIn(root, { fieldMap, ignoreMissing, path: [], level: 1 });
}

function findIn(object: Node, way: Way): Slot[] {
	return Object.entries(way.fieldMap).flatMap(([source, target]) => {
		const value = propertyValue(object, source);
		if (typeof target !== "string")
			return descend(value, source, {
				...way,
				fieldMap: target,
				path: [...way.path, source],
			});
		const slot = readValue(value, source, way);
		return slot ? [{ ...slot, object: way.path, target: [target] }] : [];
	});
}

function descend(value: Node | undefined, source: string, way: Way): Slot[] {
	const level = way.level + 1;
	switch (value?.type) {
		case "object":
			checkLevel(level, source);
			return findIn(value, { ...way, level });
		case "array":
			checkLevel(level, source);
			return (value.children ?? []).flatMap((element, index) => {
				checkElement(element, source);
				if (element.type !== "object") return [];
				checkLevel(level + 1, source);
				return findIn(element, {
					...way,
					path: [...way.path, index],
					level: level + 1,
				});
			});
		case "number":
		case "boolean":
			throw neitherTextNorObject(source);
		default:
			return [];
	}
}

function readValue(
	value: Node | undefined,
	source: string,
	{ ignoreMissing, level }: Way,
): Pick<Slot, "texts" | "list"> | undefined {
	switch (value?.type) {
		case undefined:
		case "null":
			return ignoreMissing ? undefined : { texts: [], list: false };
		case "string": {
			const text = String(value.value);
			return { texts: text.trim() === "" ? [] : [text], list: false };
		}
		case "array": {
			checkLevel(level + 1, source);
			const texts = stringsOf(value, source);
			return { texts: texts.filter((text) => text !== ""), list: true };
		}
		case "object":
			throw notText(source);
		default:
			throw neitherTextNorObject(source);
	}
}
