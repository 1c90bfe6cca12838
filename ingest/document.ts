import { isUtf8 } from "node:buffer";
import { findNodeAtLocation, type JSONPath, type Node } from "jsonc-parser";
import { DocumentEdit } from "./document-edit.ts";
import { done, reasonField } from "./guard-processor.ts";
import { InvalidDocument } from "./invalid-definition.ts";
import { parseObject } from "./json-tree.ts";
import { findSlots, renderSlot } from "./processors/processor.ts";
import type { Slot } from "./slot.ts";
import type { Step } from "./step.ts";

/** What a step found in a document: texts, or the reason why it can't work on it. */
export type Finding = { slots: Slot[] } | { failure: string };

/** A document on its way through steps of the sidecar's. */
export class PreparedDocument {
	readonly #root: Node;
	readonly #edit: DocumentEdit;

	private constructor(text: string, root: Node) {
		this.#root = root;
		this.#edit = new DocumentEdit(text);
	}

	/** Undefined for what is not a JSON object in UTF-8; OpenSearch then says what is wrong with it. */
	static parse(line: Buffer): PreparedDocument | undefined {
		if (!isUtf8(line)) return undefined;
		const text = line.toString("utf8").replace(/^\ufeff/, "");
		const root = parseObject(text, { allowComments: false });
		return root && new PreparedDocument(text, root);
	}

	/** The document with what has been put into it so far. */
	get source(): string {
		return this.#edit.apply();
	}

	/**
	 * The texts of a step.
	 *
	 * @param seen the document as the step's stages leave it; left out where the step has none
	 */
	find(step: Step, seen?: unknown): Finding {
		const root =
			seen === undefined
				? this.#root
				: parseObject(JSON.stringify(seen), { allowComments: false });
		try {
			return {
				slots: root ? findSlots(root, step.processor) : [],
			};
		} catch (error) {
			if (error instanceof InvalidDocument) return { failure: error.message };
			throw error;
		}
	}

	/**
	 * Whether the object that gets a slot's vectors is in the document itself, not made or moved by a processor.
	 *
	 * @param seen the document as the slot was found in it
	 */
	hasPlace(slot: Slot, seen: unknown): boolean {
		if (this.#place(slot)?.type !== "object") return false;
		return slot.object.every((part, depth) => {
			if (typeof part !== "number" || seen === undefined) return true;
			const path = slot.object.slice(0, depth);
			const own = findNodeAtLocation(this.#root, path)?.children?.length;
			const list = valueAt(seen, path);
			return Array.isArray(list) && list.length === own;
		});
	}

	/** Puts the results for a slot's texts, JSON texts, into the document. */
	place(slot: Slot, results: readonly string[], { processor }: Step): void {
		const object = this.#place(slot);
		if (object)
			this.#edit.set(object, slot.target, renderSlot(slot, results, processor));
	}

	/** Marks a step as carried out; what was said of it before no longer counts. */
	markDone(step: Step): void {
		this.#edit.set(this.#root, [step.mark, step.key], JSON.stringify(done));
	}

	/** Marks a step as failed, for the reason that its pipeline will raise. */
	markFailed(step: Step, reason: string): void {
		this.#edit.set(this.#root, [step.mark, step.key], JSON.stringify("failed"));
		this.#edit.set(this.#root, [reasonField, step.key], JSON.stringify(reason));
	}

	/** The document as it goes to OpenSearch, with the line break it came with. */
	render(): Buffer {
		return Buffer.from(this.source, "utf8");
	}

	#place({ object }: Slot): Node | undefined {
		return findNodeAtLocation(this.#root, object);
	}
}

function valueAt(value: unknown, path: JSONPath): unknown {
	return path.reduce<unknown>(
		(current, part) =>
			typeof current === "object" && current !== null
				? Reflect.get(current, part)
				: undefined,
		value,
	);
}

/** Whether the target of a slot is there in a document, wherever its vectors were put. */
export function hasTarget(document: unknown, slot: Slot): boolean {
	return valueAt(document, [...slot.object, ...slot.target]) !== undefined;
}
