import { parseTree } from "jsonc-parser";
import { DocumentEdit } from "../document-edit.ts";
import { isObject } from "../json.ts";

/** What a bulk request does with one document. */
export interface BulkAction {
	readonly operation: "index" | "create" | "update" | "delete";
	/** What the action line says; undefined where it leaves that to the request. */
	readonly index: string | undefined;
	readonly id: string | undefined;
	readonly pipeline: string | undefined;
	readonly routing: string | undefined;
}

/**
 * One document of a bulk body, its lines as they came, each with its line break: an action with its source, or a
 * piece of what follows a broken line and is only to be handed on.
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
const brace = 0x7b;
const byteOrderMark = "\ufeff";

/** Size in which lines without a meaning here are handed on. */
const pieceBytes = 65_536;
const pieceLines = 4_096;

/**
 * The lines of a body, each with its line break; the last one may have none. They come together, those that end in one
 * piece of the body: a line may be a single byte, and to hand it on by itself would cost a thousand times as much.
 */
export async function* splitLines(
	body: AsyncIterable<Uint8Array>,
	limit: number,
): AsyncGenerator<Buffer[]> {
	let parts: Buffer[] = [];
	let length = 0;
	for await (const chunk of body) {
		const piece = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
		const lines: Buffer[] = [];
		for (let start = 0; start < piece.length; ) {
			const end = piece.indexOf(lineBreak, start) + 1;
			const part = piece.subarray(start, end === 0 ? piece.length : end);
			length += part.length;
			if (length > limit)
				throw new LineTooLong(`a line is longer than ${limit} bytes`);
			start += part.length;
			parts.push(part);
			if (end === 0) break;
			lines.push(parts.length === 1 ? part : Buffer.concat(parts));
			parts = [];
			length = 0;
		}
		if (lines.length > 0) yield lines;
	}
	if (length > 0) yield [Buffer.concat(parts)];
}

/**
 * The items of a bulk body, in their order; those that end in one batch of lines come together. Blank lines where an action should be, which OpenSearch passes over, stay before the action
 * that follows. From the first line on that should be an action and is none, everything is handed on without one: what
 * follows can't be told apart, and OpenSearch refuses the whole body.
 */
export async function* readItems(
	batches: AsyncIterable<readonly Buffer[]>,
): AsyncGenerator<BulkItem[]> {
	let broken = false;
	/** Lines that are handed on as they are, before what comes next. */
	let passed: Buffer[] = [];
	let passedBytes = 0;
	let pending: { action: BulkAction; actionLine: Buffer } | undefined;
	/** Actions without an id are written alike, one after the other. */
	let last: { line: Buffer; action: BulkAction | undefined } | undefined;
	const read = (line: Buffer) => {
		if (!last?.line.equals(line)) last = { line, action: parseAction(line) };
		return last.action;
	};
	const take = (line?: Buffer): Buffer => {
		if (line && passed.length === 0) return line;
		const taken = Buffer.concat(line ? [...passed, line] : passed);
		passed = [];
		passedBytes = 0;
		return taken;
	};
	for await (const lines of batches) {
		const items: BulkItem[] = [];
		for (const line of lines) {
			if (pending) {
				const { action, actionLine } = pending;
				items.push({ action, actionLine, source: line });
				pending = undefined;
				continue;
			}
			const blank: boolean = !broken && isBlank(line);
			const action: BulkAction | undefined =
				broken || blank ? undefined : read(line);
			if (!action) {
				broken ||= !blank;
				passed.push(line);
				passedBytes += line.length;
				if (passedBytes >= pieceBytes || passed.length >= pieceLines)
					items.push({
						action: undefined,
						actionLine: take(),
						source: undefined,
					});
			} else if (action.operation === "delete") {
				items.push({ action, actionLine: take(line), source: undefined });
			} else {
				pending = { action, actionLine: take(line) };
			}
		}
		if (items.length > 0) yield items;
	}
	if (pending) yield [{ ...pending, source: undefined }];
	else if (passed.length > 0)
		yield [{ action: undefined, actionLine: take(), source: undefined }];
}

/** An action line that names a pipeline; everything else of it stays. */
export function withPipeline(actionLine: Buffer, pipeline: string): Buffer {
	const text = actionLine.toString("utf8").replace(byteOrderMark, "");
	const root = parseTree(text);
	const options = root?.children?.[0]?.children?.[1];
	if (options?.type !== "object") return actionLine;
	const edit = new DocumentEdit(text);
	edit.set(options, ["pipeline"], JSON.stringify(pipeline));
	return Buffer.from(edit.apply(), "utf8");
}

const operations = ["index", "create", "update", "delete"] as const;

function parseAction(line: Buffer): BulkAction | undefined {
	const parsed = parseJson(line.toString("utf8").replace(byteOrderMark, ""));
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
		routing: stringOf(options.routing),
	};
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** OpenSearch takes numbers and booleans for names, too. */
function stringOf(value: unknown): string | undefined {
	if (typeof value === "number" || typeof value === "boolean")
		return String(value);
	return typeof value === "string" && value !== "" ? value : undefined;
}

function isBlank(line: Buffer): boolean {
	if (line[0] === brace) return false;
	return (
		(line.length === 1 && line[0] === lineBreak) ||
		line.toString("latin1").trim() === ""
	);
}
