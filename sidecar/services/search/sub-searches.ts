import pLimit from "p-limit";
import { isObject } from "../../../ingest/json.ts";
import { type ErrorCode, RefusedCall, SidecarError } from "../../errors.ts";
import {
	readSubAnswer,
	readSubAnswers,
	type SubAnswer,
	type SubFailure,
} from "../../search/hybrid/sub-answer.ts";
import {
	linesOf,
	type SubSearch,
	urlOf,
} from "../../search/hybrid/sub-search.ts";
import type { ClientCall } from "../writes/client-call.ts";

/** How many searches are sent at a time where they can't be sent together. */
const atOnce = 4;

/** What each of some searches has found, or why it has failed, in their order. */
export type SubAnswers = (SubAnswer | SubFailure)[];

/** {@link sendSubSearches}, and reads the answers. @throws RefusedCall, SidecarError */
export async function runSubSearches(
	searches: readonly SubSearch[],
	call: ClientCall,
): Promise<SubAnswers> {
	const read = await sendSubSearches(searches, call);
	return read();
}

/**
 * Runs searches in the client's name, several of them in one request. On a secured cluster that takes a right of its own:
 * a client that has none but to search sends them one by one.
 *
 * @returns what reads the answers
 * @throws RefusedCall, SidecarError where OpenSearch refuses all of them as one
 */
export async function sendSubSearches(
	searches: readonly SubSearch[],
	call: ClientCall,
): Promise<() => SubAnswers> {
	if (searches.length < 2) return sendOneByOne(searches, call);
	const answer = await call({
		method: "POST",
		url: "/_msearch",
		body: searches.map(linesOf).join(""),
	});
	if (answer.status === 403) return sendOneByOne(searches, call);
	if (answer.status !== 200) throw refusalOf(answer);
	return () =>
		readSubAnswers(answer.body, searches.length, {
			isShown: searches.some(({ isShown }) => isShown),
		});
}

async function sendOneByOne(
	searches: readonly SubSearch[],
	call: ClientCall,
): Promise<() => SubAnswers> {
	const limit = pLimit(atOnce);
	const answers = await Promise.all(
		searches.map((search) =>
			limit(async () => {
				const { body } = search;
				const url = urlOf(search);
				const answer = await call({ method: "POST", url, body });
				return { search, answer };
			}),
		),
	);
	return () =>
		answers.map(({ search, answer }) => readSubAnswer(answer, search));
}

/** Of what stands before OpenSearch and does not speak JSON, by status. */
const unavailable: Partial<Record<number, ErrorCode>> = {
	403: "forbidden",
	429: "too_many_requests",
	503: "upstream_unavailable",
	504: "upstream_timeout",
};

/** The error that an answer is for the client. */
export function refusalOf({
	status,
	body,
}: SubFailure): RefusedCall | SidecarError {
	if (isError(body)) return new RefusedCall({ status, body });
	return new SidecarError(
		unavailable[status] ?? "upstream_broken",
		`a sub-query was answered with status ${status}, and not by OpenSearch as it seems`,
	);
}

/** Whether it is what OpenSearch says of a failure, and may stand in an answer in JSON. */
function isError(body: string): boolean {
	try {
		const answer: unknown = JSON.parse(body);
		return isObject(answer) && answer.error !== undefined;
	} catch (error) {
		if (error instanceof SyntaxError) return false;
		throw error;
	}
}
