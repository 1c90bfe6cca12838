import { type Node, type ParseError, parseTree } from "jsonc-parser";
import { DocumentEdit } from "./document-edit.ts";
import { findTexts, type TextSlot } from "./field-map.ts";
import type { done, EmbeddingStep } from "./guard.ts";
import { InvalidDocument } from "./invalid-definition.ts";

/** What a step found in a document: texts, or the reason why it can't work on it. */
export type Finding = { slots: TextSlot[] } | { failure: string };

/** A document on its way through a pipeline's embedding steps. */
export class PreparedDocument {
	readonly #root: Node;
	readonly #edit: DocumentEdit;

	private constructor(text: string, root: Node) {
		this.#root = root;
		this.#edit = new DocumentEdit(text);
	}

	/** Undefined for what is not a JSON object in UTF-8; OpenSearch then says what is wrong with it. */
	static parse(line: Buffer): PreparedDocument | undefined {
		const text = line.toString("utf8");
		const errors: ParseError[] = [];
		const root = parseTree(text, errors, { disallowComments: true });
		if (errors.length > 0 || root?.type !== "object") return undefined;
		return new PreparedDocument(text, root);
	}

	/** The texts of a step, from the document itself. */
	find({ processor }: EmbeddingStep): Finding {
		try {
			return { slots: findTexts(this.#root, processor.fieldMap) };
		} catch (error) {
			if (error instanceof InvalidDocument) return { failure: error.message };
			throw error;
		}
	}

	/** Puts the vectors of a slot into the document. */
	place(slot: TextSlot, vectors: readonly string[]): void {
		slot.place(this.#edit, vectors);
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
}
