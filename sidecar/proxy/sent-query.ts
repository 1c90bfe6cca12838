import type { FastifyReply, FastifyRequest } from "fastify";
import { SidecarError } from "../errors.ts";
import type { QueryParameters } from "../http/query-parameters.ts";
import {
	readSearch,
	type SearchRouteOptions,
	sendPlanned,
	termsOf,
} from "./planned-search.ts";

/** What a request asks, besides its body. */
export interface SentQuery {
	/** The indices that it names; undefined where it names none. */
	target: string | undefined;
	parameters: QueryParameters;
	/** Whether the answer has hits. */
	answersHits: boolean;
	/** Whether its answer may be changed, as some search pipelines want it. Without it: it may. */
	mayChangeAnswer?: boolean;
}

/**
 * Sends a request that holds a query on, with queries for models made into queries that OpenSearch knows, and
 * its answer back.
 *
 * @throws SidecarError, RefusedCall
 */
export async function sendQuery(
	request: FastifyRequest,
	reply: FastifyReply,
	{ query, options }: { query: SentQuery; options: SearchRouteOptions },
): Promise<FastifyReply> {
	const { upstream, search, callers } = options;
	const { sent, body, address } = await readSearch(request, options);
	if (!body || !search.concerns(body))
		return upstream.forward(request, reply, sent);
	await callers.identify(request.raw.headers);
	const terms = termsOf(request, reply, upstream);
	const { mayChangeAnswer = true, ...asked } = query;
	const plan = await search.plan({ ...asked, body }, terms);
	if (!plan) return upstream.forward(request, reply, sent);
	if (plan.answerSteps.length > 0 && !mayChangeAnswer)
		throw new SidecarError(
			"bad_request",
			"a search pipeline of the sidecar's that changes answers can't be run for an asynchronous search: its answer may come later than this one",
		);
	return sendPlanned(request, reply, { plan, terms, options, address });
}
