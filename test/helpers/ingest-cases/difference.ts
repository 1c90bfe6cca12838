import { isRecord } from "../../integration/conformance/json.ts";

/** What an outcome of neural-search becomes where the sidecar does something else. It may be changed in place. */
export type Change = (recorded: unknown) => void;

/** Something that the sidecar does in another way than neural-search, and what it does instead, by case. */
export interface Difference {
	reason: string;
	cases: Readonly<Record<string, Change>>;
}

/** A recorded outcome with what the sidecar does instead. */
export function withChanges(
	differences: readonly Difference[],
	name: string,
	recorded: unknown,
): unknown {
	const expected = structuredClone(recorded);
	for (const { cases } of differences) cases[name]?.(expected);
	return expected;
}

/** The cases in which the sidecar differs. */
export function namesOf(differences: readonly Difference[]): Set<string> {
	return new Set(differences.flatMap(({ cases }) => Object.keys(cases)));
}

/** In place of a value: there is none. */
export const absent = Symbol("absent");

/** These values at these places, such as `answers.0.body.items.1`. */
export function at(values: Readonly<Record<string, unknown>>): Change {
	return (recorded) => {
		for (const [path, value] of Object.entries(values))
			put(recorded, path.split("."), value);
	};
}

/** An answer that refuses a request; the first one's place unless told. */
export function refused(
	reason: string,
	{ type = "illegal_argument_exception", answer = 0 } = {},
): Change {
	const body = { error: { type, reason }, status: 400 };
	return at({ [`answers.${answer}`]: { status: 400, body } });
}

/** The first answer's error gives way to what has caused it, with status 400. */
export const causeAlone: Change = (recorded) => {
	const error = valueAt(recorded, ["answers", "0", "body", "error"]);
	if (!isRecord(error)) throw new Error("an answer without an error");
	put(recorded, ["answers", "0", "status"], 400);
	put(recorded, ["answers", "0", "body", "status"], 400);
	put(recorded, ["answers", "0", "body", "error"], error.caused_by);
};

/** A document as it is read back. */
export function stored(_source: unknown, _id = "1"): unknown {
	return { _index: "<id>", _id, _version: 1, _source };
}

/** One change for several cases of a topic. */
export function each(
	topic: string,
	change: Change,
	names: readonly string[],
): Record<string, Change> {
	return Object.fromEntries(
		names.map((name) => [`${topic} / ${name}`, change]),
	);
}

function valueAt(root: unknown, path: readonly string[]): unknown {
	return path.reduce(
		(value, key) =>
			isRecord(value) || Array.isArray(value)
				? Reflect.get(value, key)
				: undefined,
		root,
	);
}

function put(root: unknown, path: readonly string[], value: unknown): void {
	const parent = valueAt(root, path.slice(0, -1));
	const key = path.at(-1) ?? "";
	if (!isRecord(parent) && !Array.isArray(parent))
		throw new Error(`no place for ${path.join(".")}`);
	if (value !== absent) Reflect.set(parent, key, structuredClone(value));
	else if (Array.isArray(parent)) parent.splice(Number(key), 1);
	else Reflect.deleteProperty(parent, key);
}
