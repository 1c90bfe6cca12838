import type { Node } from "jsonc-parser";
import { members, parseObject } from "../json-tree.ts";

/** What a partial document makes of a stored one. */
export interface Merged {
	/** The whole document, as JSON text. */
	text: string;
	/** False where every value was there before. */
	changed: boolean;
}

/**
 * Merges a partial document into a stored one as an update does: objects are merged, everything else is replaced.
 * Values keep their text. Undefined where one of them is no JSON object.
 */
export function mergeDocuments(
	stored: string,
	partial: string,
): Merged | undefined {
	const into = parseObject(stored, { allowComments: false });
	const from = parseObject(partial, { allowComments: false });
	if (!into || !from) return undefined;
	return new Merger(stored, partial).objects(into, from);
}

class Merger {
	readonly #stored: string;
	readonly #partial: string;

	constructor(stored: string, partial: string) {
		this.#stored = stored;
		this.#partial = partial;
	}

	objects(into: Node, from: Node): Merged {
		let changed = false;
		const parts: string[] = [];
		const changes = byName(from);
		for (const { name, value } of members(into)) {
			const merged = this.#values(value, changes.get(name));
			changes.delete(name);
			changed ||= merged.changed;
			parts.push(`${JSON.stringify(name)}:${merged.text}`);
		}
		for (const [name, value] of changes) {
			changed = true;
			parts.push(`${JSON.stringify(name)}:${textOf(this.#partial, value)}`);
		}
		return { text: `{${parts.join(",")}}`, changed };
	}

	#values(into: Node, from: Node | undefined): Merged {
		if (!from) return { text: textOf(this.#stored, into), changed: false };
		if (into.type === "object" && from.type === "object")
			return this.objects(into, from);
		const text = textOf(this.#partial, from);
		return { text, changed: !this.#isEqual(into, from) };
	}

	/** Numbers are equal to Java if their type is the same, too: 1 and 1.0 are two. */
	#isEqual(into: Node, from: Node): boolean {
		if (into.type !== from.type) return false;
		if (into.type === "object") {
			const fields = members(into);
			const others = byName(from);
			return (
				fields.length === others.size &&
				fields.every(({ name, value }) => {
					const other = others.get(name);
					return other !== undefined && this.#isEqual(value, other);
				})
			);
		}
		if (into.type === "array") {
			const all = from.children ?? [];
			return (
				all.length === (into.children?.length ?? 0) &&
				(into.children ?? []).every((element, at) => {
					const other = all[at];
					return other !== undefined && this.#isEqual(element, other);
				})
			);
		}
		if (into.type !== "number") return into.value === from.value;
		const [a, b] = [textOf(this.#stored, into), textOf(this.#partial, from)];
		const whole = /^-?\d+$/;
		return whole.test(a) || whole.test(b) ? a === b : Number(a) === Number(b);
	}
}

function byName(object: Node): Map<string, Node> {
	return new Map(members(object).map(({ name, value }) => [name, value]));
}

function textOf(text: string, { offset, length }: Node): string {
	return text.slice(offset, offset + length);
}
