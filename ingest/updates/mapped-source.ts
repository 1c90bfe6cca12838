import type { Node } from "jsonc-parser";
import { propertyValue } from "../document-edit.ts";
import { members } from "../json-tree.ts";
import type { FieldMap } from "../processors/field-map-definition.ts";

/** An entry of a field map, where a document has it. Objects are followed, lists are not: an update replaces them whole. */
export interface MappedSource {
	/** The object that holds the source, from the document's root. */
	readonly object: readonly string[];
	/** The source's name there; it may have dots. */
	readonly name: string;
	/** Undefined where the object has no such field. */
	readonly value: Node | undefined;
	/** Where in the object the results go. */
	readonly target: readonly string[];
}

/** The entries of a field map whose objects a document has. */
export function mappedSources(
	root: Node,
	fieldMap: FieldMap,
	object: readonly string[] = [],
): MappedSource[] {
	return Object.entries(fieldMap).flatMap(([source, target]) => {
		const found = locate(root, object, source.split("."));
		if (!found) return [];
		if (typeof target !== "string")
			return found.value?.type === "object"
				? mappedSources(found.value, target, [...found.object, found.name])
				: [];
		const prefix = found.name.split(".").slice(0, -1);
		return [
			{
				...found,
				target:
					prefix.length === 0
						? target.split(".")
						: [[...prefix, target].join(".")],
			},
		];
	});
}

/**
 * The part of a field map whose sources a document has, in an object or a list; undefined where it has none of them.
 *
 * @param made dotted names of sources that will be there
 * @param way of the object, from the document's root
 */
export function presentPart(
	object: Node,
	fieldMap: FieldMap,
	made: ReadonlySet<string>,
	way: readonly string[] = [],
): FieldMap | undefined {
	const present = Object.entries(fieldMap).flatMap(([source, target]) => {
		if (typeof target === "string")
			return isPresent(object, source, made, way) ? [[source, target]] : [];
		const value = propertyValue(object, source);
		if (value?.type === "object") {
			const below = presentPart(value, target, made, [...way, source]);
			return below ? [[source, below]] : [];
		}
		const isThere =
			value?.type === "array" ||
			members(object).some(({ name }) => name.startsWith(`${source}.`));
		return isThere ? [[source, target]] : [];
	});
	return present.length === 0 ? undefined : Object.fromEntries(present);
}

/** Whether a source is in a document, or will be. See {@link presentPart}. */
export function isPresent(
	object: Node,
	source: string,
	made: ReadonlySet<string>,
	way: readonly string[] = [],
): boolean {
	return (
		hasSource(object, source.split(".")) || made.has([...way, source].join("."))
	);
}

/** Where the results of a field map's sources go, dotted names. */
export function targetsOf(
	fieldMap: FieldMap,
	way: readonly string[] = [],
): string[] {
	return Object.entries(fieldMap).flatMap(([source, target]) =>
		typeof target === "string"
			? [[...way, ...source.split(".").slice(0, -1), target].join(".")]
			: targetsOf(target, [...way, source]),
	);
}

/** Whether a source has nothing that could be worked on. */
export function isEmpty(value: Node | undefined): boolean {
	if (!value || value.type === "null") return true;
	if (value.type === "array") return !value.children?.length;
	const text: unknown = value.value;
	return typeof text === "string" && text.trim() === "";
}

interface Located {
	object: readonly string[];
	name: string;
	value: Node | undefined;
}

/** Any part of a dotted name may be written with dots in the document, the longest one counts. */
function locate(
	root: Node,
	object: readonly string[],
	parts: readonly string[],
): Located | undefined {
	for (let length = parts.length; length > 0; length--) {
		const name = parts.slice(0, length).join(".");
		const value = propertyValue(root, name);
		if (!value) continue;
		if (length === parts.length) return { object, name, value };
		return value.type === "object"
			? locate(value, [...object, name], parts.slice(length))
			: undefined;
	}
	const [name] = parts;
	return name !== undefined && parts.length === 1
		? { object, name, value: undefined }
		: undefined;
}

function hasSource(object: Node, parts: readonly string[]): boolean {
	for (let length = parts.length; length > 0; length--) {
		const value = propertyValue(object, parts.slice(0, length).join("."));
		if (!value) continue;
		if (length === parts.length || value.type === "array") return true;
		return value.type === "object" && hasSource(value, parts.slice(length));
	}
	return false;
}
