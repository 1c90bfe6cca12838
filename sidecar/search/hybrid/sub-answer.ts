import { isObject } from "../../../ingest/json.ts";
import { SidecarError } from "../../errors.ts";
import type { SubHit } from "./candidates.ts";

/** What a sub-query found on one shard. */
export interface SubAnswer {
	/** Best first; those with no score are left out, as neural-search leaves them out. */
	readonly hits: readonly SubHit[];
	/** Whether these are all that it finds. */
	readonly isWhole: boolean;
}

/** What OpenSearch says, as JSON, where a search failed. */
export interface SubFailure {
	readonly status: number;
	readonly body: string;
}

/**
 * The answers of an `_msearch`, in the order of its searches.
 *
 * @throws SidecarError upstream_broken
 */
export function readSubAnswers(body: string): (SubAnswer | SubFailure)[] {
	const answer: unknown = JSON.parse(body);
	const responses = isObject(answer) ? answer.responses : undefined;
	if (!Array.isArray(responses)) throw broken();
	return responses.map((response: unknown) => {
		if (!isObject(response)) throw broken();
		const { error, status } = response;
		if (error === undefined) return readResponse(response);
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
	return status === 200 ? readResponse(JSON.parse(body)) : { status, body };
}

function readResponse(response: unknown): SubAnswer {
	if (!isObject(response)) throw broken();
	const { hits: found, _shards: shards } = response;
	const hits = isObject(found) ? found.hits : undefined;
	if (!isObject(found) || !Array.isArray(hits)) throw broken();
	const total = isObject(found.total) ? found.total : {};
	return {
		hits: hits.map(readHit).filter(({ score }) => score > 0),
		isWhole:
			response.timed_out === false &&
			response.terminated_early !== true &&
			isObject(shards) &&
			shards.failed === 0 &&
			total.relation === "eq" &&
			total.value === hits.length,
	};
}

function readHit(hit: unknown): SubHit {
	if (!isObject(hit)) throw broken();
	const { _index: index, _id: id, _score: score, sort, fields } = hit;
	if (typeof index !== "string" || typeof id !== "string") throw broken();
	const doc: unknown = Array.isArray(sort) ? sort[1] : undefined;
	const explanation = hit._explanation;
	return {
		index,
		id,
		score: typeof score === "number" ? Math.fround(score) : 0,
		doc: typeof doc === "number" ? doc : undefined,
		...(fields !== undefined && { group: JSON.stringify(fields) }),
		...(explanation !== undefined && {
			explanation: JSON.stringify(explanation),
		}),
	};
}

function broken(): SidecarError {
	return new SidecarError(
		"upstream_broken",
		"OpenSearch's answer to the sub-queries is not the JSON that was to be expected",
	);
}
