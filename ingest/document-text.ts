import { findNodeAtLocation, type JSONPath, type Node } from "jsonc-parser";
import { DocumentEdit } from "./document-edit.ts";
import { parseObject } from "./json-tree.ts";

/** The text of a JSON object that is being changed, by whoever works on a part of it. */
export class DocumentText {
	#text: string;
	#root: Node;
	#edit: DocumentEdit;
	#changed = false;

	private constructor(text: string, root: Node) {
		this.#text = text;
		this.#root = root;
		this.#edit = new DocumentEdit(text);
	}

	/** Undefined for what is no JSON object. */
	static parse(text: string): DocumentText | undefined {
		const root = parseObject(text, { allowComments: false });
		return root && new DocumentText(text, root);
	}

	/** The text with everything that was put in. */
	get text(): string {
		return this.#changed ? this.#edit.apply() : this.#text;
	}

	/** What stands at a path, without what was put in since the last {@link settle}. */
	at(path: JSONPath): Node | undefined {
		return path.length === 0
			? this.#root
			: findNodeAtLocation(this.#root, path);
	}

	/** What stands at a path, as JSON text, likewise. */
	json(path: JSONPath): string | undefined {
		const node = this.at(path);
		return node && this.#text.slice(node.offset, node.offset + node.length);
	}

	/** Puts a value, JSON text, at a path below the object at another path; nothing where that is no object. */
	set(object: JSONPath, path: readonly string[], json: string): void {
		const node = this.at(object);
		if (node?.type !== "object") return;
		this.#edit.set(node, path, json);
		this.#changed = true;
	}

	/** What was put in becomes a part of what is found. */
	settle(): void {
		if (!this.#changed) return;
		const text = this.#edit.apply();
		const root = parseObject(text, { allowComments: false });
		if (!root) throw new Error("a document was no JSON object any more");
		this.#text = text;
		this.#root = root;
		this.#edit = new DocumentEdit(text);
		this.#changed = false;
	}
}
