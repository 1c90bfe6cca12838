import type { Failure } from "../failure.ts";
import { isObject, type JsonObject } from "../json.ts";

/** OpenSearch's answer to a `_bulk`, with its items as they stand in it. */
export interface BulkAnswer {
	/** Milliseconds; `undefined` where no pipeline was run. */
	readonly ingestTook: number | undefined;
	readonly items: readonly BulkResult[];
}

/** What became of one item. */
export interface BulkResult {
	/** As it stands in the answer, `{"index":{…}}`. */
	readonly json: string;
	readonly operation: string;
	readonly status: number;
	readonly index: string | undefined;
	/** Undefined where OpenSearch names none: a document that was to get one, and failed before. */
	readonly id: string | undefined;
	readonly error:
		| { readonly type: string; readonly reason: string }
		| undefined;
	/** It may never have left its pipeline: it has failed, or a processor has dropped it. */
	readonly unsent: boolean;
}

/** What was asked for one item. */
export interface BulkTarget {
	readonly operation: string;
	readonly index: string | undefined;
	readonly id: string | undefined;
	/** Why it will fail, where that is known. */
	readonly reason?: string | undefined;
}

/** Undefined for what is not an answer to a `_bulk` in JSON. */
export function readBulkAnswer(json: string): BulkAnswer | undefined {
	const start = json.indexOf('"items":[');
	if (start < 0) return undefined;
	const items: BulkResult[] = [];
	for (const item of objectsAfter(json, start + '"items":['.length)) {
		const result = readResult(item);
		if (!result) return undefined;
		items.push(result);
	}
	const took = /"ingest_took":(\d+)/.exec(json.slice(0, start))?.[1];
	return { ingestTook: took === undefined ? undefined : Number(took), items };
}

/**
 * The results in the order in which their items were sent. OpenSearch puts what it executed in its place; items that did
 * not come out of their pipelines fill the places between, in the order in which that happened.
 */
export function inOrder(
	results: readonly BulkResult[],
	targets: readonly BulkTarget[],
): readonly BulkResult[] {
	const known = {
		reasons: new Set(targets.flatMap(({ reason }) => reason ?? [])),
		ids: new Set(targets.flatMap(({ id }) => id ?? [])),
	};
	const open = targets.flatMap((target, place) => {
		const result = results[place];
		return result?.unsent && !fits(result, target, known)
			? [{ target, place }]
			: [];
	});
	if (open.length === 0) return results;
	const ordered = [...results];
	const pool = open.flatMap(({ place }) => results[place] ?? []);
	const settle = (
		isOf: (result: BulkResult, target: BulkTarget) => boolean,
	) => {
		for (const { target, place } of open.splice(0)) {
			const at = pool.findIndex((result) => isOf(result, target));
			const [own] = at < 0 ? [] : pool.splice(at, 1);
			if (own) ordered[place] = own;
			else open.push({ target, place });
		}
	};
	settle((result, target) => fits(result, target, known));
	settle((result, target) => isNamed(result, target));
	settle(() => true);
	return ordered;
}

/** Whether a result can be that of an item: an alias is told by its index's name once something was executed. */
function fits(
	result: BulkResult,
	target: BulkTarget,
	known: { reasons: ReadonlySet<string>; ids: ReadonlySet<string> },
): boolean {
	if (!isNamed(result, target)) return false;
	// It got its id when it was executed.
	const gotId = target.id === undefined && result.id !== undefined;
	if (gotId && known.ids.has(result.id)) return false;
	if (!gotId && result.index !== target.index) return false;
	return target.reason === undefined
		? !known.reasons.has(result.error?.reason ?? "")
		: result.error?.reason === target.reason;
}

/** By operation and id. What an update would have inserted fails as an index request, which has no id yet. */
function isNamed(result: BulkResult, target: BulkTarget): boolean {
	if (target.operation === "update" && result.operation === "index")
		return result.id === undefined;
	return (
		result.operation === target.operation &&
		(target.id === undefined || result.id === target.id)
	);
}

/** An item's result that says that it failed. */
export function failedResult(
	{ operation, index, id }: Omit<BulkTarget, "reason">,
	failure: Failure,
): BulkResult {
	const { status, type, reason } = failure;
	const outcome = {
		_index: index ?? null,
		_id: id ?? null,
		status,
		error: { type, reason },
	};
	return {
		json: JSON.stringify({ [operation]: outcome }),
		operation,
		status,
		index,
		id,
		error: { type, reason },
		unsent: true,
	};
}

function readResult(json: string): BulkResult | undefined {
	const parsed: unknown = JSON.parse(json);
	const [entry] = isObject(parsed) ? Object.entries(parsed) : [];
	if (!entry || !isObject(entry[1])) return undefined;
	const [operation, outcome] = entry;
	const { status, _index: index, _id: id } = outcome;
	const error = readError(outcome);
	return {
		json,
		operation,
		status: typeof status === "number" ? status : 500,
		index: typeof index === "string" ? index : undefined,
		id: typeof id === "string" ? id : undefined,
		error,
		// What a processor dropped has the number of no operation.
		unsent: error !== undefined || outcome._seq_no === -2,
	};
}

function readError({ error }: JsonObject): BulkResult["error"] {
	if (!isObject(error)) return undefined;
	return { type: String(error.type), reason: String(error.reason) };
}

/** The objects of a JSON array, as they stand in the text; `start` is behind its bracket. */
function* objectsAfter(json: string, start: number): Generator<string> {
	let depth = 0;
	let begin = start;
	for (let at = start; at < json.length; at++) {
		const character = json[at];
		if (character === '"') {
			at = endOfString(json, at);
		} else if (character === "{" || character === "[") {
			if (depth++ === 0) begin = at;
		} else if (character === "}" || character === "]") {
			if (depth === 0) return;
			if (--depth === 0) yield json.slice(begin, at + 1);
		}
	}
}

/** The place of the quote that ends a string. */
function endOfString(json: string, start: number): number {
	let end = json.indexOf('"', start + 1);
	while (end > 0 && isEscaped(json, end)) end = json.indexOf('"', end + 1);
	return end < 0 ? json.length : end;
}

function isEscaped(json: string, at: number): boolean {
	let backslashes = 0;
	while (json[at - 1 - backslashes] === "\\") backslashes++;
	return backslashes % 2 === 1;
}
