import { isObject } from "../../../ingest/json.ts";
import { SidecarError } from "../../errors.ts";
import { rawElements, rawMembers } from "../raw-json.ts";
import type { SubHit } from "./candidates.ts";
import { uncountedName } from "./sub-search.ts";

/** How many documents are found, as OpenSearch says it. */
export interface Total {
	readonly value: number;
	readonly relation: string;
}

/** What a sub-query found on one shard. */
export interface SubAnswer {
	/** Best first; those with no score are left out, as neural-search leaves them out. */
	readonly hits: readonly SubHit[];
	/** Whether these are all that it finds. */
	readonly isWhole: boolean;
	/** Whether OpenSearch has not looked further for want of time. */
	readonly timedOut: boolean;
	/** How many it finds, as far as they are counted. */
	readonly total?: Total | undefined;
	/** How many of them no sub-query before it finds; undefined where that is not asked for. */
	readonly uncounted?: number | undefined;
	/** `_shards`, JSON; undefined where the answer says something that is not in every one. */
	readonly shards?: string | undefined;
}

/** What OpenSearch says, as JSON, where a search failed. */
export interface SubFailure {
	readonly status: number;
	readonly body: string;
}

/** What is not known of a shard that has failed. */
export const failedShard: SubAnswer = {
	hits: [],
	isWhole: false,
	timedOut: false,
};

/**
 * The answers of an `_msearch`, in the order of its searches.
 *
 * @param count how many searches there were
 * @param isShown whether hits may be answered as they are
 * @throws SidecarError upstream_broken
 */
export function readSubAnswers(
	body: string,
	count: number,
	{ isShown = false } = {},
): (SubAnswer | SubFailure)[] {
	const answer = parseAnswer(body);
	const responses = isObject(answer) ? answer.responses : undefined;
	if (!Array.isArray(responses) || responses.length !== count) throw broken();
	const texts =
		isShown || responses.some(hasFields)
			? rawElements(rawMembers(body).get("responses"))
			: [];
	return responses.map((response: unknown, place) => {
		if (!isObject(response)) throw broken();
		const { error, status } = response;
		if (error === undefined)
			return readResponse(response, texts[place], { isShown });
		return {
			status: typeof status === "number" ? status : 500,
			body: JSON.stringify({ error, status }),
		};
	});
}

/** The answer of a search alone, likewise. @throws SidecarError upstream_broken */
export function readSubAnswer(
	{ status, body }: SubFailure,
	{ isShown = false } = {},
): SubAnswer | SubFailure {
	return status === 200
		? readResponse(parseAnswer(body), body, { isShown })
		: { status, body };
}

/** @param text of the response; needed where hits have fields, or are shown */
function readResponse(
	response: unknown,
	text: string | undefined,
	{ isShown }: { isShown: boolean },
): SubAnswer {
	if (!isObject(response)) throw broken();
	const { hits: found, _shards: shards } = response;
	const hits = hitsOf(response);
	if (!isObject(found) || hits === undefined) throw broken();
	const total = readTotal(found.total);
	const texts =
		text !== undefined && (isShown || hasFields(response)) ? textsOf(text) : [];
	const isComplete =
		response.timed_out === false &&
		response.terminated_early !== true &&
		isObject(shards) &&
		shards.failed === 0;
	return {
		hits: hits
			.map((hit, place) => readHit(hit, texts[place]))
			.filter(({ score }) => score > 0),
		timedOut: response.timed_out === true,
		isWhole:
			isComplete && total?.relation === "eq" && total.value === hits.length,
		total,
		uncounted: readUncounted(response.aggregations),
		...(isComplete &&
			Object.keys(response).every((name) => usual.has(name)) && {
				shards: JSON.stringify(shards),
			}),
	};
}

/** What every answer may say, and what is asked for. */
const usual: ReadonlySet<string> = new Set([
	"_shards",
	"aggregations",
	"hits",
	"status",
	"timed_out",
	"took",
]);

function readTotal(total: unknown): Total | undefined {
	if (!isObject(total)) return undefined;
	const { value, relation } = total;
	return typeof value === "number" && typeof relation === "string"
		? { value, relation }
		: undefined;
}

function readUncounted(aggregations: unknown): number | undefined {
	const found = isObject(aggregations)
		? aggregations[uncountedName]
		: undefined;
	const count = isObject(found) ? found.doc_count : undefined;
	return typeof count === "number" ? count : undefined;
}

function hitsOf(response: unknown): readonly unknown[] | undefined {
	const found = isObject(response) ? response.hits : undefined;
	const hits = isObject(found) ? found.hits : undefined;
	return Array.isArray(hits) ? hits : undefined;
}

function hasFields(response: unknown): boolean {
	const hits = hitsOf(response) ?? [];
	return hits.some((hit) => isObject(hit) && hit.fields !== undefined);
}

/** Each hit as it stands there: a `long` has more digits than a number of JavaScript's. */
function textsOf(text: string): string[] {
	const found = rawMembers(text).get("hits") ?? "";
	return rawElements(rawMembers(found).get("hits"));
}

function readHit(hit: unknown, text: string | undefined): SubHit {
	if (!isObject(hit)) throw broken();
	const { _index: index, _id: id, _score: score, sort } = hit;
	if (typeof index !== "string" || typeof id !== "string") throw broken();
	const doc: unknown = Array.isArray(sort) ? sort[1] : undefined;
	const { _explanation: explanation, _routing: routing } = hit;
	return {
		index,
		id,
		score: typeof score === "number" ? Math.fround(score) : 0,
		doc: typeof doc === "number" ? doc : undefined,
		...(typeof routing === "string" && { routing }),
		...(text !== undefined && {
			text,
			...(hit.fields !== undefined && {
				group: rawMembers(text).get("fields"),
			}),
		}),
		...(explanation !== undefined && {
			explanation: JSON.stringify(explanation),
		}),
	};
}

/** What an answer stands for that is asked for a hybrid query. @throws SidecarError upstream_broken for what is no JSON */
export function parseAnswer(body: string): unknown {
	try {
		return JSON.parse(body);
	} catch (cause) {
		throw broken(cause);
	}
}

function broken(cause?: unknown): SidecarError {
	return new SidecarError(
		"upstream_broken",
		"OpenSearch's answer for a hybrid query is not the JSON that was to be expected",
		{ cause },
	);
}
