import { isObject } from "../../../ingest/json.ts";
import { SidecarError } from "../../errors.ts";
import { rawElements, rawMembers } from "../raw-json.ts";
import type { SubHit } from "./candidates.ts";

/** What a sub-query found on one shard. */
export interface SubAnswer {
	/** Best first; those with no score are left out, as neural-search leaves them out. */
	readonly hits: readonly SubHit[];
	/** Whether these are all that it finds. */
	readonly isWhole: boolean;
	/** Whether OpenSearch has not looked further for want of time. */
	readonly timedOut: boolean;
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
 * @throws SidecarError upstream_broken
 */
export function readSubAnswers(
	body: string,
	count: number,
): (SubAnswer | SubFailure)[] {
	const answer = parseAnswer(body);
	const responses = isObject(answer) ? answer.responses : undefined;
	if (!Array.isArray(responses) || responses.length !== count) throw broken();
	const texts = responses.some(hasFields)
		? rawElements(rawMembers(body).get("responses"))
		: [];
	return responses.map((response: unknown, place) => {
		if (!isObject(response)) throw broken();
		const { error, status } = response;
		if (error === undefined) return readResponse(response, texts[place]);
		return {
			status: typeof status === "number" ? status : 500,
			body: JSON.stringify({ error, status }),
		};
	});
}

/** The answer of a search alone. @throws SidecarError upstream_broken */
export function readSubAnswer({
	status,
	body,
}: SubFailure): SubAnswer | SubFailure {
	return status === 200
		? readResponse(parseAnswer(body), body)
		: { status, body };
}

/** @param text of the response; needed where the hits have fields */
function readResponse(response: unknown, text: string | undefined): SubAnswer {
	if (!isObject(response)) throw broken();
	const { hits: found, _shards: shards } = response;
	const hits = hitsOf(response);
	if (!isObject(found) || hits === undefined) throw broken();
	const total = isObject(found.total) ? found.total : {};
	const groups =
		text !== undefined && hasFields(response) ? groupsOf(text) : [];
	return {
		hits: hits
			.map((hit, place) => readHit(hit, groups[place]))
			.filter(({ score }) => score > 0),
		timedOut: response.timed_out === true,
		isWhole:
			response.timed_out === false &&
			response.terminated_early !== true &&
			isObject(shards) &&
			shards.failed === 0 &&
			total.relation === "eq" &&
			total.value === hits.length,
	};
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

/** The fields of each hit as they stand there: a `long` has more digits than a number of JavaScript's. */
function groupsOf(text: string): (string | undefined)[] {
	const found = rawMembers(text).get("hits") ?? "";
	return rawElements(rawMembers(found).get("hits")).map((hit) =>
		rawMembers(hit).get("fields"),
	);
}

function readHit(hit: unknown, group: string | undefined): SubHit {
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
		...(group !== undefined && { group }),
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
