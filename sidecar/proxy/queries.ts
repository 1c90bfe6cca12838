import type { FastifyPluginAsync } from "fastify";
import { knownParameters } from "./client-timeout.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import type { SearchRouteOptions } from "./planned-search.ts";
import { answerQueries } from "./query-route.ts";
import { byScroll } from "./scrolled-query.ts";
import { sendQuery } from "./sent-query.ts";

/** The index is a parameter. */
const asynchronous = [
	"/_plugins/_asynchronous_search",
	"/_opendistro/_asynchronous_search",
];

/** `_count`, `_explain`, `_field_caps`, `_delete_by_query` and asynchronous searches. */
export function queries(options: SearchRouteOptions): FastifyPluginAsync {
	return async (app) => {
		keepBodiesRaw(app);
		for (const api of ["_count", "_explain/:id", "_field_caps"])
			answerQueries(app, api, (request, reply) =>
				sendQuery(request, reply, {
					query: {
						target: request.params.index,
						parameters: knownParameters(request.originalUrl),
						answersHits: false,
					},
					options,
				}),
			);
		app.post<{ Params: { index: string } }>(
			"/:index/_delete_by_query",
			(request, reply) =>
				sendQuery(request, reply, {
					query: byScroll(request.params.index, request.originalUrl),
					options,
				}),
		);
		for (const url of asynchronous)
			app.post(url, (request, reply) => {
				const parameters = knownParameters(request.originalUrl);
				return sendQuery(request, reply, {
					query: {
						target: parameters.get("index"),
						parameters,
						answersHits: true,
						mayChangeAnswer: false,
					},
					options,
				});
			});
	};
}
