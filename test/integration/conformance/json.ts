export type Json =
	| string
	| number
	| boolean
	| null
	| Json[]
	| { [key: string]: Json };

/** Whether a value is an object of JSON. */
export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A text as JSON, or the text where it is none. */
export function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		if (error instanceof SyntaxError) return text;
		throw error;
	}
}

/** The value at a path such as `hits.hits.0._id`; `*` takes the first key or item. */
export function valueAt(value: unknown, path: string): unknown {
	let current = value;
	for (const key of path.split(".")) {
		if (typeof current !== "object" || current === null) return undefined;
		current = Reflect.get(
			current,
			key === "*" ? (Object.keys(current)[0] ?? "") : key,
		);
	}
	return current;
}
