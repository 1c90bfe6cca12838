import type { FastifyReply, FastifyRequest } from "fastify";
import { errorEnvelope, RefusedCall, SidecarError } from "../errors.ts";
import {
	type AnswerStep,
	changedAnswer,
} from "../search/answers/search-answer.ts";
import type { MultiSearch } from "../search/multi-search.ts";
import { splicedAnswer } from "../search/multi-search-answer.ts";
import type {
	PlannedSearch,
	SearchPlan,
	SearchTerms,
} from "../services/search/search-plan.ts";
import { madeAnswer, readWish, sendJson } from "./changed-answer.ts";
import type { SearchRouteOptions } from "./planned-search.ts";
import { headersOf, notesOf } from "./search-notes.ts";
import type { BodyAddress } from "./source-parameter.ts";
import type { Replacement } from "./upstream.ts";

/** The searches of one request, and what becomes of each, in their order. */
export interface PlannedSearches {
	searches: MultiSearch;
	planned: readonly PlannedSearch[];
	/** The line that is sent for a planned search. */
	lineOf(plan: SearchPlan, place: number): string;
	/** The request as it was sent. */
	sent: Replacement | undefined;
	/** Where else it is sent to than that. */
	address: BodyAddress | undefined;
	terms: SearchTerms;
	options: SearchRouteOptions;
}

/**
 * Sends several searches on and their answers back. Where all can be run, the answer streams through; those that
 * can't are left out, and OpenSearch's answer, read whole (up to SIDECAR_ANSWER_LIMIT bytes), gets their errors.
 *
 * @throws SidecarError for a search that can't be parsed: OpenSearch refuses the whole request then
 */
export async function sendPlannedSearches(
	request: FastifyRequest,
	reply: FastifyReply,
	several: PlannedSearches,
): Promise<FastifyReply> {
	const { searches, planned, terms, options, address, sent } = several;
	const { upstream } = options;
	for (const { error } of planned)
		if (error instanceof SidecarError && error.code === "bad_query")
			throw error;
	const changes = changesOf(several);
	if (changes.size === 0) return upstream.forward(request, reply, sent);
	const body = searches.render(changes);
	const headers = () => headersOf(notesOf(planned), terms, options);
	const failures = failuresOf(planned);
	if (
		failures.size === 0 &&
		planned.every(({ plan }) => !plan || plan.answerSteps.length === 0)
	)
		return upstream.forward(request, reply, {
			body,
			...address,
			addedHeaders: headers,
		});
	const { plainUrl, format } = readWish(request, address?.url);
	const answer =
		body.length === 0
			? nothingSent
			: await upstream.read(request, {
					url: plainUrl,
					body,
					json: true,
					signal: terms.signal,
				});
	const json =
		answer.status === 200
			? await splicedAnswer(answer.body, {
					added: failures,
					change: (one, place) =>
						changedOrRefused(one, planned[place]?.plan?.answerSteps ?? []),
				})
			: answer.body;
	reply.headers(headers());
	return sendJson(reply, answer, { json, format });
}

/** What OpenSearch would answer to no search, if it took that. */
const nothingSent = madeAnswer(200, '{"took":0,"responses":[]}');

function changesOf({
	planned,
	lineOf,
}: PlannedSearches): Map<number, string | undefined> {
	const changes = new Map<number, string | undefined>();
	for (const [place, { plan, error }] of planned.entries())
		if (plan) changes.set(place, lineOf(plan, place));
		else if (error) changes.set(place, undefined);
	return changes;
}

function failuresOf(planned: readonly PlannedSearch[]): Map<number, string> {
	return new Map(
		planned.flatMap(({ error }, place) =>
			error ? [[place, answerOf(error)] as const] : [],
		),
	);
}

/** One search whose answer can't be changed keeps no other from being answered. */
async function changedOrRefused(
	answer: string,
	steps: readonly AnswerStep[],
): Promise<string> {
	try {
		return await changedAnswer(answer, steps);
	} catch (error) {
		if (error instanceof SidecarError) return answerOf(error);
		throw error;
	}
}

function answerOf(error: SidecarError | RefusedCall): string {
	return error instanceof RefusedCall
		? error.answer.body
		: JSON.stringify(errorEnvelope(error));
}
