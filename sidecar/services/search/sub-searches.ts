import pLimit from "p-limit";
import { RefusedCall } from "../../errors.ts";
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
import type { CallAnswer, ClientCall } from "../writes/client-call.ts";

/** How many searches are sent at a time where they can't be sent together. */
const atOnce = 4;

/**
 * Runs searches in the client's name, all of them in one request. On a secured cluster that takes a right of its own: a
 * client that has none but to search sends them one by one.
 *
 * @throws RefusedCall where OpenSearch refuses one of them
 */
export async function runSubSearches(
	searches: readonly SubSearch[],
	call: ClientCall,
): Promise<SubAnswer[]> {
	const answer = await call({
		method: "POST",
		url: "/_msearch",
		body: searches.map(linesOf).join(""),
	});
	if (answer.status === 403) return runOneByOne(searches, call);
	if (answer.status !== 200) throw new RefusedCall(answer);
	return readSubAnswers(answer.body).map(unlessFailed);
}

async function runOneByOne(
	searches: readonly SubSearch[],
	call: ClientCall,
): Promise<SubAnswer[]> {
	const limit = pLimit(atOnce);
	return Promise.all(
		searches.map((search) =>
			limit(async () => {
				const { body } = search;
				const answer: CallAnswer = await call({
					method: "POST",
					url: urlOf(search),
					body,
				});
				return unlessFailed(readSubAnswer(answer));
			}),
		),
	);
}

function unlessFailed(answer: SubAnswer | SubFailure): SubAnswer {
	if ("status" in answer) throw new RefusedCall(answer);
	return answer;
}
