import type { FastifyReply, FastifyRequest } from "fastify";
import { type BodyLimit, hasBody, isEncoded } from "../http/client-body.ts";
import { clientSignal } from "../http/client-signal.ts";
import { withParameters } from "../http/query-parameters.ts";
import { changedAnswer } from "../search/answers/search-answer.ts";
import { mayConcern } from "../search/search-signs.ts";
import type { CallerService } from "../services/callers.ts";
import type {
	SearchPlan,
	SearchTerms,
} from "../services/search/search-plan.ts";
import type { SearchService } from "../services/search/search-service.ts";
import { TruncatedTexts } from "../services/truncated-texts.ts";
import { madeAnswer, readWish, sendJson } from "./changed-answer.ts";
import { readInflated } from "./changed-body.ts";
import { clientCall } from "./client-call.ts";
import { headersOf } from "./search-notes.ts";
import { type BodyAddress, bodyInUrl } from "./source-parameter.ts";
import type { Replacement, Upstream } from "./upstream.ts";

export interface SearchRouteOptions {
	upstream: Upstream;
	search: SearchService;
	callers: CallerService;
	bodyLimit: BodyLimit;
	/** Whether answers say how long the models took. */
	tellsEmbedMs: boolean;
}

/** A search as it was sent, and its body where it may be the sidecar's to rewrite. */
export interface ReadSearch {
	/** As it came. */
	sent: Replacement | undefined;
	/** Inflated; undefined where the search goes on as it came. */
	body: Buffer | undefined;
	/** How another body than that of the URL is sent, where that was there. */
	address?: BodyAddress;
}

/**
 * Reads a search. One past the limit goes on unread unless the sidecar has to rewrite it, as far as can be seen.
 *
 * @throws SidecarError too_large, too_many_requests
 */
export async function readSearch(
	request: FastifyRequest,
	{ bodyLimit }: SearchRouteOptions,
): Promise<ReadSearch> {
	if (!hasBody(request.raw)) return { sent: undefined, ...bodyInUrl(request) };
	return readInflated(
		request,
		bodyLimit,
		(prefix) => !isEncoded(request) && !mayConcern(prefix),
	);
}

/** On what terms a client's searches are planned. */
export function termsOf(
	request: FastifyRequest,
	reply: FastifyReply,
	upstream: Upstream,
): SearchTerms {
	const signal = clientSignal(reply);
	return {
		signal,
		truncated: new TruncatedTexts(),
		call: clientCall(upstream, request, signal),
	};
}

/**
 * Sends a planned search on and its answer back. An answer that is to be changed is read whole, up to
 * SIDECAR_ANSWER_LIMIT bytes; any other one passes as it comes.
 */
export async function sendPlanned(
	request: FastifyRequest,
	reply: FastifyReply,
	planned: {
		plan: SearchPlan;
		terms: SearchTerms;
		options: SearchRouteOptions;
		/** Without it: the client's. */
		address?: BodyAddress | undefined;
	},
): Promise<FastifyReply> {
	const { plan, terms, options, address } = planned;
	const { upstream } = options;
	const addedHeaders = () => headersOf(plan, terms, options);
	const { spentParameters } = plan;
	const sentUrl =
		spentParameters.size === 0
			? address?.url
			: withParameters(
					address?.url ?? request.originalUrl,
					(name) => !spentParameters.has(name),
				);
	if (!plan.answer && plan.answerSteps.length === 0)
		return upstream.forward(request, reply, {
			body: plan.body,
			...address,
			...(sentUrl !== undefined && { url: sentUrl }),
			addedHeaders,
		});
	const { plainUrl, format } = readWish(request, sentUrl);
	const answer = plan.answer
		? { ...madeAnswer(200, plan.answer.json), headers: plan.answer.headers }
		: await upstream.read(request, {
				url: plainUrl,
				body: plan.body,
				json: true,
				signal: terms.signal,
			});
	const json = await changedAnswer(answer.body, plan.answerSteps);
	reply.headers(addedHeaders());
	return sendJson(reply, answer, { json, format });
}
