import type { FastifyPluginAsync, FastifyReply } from "fastify";
import { MultiSearch } from "../search/multi-search.ts";
import { knownParameters } from "./client-timeout.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import { type SearchRouteOptions, termsOf } from "./planned-search.ts";
import { sendPlannedSearches } from "./planned-searches.ts";
import { answerQueries, type QueryRequest } from "./query-route.ts";
import { eachOf, readSearches, requestsIn } from "./read-searches.ts";

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
		const mayBe =
			body && (search.concerns(body) || (await search.anyPipelines()));
		const searches = mayBe ? MultiSearch.read(body) : undefined;
		const asked = requestsIn(
			searches,
			request,
			knownParameters(request.originalUrl),
		);
		const concerns = await eachOf(asked, (one) => search.isConcernedBy(one));
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
