import type { FastifyRequest } from "fastify";
import pLimit from "p-limit";
import { isEncoded, readBody } from "../http/client-body.ts";
import type { QueryParameters } from "../http/query-parameters.ts";
import type { MultiSearch } from "../search/multi-search.ts";
import type { SearchRequest } from "../services/search/search-plan.ts";
import {
	type ReadSearch,
	readSearch,
	type SearchRouteOptions,
} from "./planned-search.ts";
import type { QueryRequest } from "./query-route.ts";

/** Searches of one request of which it is asked at a time whether there is anything to do for them: OpenSearch may be asked for each. */
const askedAtOnce = 8;

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

/** Those that are found for several searches, in their order, a few at a time. */
export function eachOf<T>(
	asked: readonly SearchRequest[],
	find: (one: SearchRequest) => Promise<T>,
): Promise<T[]> {
	const queue = pLimit(askedAtOnce);
	return Promise.all(asked.map((one) => queue(() => find(one))));
}
