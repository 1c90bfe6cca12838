import type { Node } from "jsonc-parser";

/** What is put at a name: JSON text, or an object of further names. */
type Addition = string | Additions;
type Additions = Map<string, Addition>;

/**
 * Values put into a JSON document, by changing its text in these places and nowhere else: numbers beyond a
 * double's precision, the order of keys, escapes and white space of everything else stay as they were.
 */
export class DocumentEdit {
	readonly #text: string;
	readonly #additions = new Map<Node, Additions>();
	readonly #replacements = new Map<Node, Additions>();

	/** @param text the document; nodes handed to {@link set} are of its tree, as `jsonc-parser` makes it */
	constructor(text: string) {
		this.#text = text;
	}

	/**
	 * Puts a value at a path below an object. Objects on the way are made where there are none; a value that is
	 * there already is replaced.
	 *
	 * @param json the value, as JSON text
	 */
	set(object: Node, path: readonly string[], json: string): void {
		const [name, ...rest] = path;
		if (name === undefined) return;
		const existing = propertyValue(object, name);
		if (existing?.type === "object" && rest.length > 0) {
			this.set(existing, rest, json);
			return;
		}
		if (existing) {
			const replacement: Additions =
				this.#replacements.get(existing) ?? new Map();
			this.#replacements.set(existing, replacement);
			add(replacement, [name, ...rest], json);
			return;
		}
		const additions: Additions = this.#additions.get(object) ?? new Map();
		this.#additions.set(object, additions);
		add(additions, path, json);
	}

	/** The document with everything put in. */
	apply(): string {
		const splices = [
			...[...this.#additions].map(([object, additions]) => ({
				start: object.offset + object.length - 1,
				end: object.offset + object.length - 1,
				content:
					(object.children?.length ? "," : "") + renderMembers(additions),
			})),
			...[...this.#replacements].map(([node, replacement]) => ({
				start: node.offset,
				end: node.offset + node.length,
				content: [...replacement.values()].map(render).join(""),
			})),
		].sort((a, b) => a.start - b.start);
		let result = "";
		let position = 0;
		for (const { start, end, content } of splices) {
			result += this.#text.slice(position, start) + content;
			position = end;
		}
		return result + this.#text.slice(position);
	}
}

/** The value of a member of an object node; undefined where it has none of that name. */
export function propertyValue(object: Node, name: string): Node | undefined {
	return object.children?.find((member) => member.children?.[0]?.value === name)
		?.children?.[1];
}

function add(into: Additions, path: readonly string[], json: string): void {
	const [name, ...rest] = path;
	if (name === undefined) return;
	if (rest.length === 0) {
		into.set(name, json);
		return;
	}
	const present = into.get(name);
	const below: Additions = present instanceof Map ? present : new Map();
	into.set(name, below);
	add(below, rest, json);
}

function renderMembers(additions: Additions): string {
	return [...additions]
		.map(([name, value]) => `${JSON.stringify(name)}:${render(value)}`)
		.join(",");
}

function render(value: Addition): string {
	return typeof value === "string" ? value : `{${renderMembers(value)}}`;
}
