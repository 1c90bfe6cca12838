import { isObject, type JsonObject } from "../json.ts";

/** How a mapping has the field at a path, a name a step; undefined where it has none there. */
export function fieldIn(
	mapping: unknown,
	path: readonly string[],
): JsonObject | undefined {
	const field = path.reduce<unknown>(
		(object, name) =>
			isObject(object) && isObject(object.properties)
				? object.properties[name]
				: undefined,
		mapping,
	);
	return isObject(field) ? field : undefined;
}
