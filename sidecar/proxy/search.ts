import type { FastifyPluginAsync } from "fastify";
import { type BodyLimit, hasBody } from "../http/client-body.ts";
import { clientSignal } from "../http/client-signal.ts";
import { truncatedTextsHeaders } from "../http/truncated-texts.ts";
import type { CallerService } from "../services/callers.ts";
import type { SearchService } from "../services/search.ts";
import { TruncatedTexts } from "../services/truncated-texts.ts";
import { forwardChanged } from "./changed-body.ts";
import { timeoutParameter } from "./client-timeout.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import type { Upstream } from "./upstream.ts";

export interface SearchRouteOptions {
	upstream: Upstream;
	search: SearchService;
	callers: CallerService;
	bodyLimit: BodyLimit;
}

/** `_search`: `neural` queries become `knn` queries on the way. */
export function search(options: SearchRouteOptions): FastifyPluginAsync {
	const { upstream, search, callers, bodyLimit } = options;
	return async (app) => {
		keepBodiesRaw(app);
		for (const url of ["/_search", "/:index/_search"])
			app.route({
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
							const timeout = timeoutParameter(request.originalUrl);
							return search.rewrite(body, { timeout, signal, truncated });
						},
						addedHeaders: () => truncatedTextsHeaders(truncated.count),
						passLarge: (bytes) => !search.concerns(bytes),
					});
				},
			});
	};
}
