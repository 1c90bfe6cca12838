import {
	membersJson,
	type RawMembers,
	rawElements,
	rawMembers,
} from "../raw-json.ts";

/** The steps of a dotted path; as in Java, none at its end for a dot there. */
function stepsOf(path: string): string[] {
	const steps = path.split(".");
	while (steps.at(-1) === "") steps.pop();
	return steps;
}

/**
 * What stands in a document at a path of dots, as JSON; undefined where nothing does, or `null`. Of objects in a list,
 * every one's value is taken. A list of texts at the path's end counts as one value, as neural-search takes it.
 */
export function valueAt(source: RawMembers, path: string): string | undefined {
	const steps = stepsOf(path);
	let current: string | undefined = membersJson(source);
	for (const [index, step] of steps.entries()) {
		if (current?.startsWith("{")) {
			current = rawMembers(current).get(step);
			if (index === steps.length - 1 && isListOfTexts(current))
				return `[${current}]`;
		} else if (current?.startsWith("[")) {
			current = valuesOf(rawElements(current), step);
		} else {
			return undefined;
		}
	}
	return current === "null" ? undefined : current;
}

function isListOfTexts(json: string | undefined): boolean {
	return (
		json?.startsWith("[") === true && !!rawElements(json)[0]?.startsWith('"')
	);
}

/** The values that the objects in a list have under a name; undefined where none has any. */
function valuesOf(list: readonly string[], name: string): string | undefined {
	const values = list
		.filter((element) => element.startsWith("{"))
		.map((element) => rawMembers(element).get(name))
		.filter((value) => value !== undefined && value !== "null");
	return values.length > 0 ? `[${values.join(",")}]` : undefined;
}

/** Takes a value out, and every object that is empty without it. */
export function removeAt(source: RawMembers, path: string): void {
	removeSteps(source, stepsOf(path));
}

function removeSteps(
	members: RawMembers,
	[step = "", ...rest]: readonly string[],
): void {
	const value = members.get(step);
	if (rest.length === 0 || !value?.startsWith("{")) {
		if (rest.length === 0) members.delete(step);
		return;
	}
	const inner = rawMembers(value);
	removeSteps(inner, rest);
	if (inner.size > 0) members.set(step, membersJson(inner));
	else members.delete(step);
}
