import type { FastifyPluginAsync } from "fastify";
import { type BodyLimit, hasBody } from "../http/client-body.ts";
import { clientSignal } from "../http/client-signal.ts";
import { truncatedTextsHeaders } from "../http/truncated-texts.ts";
import type { CallerService } from "../services/callers.ts";
import type { SearchService } from "../services/search/search-service.ts";
import { TruncatedTexts } from "../services/truncated-texts.ts";
import { forwardChanged } from "./changed-body.ts";
import { knownParameters } from "./client-timeout.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import type { Upstream } from "./upstream.ts";

export interface SearchRouteOptions {
	upstream: Upstream;
	search: SearchService;
	callers: CallerService;
	bodyLimit: BodyLimit;
}

interface Target {
	Params: { index?: string };
}

/** `_search`: `neural` queries become `knn` queries on the way. */
export function search(options: SearchRouteOptions): FastifyPluginAsync {
	const { upstream, search, callers, bodyLimit } = options;
	return async (app) => {
		keepBodiesRaw(app);
		for (const url of ["/_search", "/:index/_search"])
			app.route<Target>({
				method: ["GET", "POST"],
				url,
				handler: async (request, reply) => {
					if (!hasBody(request.raw)) return upstream.forward(request, reply);
					const signal = clientSignal(reply);
					const truncated = new TruncatedTexts();
					return forwardChanged(request, reply, {
						upstream,
						limit: bodyLimit,
						change: async (body) => {
							if (!search.concerns(body)) return undefined;
							await callers.identify(request.raw.headers);
							const planned = await search.plan(
								{
									body,
									target: request.params.index,
									parameters: knownParameters(request.originalUrl),
									answersHits: true,
								},
								{ signal, truncated },
							);
							return planned?.body;
						},
						addedHeaders: () => truncatedTextsHeaders(truncated.count),
						passLarge: (bytes) => !search.concerns(bytes),
					});
				},
			});
	};
}
