import { bodyText } from "../../../ingest/body-text.ts";
import { members } from "../../../ingest/json-tree.ts";
import { SidecarError } from "../../errors.ts";
import type { HiddenNames } from "./hidden-names.ts";
import { missingExclusions } from "./index-expression.ts";
import { checkWords, readJson } from "./json-text.ts";
import { isSuspicious } from "./suspicion.ts";

/** An action line at most, in bytes: names of 512 bytes and a few options. */
const actionLimit = 1_048_576;

const lineBreak = 0x0a;
const blanks = [0x20, 0x09, 0x0d];
const plainAction = /^\s*\{\s*"(index|create|update|delete)"\s*:/;

/**
 * Reads the action lines of a bulk body while it passes. Documents are not looked at, whatever they hold. Of what is
 * read only an action line that is not complete yet is kept back, {@link actionLimit} bytes at most; a refusal comes
 * before the line is sent on, and OpenSearch does nothing of a body whose end it has not seen.
 *
 * @throws SidecarError forbidden_index where an action names one of the sidecar's indices, too_large for an action
 * line past the limit
 */
export class GuardedBulk {
	readonly #names: HiddenNames;
	#kept: Buffer = Buffer.alloc(0);
	#inDocument = false;
	#unreadable = false;

	constructor(names: HiddenNames) {
		this.#names = names;
	}

	/** What may be sent on now that a part of the body has come. */
	next(part: Buffer): Buffer {
		const bytes =
			this.#kept.length > 0 ? Buffer.concat([this.#kept, part]) : part;
		let position = 0;
		while (position < bytes.length) {
			const end = bytes.indexOf(lineBreak, position);
			if (this.#inDocument) {
				if (end < 0) return this.#keep(bytes, bytes.length);
				this.#inDocument = false;
			} else {
				if (end < 0) return this.#keep(bytes, position);
				if (!isBlank(bytes, position, end))
					this.#readAction(bytes.subarray(position, end));
			}
			position = end + 1;
		}
		return this.#keep(bytes, position);
	}

	/** What is left at the end of the body. */
	end(): Buffer {
		if (!this.#inDocument) this.#readAction(this.#kept);
		return this.#kept;
	}

	#keep(bytes: Buffer, from: number): Buffer {
		this.#kept = bytes.subarray(from);
		if (this.#kept.length <= actionLimit) return bytes.subarray(0, from);
		if (!this.#unreadable)
			throw new SidecarError(
				"too_large",
				`an action line of a bulk is longer than ${actionLimit} bytes`,
			);
		this.#readAction(this.#kept);
		this.#kept = Buffer.alloc(0);
		return bytes;
	}

	#readAction(line: Buffer): void {
		const suspicious = isSuspicious(line, "bulk", this.#names);
		if (this.#unreadable) {
			if (suspicious) checkWords(bodyText(line), this.#names);
			return;
		}
		const plain = suspicious
			? undefined
			: plainAction.exec(line.toString("latin1"))?.[1];
		if (plain === undefined) this.#parseAction(bodyText(line));
		else this.#inDocument = plain !== "delete";
	}

	/** OpenSearch passes over blank lines, reads the first action of a line and leaves out what follows it. */
	#parseAction(text: string): void {
		if (text.trim() === "") return;
		const [action] = members(readJson(text)?.root);
		if (action?.value.type !== "object") {
			// OpenSearch refuses the whole body: which of its lines are actions, nobody can tell.
			checkWords(text, this.#names);
			this.#unreadable = true;
			return;
		}
		for (const { name, value } of members(action.value))
			if (name === "_index")
				missingExclusions(String(value.value), this.#names, { hidden: false });
		this.#inDocument = action.name !== "delete";
	}
}

/** A line of white space, found without a text: a body may hold millions of them. */
function isBlank(bytes: Buffer, start: number, end: number): boolean {
	for (let at = start; at < end; at++)
		if (!blanks.includes(bytes[at] ?? 0)) return false;
	return true;
}
