import fc from "fast-check";
import { isObject, type JsonObject } from "../../ingest/json.ts";

/*
 * Random documents with a field map that fits them, and what neural-search would make of them: written from its rules,
 * on documents without a dot in any name, and not from what is tested with it.
 */

/** A document as a client writes it, with what is to be embedded of it. */
export interface RandomDocument {
	text: string;
	/** The field map as it stands in a pipeline: nested, dotted, or some of both. */
	fieldMap: JsonObject;
	/** The same, one path to one path below the object that holds the source. */
	mapped: readonly Mapped[];
}

interface Mapped {
	source: readonly string[];
	target: readonly string[];
}

/** Names of what holds further names, and of what holds texts. */
const branches = ["a", "b"] as const;
const leaves = ["t", "u"] as const;

const words = fc.constantFrom("cat", "dog", "é😀", 'a "quote"', "line\nbreak");

const list = fc.array(fc.oneof(words, fc.constant(" ")), { maxLength: 3 });

/** What a mapped field may hold; most of it can be embedded. */
const leaf: fc.Arbitrary<unknown> = fc.oneof(
	{ weight: 8, arbitrary: words },
	{ weight: 4, arbitrary: list },
	{ weight: 2, arbitrary: fc.constantFrom(null, "", "  ") },
	{
		weight: 1,
		arbitrary: fc.constantFrom<unknown[]>(7, false, {}, [null], [["cat"]], [1]),
	},
);

const { tree } = fc.letrec<{ tree: JsonObject }>((tie) => {
	const below = fc.oneof(
		{ maxDepth: 2, depthSize: "small" },
		fc.constant(null),
		tie("tree"),
		fc.array(tie("tree"), { maxLength: 3 }),
	);
	return {
		tree: fc.record(
			{ a: below, b: below, t: leaf, u: leaf },
			{ requiredKeys: [] },
		),
	};
});

const path = fc
	.tuple(
		fc.array(fc.constantFrom(...branches), { maxLength: 2 }),
		fc.constantFrom(...leaves),
	)
	.map(([above, name]): string[] => [...above, name]);

const mappings = fc
	.uniqueArray(fc.tuple(path, fc.boolean()), {
		minLength: 1,
		maxLength: 4,
		selector: ([source]) => source.join("."),
	})
	.map((entries) =>
		entries.map(([source, below], number): Mapped => {
			const name = `v${number}`;
			return { source, target: below ? ["d", name] : [name] };
		}),
	);

/** Members that nobody maps, as their text: what a careless copy would change. */
const extras = fc.array(
	fc.constantFrom(
		`"x":12345678901234567890123`,
		`"x":1.10000000000000000001`,
		`"x" : -0`,
		`"x":1E400`,
		`"y":"\\u00e9\\/\\ud83d\\ude00"`,
		`"y":{ "x.y" : [ ] , "t":"not mapped"}`,
		`"x.y.z":[1.0, 1e2,{}]`,
		`"é":\t{"v":[1]}`,
	),
	{ maxLength: 3 },
);

/** Choices of how a document is written, as many as are asked for. */
type Choices = Iterator<number, never>;

export const randomDocument: fc.Arbitrary<RandomDocument> = fc
	.tuple(tree, mappings, extras, fc.infiniteStream(fc.nat({ max: 5 })))
	.map(([value, mapped, added, stream]): RandomDocument => {
		const choices: Choices = endless(stream);
		return {
			text: write(value, choices, added),
			fieldMap: writeFieldMap(mapped, choices),
			mapped,
		};
	});

function* endless(stream: Iterable<number>): Generator<number, never> {
	for (;;) yield* stream;
}

/** A document as text, with white space and with dotted names where it can have them. */
function write(
	value: unknown,
	choices: Choices,
	added: readonly string[] = [],
): string {
	const space = () => [" ", "\t", ""][choices.next().value] ?? "";
	if (Array.isArray(value))
		return `[${value.map((element) => space() + write(element, choices) + space()).join(",")}]`;
	if (!isObject(value)) return JSON.stringify(value);
	const members = flattened(value, choices).map(
		([name, inner]) =>
			`${JSON.stringify(name)}${space()}:${space()}${write(inner, choices)}`,
	);
	const all = [...members, ...added];
	return `{${all.map((member) => space() + member + space()).join(",") || space()}}`;
}

/** The members of an object; some of those below it are written with dots, beside those that are not. */
function flattened(object: JsonObject, choices: Choices): [string, unknown][] {
	return Object.entries(object).flatMap(([name, value]) => {
		if (!isObject(value) || Object.keys(value).length === 0)
			return [[name, value] satisfies [string, unknown]];
		const dotted: [string, unknown][] = [];
		const kept: JsonObject = {};
		const mixes = choices.next().value === 0;
		const allDotted = choices.next().value === 0;
		for (const [inner, below] of flattened(value, choices))
			if (allDotted || (mixes && choices.next().value < 3))
				dotted.push([`${name}.${inner}`, below]);
			else kept[inner] = below;
		return Object.keys(kept).length === 0
			? dotted
			: [...dotted, [name, kept] satisfies [string, unknown]];
	});
}

function writeFieldMap(
	mapped: readonly Mapped[],
	choices: Choices,
): JsonObject {
	const fieldMap: JsonObject = {};
	for (const { source, target } of mapped) {
		let object = fieldMap;
		let name = "";
		for (const [at, part] of source.entries()) {
			name = name === "" ? part : `${name}.${part}`;
			if (at === source.length - 1 || choices.next().value < 3) continue;
			const below = object[name] ?? {};
			if (!isObject(below)) continue;
			object[name] = below;
			object = below;
			name = "";
		}
		object[name] = target.join(".");
	}
	return fieldMap;
}

/** What stands where the vector of a text would. */
export function vectorOf(text: string): unknown {
	return [`vector of ${text}`];
}

/**
 * A document, without dots in its names, with its vectors; undefined where neural-search refuses it. What is missing,
 * null or blank gets none, but for a blank text in a list.
 */
export function embedded(
	document: unknown,
	mapped: readonly Mapped[],
): unknown {
	let refused = false;
	const result: unknown = structuredClone(document);
	for (const { source, target } of mapped) {
		let parents = [result].filter(isObject);
		for (const part of source.slice(0, -1))
			parents = parents.flatMap((parent) => parent[part]).filter(isObject);
		for (const parent of parents) {
			const value = parent[source.at(-1) ?? ""];
			if (value === undefined || value === null) continue;
			if (typeof value === "string") {
				if (value.trim() !== "") setAt(parent, target, vectorOf(value));
			} else if (Array.isArray(value)) {
				if (!value.every((text) => typeof text === "string")) refused = true;
				else if (value.length > 0) {
					const vectors = value.map((text) => ({ knn: vectorOf(text) }));
					setAt(parent, target, vectors);
				}
			} else refused = true;
		}
	}
	return refused ? undefined : result;
}

function setAt(
	object: JsonObject,
	path: readonly string[],
	value: unknown,
): void {
	const [name, ...rest] = path;
	if (name === undefined) return;
	if (rest.length === 0) {
		object[name] = value;
		return;
	}
	const below = object[name];
	const next = isObject(below) ? below : {};
	object[name] = next;
	setAt(next, rest, value);
}

/** A document with every dotted name written as objects, which is the same to OpenSearch. */
export function undotted(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(undotted);
	if (!isObject(value)) return value;
	const result: JsonObject = {};
	for (const [name, inner] of Object.entries(value))
		mergeAt(result, name.split("."), undotted(inner));
	return result;
}

function mergeAt(
	object: JsonObject,
	[name = "", ...rest]: readonly string[],
	value: unknown,
): void {
	const present = object[name];
	if (rest.length > 0) {
		const next = isObject(present) ? present : {};
		object[name] = next;
		mergeAt(next, rest, value);
	} else if (isObject(present) && isObject(value)) {
		for (const [inner, below] of Object.entries(value))
			mergeAt(present, [inner], below);
	} else object[name] = value;
}
