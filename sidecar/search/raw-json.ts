import { SidecarError } from "../errors.ts";

const structure = /["{}[\]]/g;
const afterString = /["\\]/g;
const afterLiteral = /[,\]}\s]/g;
const notSpace = /\S/g;

/** Members of a JSON object by name, each as it stands in a text. */
export type RawMembers = Map<string, string>;

/** The JSON object of some members. */
export function membersJson(members: ReadonlyMap<string, string>): string {
	const parts = [...members].map(
		([name, value]) => `${JSON.stringify(name)}:${value}`,
	);
	return `{${parts.join(",")}}`;
}

/**
 * The members of the JSON object that a text of OpenSearch's is, each value as it stands there: numbers keep their digits,
 * objects the order of their keys. Nothing below a member is parsed: a page of documents with vectors has millions of values.
 *
 * @throws SidecarError upstream_broken for what is no object
 */
export function rawMembers(text: string): RawMembers {
	const members: RawMembers = new Map();
	let at = expect(text, find(notSpace, text, 0), "{") + 1;
	for (;;) {
		at = find(notSpace, text, at);
		if (text[at] === "}") return members;
		if (text[at] === ",") at = find(notSpace, text, at + 1);
		const nameEnd = endOfValue(text, expect(text, at, '"'));
		const name = String(JSON.parse(text.slice(at, nameEnd)));
		const colon = expect(text, find(notSpace, text, nameEnd), ":");
		const start = find(notSpace, text, colon + 1);
		at = endOfValue(text, start);
		members.set(name, text.slice(start, at));
	}
}

/** The elements of a JSON array, likewise; none where there is no text. */
export function rawElements(text: string | undefined): string[] {
	if (text === undefined) return [];
	const elements: string[] = [];
	let at = expect(text, find(notSpace, text, 0), "[") + 1;
	for (;;) {
		at = find(notSpace, text, at);
		if (text[at] === "]") return elements;
		if (text[at] === ",") at = find(notSpace, text, at + 1);
		const start = at;
		at = endOfValue(text, start);
		elements.push(text.slice(start, at));
	}
}

/** What a JSON text that is small stands for. */
export function parsedValue(text: string | undefined): unknown {
	return text === undefined ? undefined : JSON.parse(text);
}

/** Where the value that begins at `start` ends. */
function endOfValue(text: string, start: number): number {
	const first = text[start];
	if (first === '"') return endOfString(text, start);
	if (first !== "{" && first !== "[") return find(afterLiteral, text, start);
	let depth = 0;
	for (let at = start; ; ) {
		at = find(structure, text, at);
		const found = text[at];
		if (found === '"') {
			at = endOfString(text, at);
			continue;
		}
		depth += found === "{" || found === "[" ? 1 : -1;
		at++;
		if (depth === 0) return at;
	}
}

function endOfString(text: string, start: number): number {
	for (let at = start + 1; ; at += 2) {
		at = find(afterString, text, at);
		if (text[at] === '"') return at + 1;
	}
}

function find(pattern: RegExp, text: string, from: number): number {
	pattern.lastIndex = from;
	const found = pattern.exec(text);
	if (found) return found.index;
	throw cutOff();
}

function expect(text: string, at: number, character: string): number {
	if (text[at] === character) return at;
	throw cutOff();
}

function cutOff(): SidecarError {
	return new SidecarError(
		"upstream_broken",
		"OpenSearch's answer is not the JSON that was to be expected",
	);
}
