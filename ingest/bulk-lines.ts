import { isObject } from "./json.ts";

/** What a bulk request does with one document. */
export interface BulkAction {
	readonly operation: "index" | "create" | "update" | "delete";
	/** Index, id and pipeline of the action line; undefined where it leaves them to the request. */
	readonly index: string | undefined;
	readonly id: string | undefined;
	readonly pipeline: string | undefined;
}

/**
 * One document of a bulk body, its lines as they came, each with its line break: an action with its source,
 * or lines that have no meaning here (blank, or broken) and are only to be handed on.
 */
export interface BulkItem {
	readonly action: BulkAction | undefined;
	readonly actionLine: Buffer;
	readonly source: Buffer | undefined;
}

/** A line of a bulk body is longer than it may be. */
export class LineTooLong extends Error {
	override readonly name = "LineTooLong";
}

const lineBreak = 0x0a;

/** The lines of a body, each with its line break; the last one may have none. */
export async function* splitLines(
	body: AsyncIterable<Uint8Array>,
	limit: number,
): AsyncGenerator<Buffer> {
	let parts: Buffer[] = [];
	let length = 0;
	for await (const chunk of body) {
		let piece = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
		for (;;) {
			const end = piece.indexOf(lineBreak);
			const part = end === -1 ? piece : piece.subarray(0, end + 1);
			length += part.length;
			if (length > limit)
				throw new LineTooLong(`a line is longer than ${limit} bytes`);
			if (part.length > 0) parts.push(part);
			if (end === -1) break;
			yield parts.length === 1 ? part : Buffer.concat(parts);
			parts = [];
			length = 0;
			piece = piece.subarray(end + 1);
		}
	}
	if (length > 0) yield Buffer.concat(parts);
}

/**
 * The items of a bulk body. From the first line on that should be an action and is none, every line is handed
 * on without one: what follows can't be told apart, and OpenSearch refuses the whole body.
 */
export async function* readItems(
	lines: AsyncIterable<Buffer>,
): AsyncGenerator<BulkItem> {
	let broken = false;
	let pending: { action: BulkAction; actionLine: Buffer } | undefined;
	for await (const line of lines) {
		if (pending) {
			yield { ...pending, source: line };
			pending = undefined;
			continue;
		}
		const action: BulkAction | undefined = broken
			? undefined
			: parseAction(line);
		if (action && action.operation !== "delete") {
			pending = { action, actionLine: line };
			continue;
		}
		broken ||= action === undefined && !isBlank(line);
		yield { action, actionLine: line, source: undefined };
	}
	if (pending) yield { ...pending, source: undefined };
}

const operations = ["index", "create", "update", "delete"] as const;

function parseAction(line: Buffer): BulkAction | undefined {
	const parsed = parseJson(line.toString("utf8"));
	if (!isObject(parsed)) return undefined;
	const [name, ...others] = Object.keys(parsed);
	const operation = operations.find((known) => known === name);
	if (!operation || others.length > 0) return undefined;
	const options = parsed[operation];
	if (!isObject(options)) return undefined;
	return {
		operation,
		index: stringOf(options._index),
		id: stringOf(options._id),
		pipeline: stringOf(options.pipeline),
	};
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function stringOf(value: unknown): string | undefined {
	return typeof value === "string" && value !== "" ? value : undefined;
}

function isBlank(line: Buffer): boolean {
	return line.toString("latin1").trim() === "";
}
