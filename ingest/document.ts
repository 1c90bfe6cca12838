import {
	findNodeAtLocation,
	type Node,
	type ParseError,
	parseTree,
} from "jsonc-parser";
import { DocumentEdit } from "./document-edit.ts";
import { findTexts, type TextSlot } from "./field-map.ts";
import { conditionField, type done, type EmbeddingStep } from "./guard.ts";
import { InvalidDocument } from "./invalid-definition.ts";
import { isObject } from "./json.ts";

/** What a step found in a document: texts, or the reason why it can't work on it. */
export type Finding = { slots: TextSlot[] } | { failure: string };

/** A document on its way through a pipeline's embedding steps. */
export class PreparedDocument {
	readonly #text: string;
	readonly #root: Node;
	readonly #edit: DocumentEdit;

	private constructor(text: string, root: Node) {
		this.#text = text;
		this.#root = root;
		this.#edit = new DocumentEdit(text);
	}

	/** Undefined for what is not a JSON object; OpenSearch then says what is wrong with it. */
	static parse(line: Buffer): PreparedDocument | undefined {
		const text = line.toString("utf8");
		const root = parseObject(text);
		return root && new PreparedDocument(text, root);
	}

	/** The document as it came. */
	get source(): string {
		return this.#text;
	}

	/**
	 * The texts of a step.
	 *
	 * @param seen the document as the step's prelude leaves it; left out where the step has none
	 */
	find(step: EmbeddingStep, seen?: unknown): Finding {
		if (step.conditional && isObject(seen) && !(conditionField in seen))
			return { slots: [] };
		const root =
			seen === undefined ? this.#root : parseObject(JSON.stringify(seen));
		try {
			return {
				slots: root ? findTexts(root, step.processor.fieldMap) : [],
			};
		} catch (error) {
			if (error instanceof InvalidDocument) return { failure: error.message };
			throw error;
		}
	}

	/** Whether the object that gets a slot's vectors is in the document itself, not made by a processor. */
	hasPlace(slot: TextSlot): boolean {
		return this.#place(slot)?.type === "object";
	}

	/** Puts the vectors of a slot, JSON texts, into the document. */
	place(slot: TextSlot, vectors: readonly string[]): void {
		const object = this.#place(slot);
		if (object) this.#edit.set(object, slot.target, slot.render(vectors));
	}

	/** Marks a step as carried out, or as failed with a reason. */
	mark(
		field: string,
		step: EmbeddingStep,
		outcome: typeof done | string,
	): void {
		this.#edit.set(this.#root, [field, step.key], JSON.stringify(outcome));
	}

	/** The document as it goes to OpenSearch, with the line break it came with. */
	render(): Buffer {
		return Buffer.from(this.#edit.apply(), "utf8");
	}

	#place({ object }: TextSlot): Node | undefined {
		return findNodeAtLocation(this.#root, object);
	}
}

function parseObject(text: string): Node | undefined {
	const errors: ParseError[] = [];
	const root = parseTree(text, errors, { disallowComments: true });
	return errors.length === 0 && root?.type === "object" ? root : undefined;
}
