import type { FastifyPluginAsync } from "fastify";
import { readUpdate } from "../services/by-scroll/update-plan.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import type { ScrollRouteOptions } from "./reindex.ts";
import { readScrollBody, runScroll } from "./scroll-requests.ts";
import { byScroll } from "./scrolled-query.ts";
import { sendQuery } from "./sent-query.ts";

interface UpdateRequest {
	Params: { index: string };
	Querystring: { pipeline?: string };
}

/** `_update_by_query`: where a pipeline embeds what is written back, the sidecar does it itself; else it plans the search. */
export function updateByQuery(options: ScrollRouteOptions): FastifyPluginAsync {
	const { upstream, service, pipelines, callers, searching } = options;
	return async (app) => {
		keepBodiesRaw(app);
		app.post<UpdateRequest>(
			"/:index/_update_by_query",
			async (request, reply) => {
				const { index } = request.params;
				const { pipeline } = request.query;
				if (
					!(await pipelines.anyGuarded()) ||
					!(await service.concernsUpdate(index, pipeline))
				)
					return sendQuery(request, reply, {
						query: byScroll(index, request.originalUrl),
						options: searching,
					});
				await callers.identify(request.raw.headers);
				const { members, forward } = await readScrollBody(
					request,
					reply,
					options,
				);
				if (!members) return forward();
				return runScroll({
					request,
					reply,
					upstream,
					service,
					action: "update",
					body: members,
					readPlan: (parameters) => readUpdate(index, members, parameters),
				});
			},
		);
	};
}
