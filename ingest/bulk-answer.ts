import { isObject, type JsonObject } from "./json.ts";

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
	readonly status: number;
	readonly index: string | undefined;
	/** Undefined where OpenSearch names none: a document that was to get one, and failed before. */
	readonly id: string | undefined;
	readonly error:
		| { readonly type: string; readonly reason: string }
		| undefined;
	/** It never left the pipeline: a processor failed on it or dropped it. */
	readonly unsent: boolean;
}

/** What was asked for one item. */
export interface BulkTarget {
	readonly index: string | undefined;
	readonly id: string | undefined;
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
	const inPlace = targets.every(({ id }, place) => {
		const result = results[place];
		return !result?.unsent || id === undefined || result.id === id;
	});
	if (inPlace) return results;
	const unsent = results.filter((result) => result.unsent);
	const take = (fits: (result: BulkResult) => boolean) => {
		const at = unsent.findIndex(fits);
		return at < 0 ? undefined : unsent.splice(at, 1)[0];
	};
	const isFree = ({ id }: BulkResult) =>
		!targets.some((target) => target.id === id && id !== undefined);
	return results.map((result, place) => {
		if (!result.unsent) return result;
		const { index, id } = targets[place] ?? {};
		const own =
			id === undefined
				? (take((one) => one.index === index && isFree(one)) ?? take(isFree))
				: (take((one) => one.id === id && one.index === index) ??
					take((one) => one.id === id));
		return own ?? take(() => true) ?? result;
	});
}

/** An item's result that says that it failed. */
export function failedResult(
	operation: string,
	target: BulkTarget,
	failure: { status: number; type: string; reason: string },
): BulkResult {
	const { status, type, reason } = failure;
	const { index, id } = target;
	const outcome = {
		_index: index ?? null,
		_id: id ?? null,
		status,
		error: { type, reason },
	};
	return {
		json: JSON.stringify({ [operation]: outcome }),
		status,
		index,
		id,
		error: { type, reason },
		unsent: true,
	};
}

function readResult(json: string): BulkResult | undefined {
	const parsed: unknown = JSON.parse(json);
	const [outcome] = isObject(parsed) ? Object.values(parsed) : [];
	if (!isObject(outcome)) return undefined;
	const { status, _index: index, _id: id } = outcome;
	const error = readError(outcome);
	return {
		json,
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
