import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { isEncoded, readBody } from "../http/client-body.ts";
import type { QueryParameters } from "../http/query-parameters.ts";
import { MultiSearch } from "../search/multi-search.ts";
import type { SearchRequest } from "../services/search/search-plan.ts";
import { knownParameters } from "./client-timeout.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import {
	type ReadSearch,
	readSearch,
	type SearchRouteOptions,
	termsOf,
} from "./planned-search.ts";
import { sendPlannedSearches } from "./planned-searches.ts";
import { answerQueries, type QueryRequest } from "./query-route.ts";

/** `_msearch`: each of its searches is planned, and all their texts are embedded together. */
export function msearch(options: SearchRouteOptions): FastifyPluginAsync {
	const { upstream, search, callers } = options;
	return async (app) => {
		keepBodiesRaw(app);
		answerQueries(app, "_msearch", answer);
	};

	async function answer(
		request: QueryRequest,
		reply: FastifyReply,
	): Promise<FastifyReply> {
		const { sent, body, address } = await readSearches(request, options);
		const searches = body && MultiSearch.read(body);
		const asked = requestsIn(
			searches,
			request,
			knownParameters(request.originalUrl),
		);
		const concerns = await Promise.all(
			asked.map((one) => search.isConcernedBy(one)),
		);
		if (!searches || !concerns.some(Boolean))
			return upstream.forward(request, reply, sent);
		await callers.identify(request.raw.headers);
		const terms = termsOf(request, reply, upstream);
		return sendPlannedSearches(request, reply, {
			searches,
			planned: await search.planAll(asked, terms),
			lineOf: ({ body }) => body,
			sent,
			address,
			terms,
			options,
		});
	}
}

/**
 * Reads several searches. What was sent in an encoding goes on without: its lines are looked at once more on their way.
 *
 * @throws SidecarError bad_request for a body that is not what its encoding says, too_large, too_many_requests
 */
export async function readSearches(
	request: FastifyRequest,
	options: SearchRouteOptions,
): Promise<ReadSearch> {
	if (!isEncoded(request)) return readSearch(request, options);
	const body = await readBody(request, options.bodyLimit);
	return { sent: { body }, body };
}

/** Each of several searches, where its header says nothing else with what the URL says. */
export function requestsIn(
	searches: MultiSearch | undefined,
	{ params }: QueryRequest,
	ofUrl: QueryParameters,
): SearchRequest[] {
	return (searches?.searches ?? []).map(({ target, parameters, body }) => ({
		body,
		target: target ?? params.index,
		parameters: new Map([...ofUrl, ...parameters]),
		answersHits: true,
	}));
}
