import { type JSONPath, parseTree } from "jsonc-parser";
import { utf8Text } from "./body-text.ts";
import { DocumentText } from "./document-text.ts";
import { type Failure, invalidDocument } from "./failure.ts";
import { InvalidDocument } from "./invalid-definition.ts";
import { member, parseObject } from "./json-tree.ts";
import { done, reasonField } from "./pipelines/guard-processor.ts";
import { findSlots, renderSlot } from "./processors/processor.ts";
import { infoParts } from "./processors/semantic-embedding.ts";
import type { Slot } from "./slot.ts";
import type { Step } from "./step.ts";

/** What a step found in a document: texts, or the reason why it can't work on it. */
export type Finding = { slots: Slot[] } | { failure: Failure };

/** A document on its way through steps of the sidecar's. */
export class PreparedDocument {
	readonly #shared: DocumentText;
	/** Where the document is in the text. */
	readonly #path: readonly string[];
	readonly #marked: boolean;
	#failure: Failure | undefined;
	readonly #reasons = new Set<string>();

	private constructor(
		shared: DocumentText,
		path: readonly string[],
		marked: boolean,
	) {
		this.#shared = shared;
		this.#path = path;
		this.#marked = marked;
	}

	/** Undefined for what is not a JSON object in UTF-8; OpenSearch then says what is wrong with it. */
	static parse(line: Buffer): PreparedDocument | undefined {
		const shared = sharedText(line);
		return shared && new PreparedDocument(shared, [], true);
	}

	/**
	 * Documents that are members of a larger text, as `doc` and `upsert` are of an update: what is put into one of them is
	 * in the text of all. Those that the text does not have, or that are no objects, are left out.
	 *
	 * @param names of the members, and whether their documents go through a pipeline, whose guards ask for a mark
	 * @returns undefined for what is not a JSON object in UTF-8
	 */
	static parseMembers<Name extends string>(
		line: Buffer,
		names: Readonly<Record<Name, { marked: boolean }>>,
	): Partial<Record<Name, PreparedDocument>> | undefined {
		const shared = sharedText(line);
		if (!shared) return undefined;
		const documents: Partial<Record<Name, PreparedDocument>> = {};
		for (const name in names)
			if (shared.at([name])?.type === "object")
				documents[name] = new PreparedDocument(
					shared,
					[name],
					names[name].marked,
				);
		return documents;
	}

	/** The document as JSON text, with what has been put into it so far. */
	get source(): string {
		const { text } = this.#shared;
		const [name] = this.#path;
		if (name === undefined) return text;
		const node = member(parseTree(text), name);
		return node ? text.slice(node.offset, node.offset + node.length) : "{}";
	}

	/** Whether it goes through a pipeline, whose guards say what failed. */
	get isMarked(): boolean {
		return this.#marked;
	}

	/** Why a step failed on it, if one did; the first one counts. */
	get failure(): Failure | undefined {
		return this.#failure;
	}

	/** What was put in may be found from now on. */
	settle(): void {
		this.#shared.settle();
	}

	/**
	 * The texts of a step.
	 *
	 * @param seen the document as the step's stages leave it; left out where the step has none
	 */
	find(step: Step, seen?: unknown): Finding {
		const root =
			seen === undefined
				? this.#shared.at([...this.#path])
				: parseObject(JSON.stringify(seen), { allowComments: false });
		try {
			const slots = root ? findSlots(root, step.processor) : [];
			return {
				slots:
					seen === undefined ? slots.map((slot) => this.#own(slot)) : slots,
			};
		} catch (error) {
			if (error instanceof InvalidDocument)
				return { failure: invalidDocument(error.message) };
			throw error;
		}
	}

	/**
	 * Whether the object that gets a slot's results is in the document itself, not made or moved by a processor.
	 *
	 * @param seen the document as the slot was found in it
	 */
	hasPlace({ object }: Slot, seen: unknown): boolean {
		if (this.#shared.at(this.#placeOf(object))?.type !== "object") return false;
		return object.every((part, depth) => {
			if (typeof part !== "number" || seen === undefined) return true;
			const path = object.slice(0, depth);
			const own = this.#shared.at(this.#placeOf(path))?.children?.length;
			const list = valueAt(seen, path);
			return Array.isArray(list) && list.length === own;
		});
	}

	/** Puts the results for a slot's texts, JSON texts, into the document. */
	place(slot: Slot, results: readonly string[], { processor }: Step): void {
		if (processor.kind !== "semantic_field") {
			this.put(slot, renderSlot(slot, results, processor));
			return;
		}
		const { object, target } = slot;
		for (const { name, json } of infoParts(slot, results, processor))
			this.put({ object, target: [...target, name] }, json);
	}

	/** Puts a value, JSON text, where the results of a slot's texts would go. */
	put({ object, target }: Pick<Slot, "object" | "target">, json: string): void {
		this.#shared.set(this.#placeOf(object), target, json);
	}

	/** What stands, as JSON text, where the results of a slot's texts would go. */
	standing({ object, target }: Slot): string | undefined {
		return this.#shared.json(this.#placeOf([...object, ...target]));
	}

	/** Marks a step as carried out; what was said of it before no longer counts. */
	markDone(step: Step): void {
		this.#mark([step.mark, step.key], done);
	}

	/** Marks a step as failed, for the reason that its pipeline will raise. */
	markFailed(step: Step, failure: Failure): void {
		this.#failure ??= failure;
		this.#mark([step.mark, step.key], "failed");
		// Pipelines have their reasons in common: it is the first failure that ends a write.
		if (this.#reasons.has(step.key)) return;
		this.#reasons.add(step.key);
		this.#mark([reasonField, step.key], failure.reason);
	}

	/** Says that a processor of OpenSearch's own fails on it, which it will do by itself. */
	noteFailure(failure: Failure): void {
		this.#failure ??= failure;
	}

	/** The whole text as it goes to OpenSearch, with the line break it came with. */
	render(): Buffer {
		return Buffer.from(this.#shared.text, "utf8");
	}

	#mark(path: readonly string[], value: string): void {
		if (this.#marked)
			this.#shared.set([...this.#path], path, JSON.stringify(value));
	}

	/** Nodes know their way from the root of the text, slots theirs from the document's. */
	#own(slot: Slot): Slot {
		return this.#path.length === 0
			? slot
			: { ...slot, object: slot.object.slice(this.#path.length) };
	}

	#placeOf(object: JSONPath): JSONPath {
		return this.#path.length === 0 ? object : [...this.#path, ...object];
	}
}

function sharedText(line: Buffer): DocumentText | undefined {
	const text = utf8Text(line);
	return text === undefined ? undefined : DocumentText.parse(text);
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

/** Whether the target of a slot is there in a document, wherever its results were put. */
export function hasTarget(document: unknown, slot: Slot): boolean {
	return valueAt(document, [...slot.object, ...slot.target]) !== undefined;
}
