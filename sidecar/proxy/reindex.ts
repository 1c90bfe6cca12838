import type { FastifyPluginAsync } from "fastify";
import type { BodyLimit } from "../http/client-body.ts";
import {
	readDestination,
	readReindex,
	refuseRemote,
} from "../services/by-scroll/reindex-plan.ts";
import type { ScrollService } from "../services/by-scroll/scroll-service.ts";
import type { CallerService } from "../services/callers.ts";
import type { PipelineService } from "../services/writes/pipelines.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import { readScrollBody, runScroll } from "./scroll-requests.ts";
import type { Upstream } from "./upstream.ts";

export interface ScrollRouteOptions {
	upstream: Upstream;
	service: ScrollService;
	pipelines: PipelineService;
	callers: CallerService;
	bodyLimit: BodyLimit;
}

/** `_reindex`: into an index whose pipeline embeds, the sidecar does it itself. */
export function reindex(options: ScrollRouteOptions): FastifyPluginAsync {
	const { upstream, service, pipelines, callers } = options;
	return async (app) => {
		keepBodiesRaw(app);
		app.post("/_reindex", async (request, reply) => {
			if (!(await pipelines.anyGuarded()))
				return upstream.forward(request, reply);
			const { members, forward } = await readScrollBody(
				request,
				reply,
				options,
			);
			const destination = members && readDestination(members);
			if (!destination) return forward();
			if (!(await service.concernsReindex(members, destination)))
				return forward();
			await callers.identify(request.raw.headers);
			refuseRemote(members);
			return runScroll({
				request,
				reply,
				upstream,
				service,
				action: "reindex",
				body: members,
				readPlan: (parameters) => readReindex(members, parameters, destination),
			});
		});
	};
}
