import type { FastifyPluginAsync } from "fastify";
import { SidecarError } from "../errors.ts";
import { knownParameters } from "./client-timeout.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import {
	readSearch,
	type SearchRouteOptions,
	termsOf,
} from "./planned-search.ts";

interface Target {
	Params: { index?: string };
}

/** `/_sidecar/rewrite`: what a search becomes on its way to OpenSearch, and why, without its being sent. */
export function rewrite(options: SearchRouteOptions): FastifyPluginAsync {
	const { upstream, search, callers } = options;
	return async (app) => {
		keepBodiesRaw(app);
		for (const url of [
			"/_sidecar/rewrite/_search",
			"/_sidecar/rewrite/:index/_search",
		])
			app.route<Target>({
				method: ["GET", "POST"],
				url,
				handler: async (request, reply) => {
					await callers.identify(request.raw.headers);
					const { body } = await readSearch(request, options);
					if (!body)
						throw new SidecarError(
							"bad_request",
							"the body of a search is required",
						);
					const terms = termsOf(request, reply, upstream);
					const plan = await search.plan(
						{
							body,
							target: request.params.index,
							parameters: knownParameters(request.originalUrl),
							answersHits: true,
						},
						terms,
					);
					reply.type("application/json");
					return plan
						? `{"rewritten":true,"body":${plan.body},"queries":${JSON.stringify(plan.queries)},"embed_ms":${plan.embedMs},"took_ms":${plan.tookMs}}`
						: `{"rewritten":false,"body":${body.toString("utf8")}}`;
				},
			});
	};
}
