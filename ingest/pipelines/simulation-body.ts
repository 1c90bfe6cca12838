import type { Node } from "jsonc-parser";
import {
	compact,
	elements,
	member,
	parseObject,
	type Renderer,
	renderTree,
} from "../json-tree.ts";

/** A document that is to go through a pipeline in thought. */
export interface SimulatedSource {
	/** Where the client says that it is written; undefined where it says nothing. */
	readonly index: string | undefined;
	readonly id: string | undefined;
	readonly routing: string | undefined;
	/** The document, JSON text. */
	readonly text: string;
}

/** The body of a `_simulate` call; everything that is not replaced stays to the byte. */
export class SimulationBody {
	readonly #text: string;
	readonly #root: Node;
	readonly #docs: readonly Node[];

	private constructor(text: string, root: Node, docs: readonly Node[]) {
		this.#text = text;
		this.#root = root;
		this.#docs = docs;
	}

	/** Undefined for what is no JSON object. Documents are there only where all of them can be simulated. */
	static parse(text: string): SimulationBody | undefined {
		const root = parseObject(text, { allowComments: true });
		if (!root) return undefined;
		const list = member(root, "docs");
		const docs = list?.type === "array" ? elements(list) : [];
		const isValid = docs.every((doc) => sourceOf(doc)?.type === "object");
		return new SimulationBody(text, root, isValid ? docs : []);
	}

	get documents(): SimulatedSource[] {
		return this.#docs.map((doc) => {
			const source = sourceOf(doc);
			return {
				index: stringOf(member(doc, "_index")),
				id: stringOf(member(doc, "_id")),
				routing: stringOf(member(doc, "_routing")),
				text: source ? compact(this.#text, source) : "{}",
			};
		});
	}

	/** The definition of a pipeline that need not be stored, JSON text. */
	get pipeline(): string | undefined {
		const node = member(this.#root, "pipeline");
		return node?.type === "object" ? compact(this.#text, node) : undefined;
	}

	/**
	 * The body with other sources, in the order of its documents, and another definition of its pipeline, where there is
	 * one, JSON texts.
	 */
	render(sources: readonly string[], pipeline: string | undefined): string {
		const renderers = new Map<Node, Renderer>();
		for (const [index, doc] of this.#docs.entries()) {
			const node = sourceOf(doc);
			const source = sources[index];
			if (node && source !== undefined) renderers.set(node, () => source);
		}
		const node = member(this.#root, "pipeline");
		if (node && pipeline !== undefined) renderers.set(node, () => pipeline);
		return renderTree(this.#text, this.#root, renderers);
	}
}

function sourceOf(doc: Node): Node | undefined {
	return member(doc, "_source");
}

/** OpenSearch takes numbers for names, too. */
function stringOf(node: Node | undefined): string | undefined {
	const value: unknown = node?.value;
	return typeof value === "string" || typeof value === "number"
		? String(value)
		: undefined;
}
