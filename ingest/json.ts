export type JsonObject = { [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object as it is; an empty one for anything else. */
export function asObject(value: unknown): JsonObject {
	return isObject(value) ? value : {};
}
