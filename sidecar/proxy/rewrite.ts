import type { FastifyPluginAsync } from "fastify";
import { parseObject } from "../../ingest/json-tree.ts";
import { SidecarError } from "../errors.ts";
import type { SearchPlan } from "../services/search/search-plan.ts";
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
					const text = body.toString("utf8");
					if (!parseObject(text, { allowComments: false }))
						throw new SidecarError(
							"bad_json",
							"the body of a search has to be a JSON object",
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
					return plan ? rewritten(plan) : `{"rewritten":false,"body":${text}}`;
				},
			});
	};
}

function rewritten({ body, queries, embedMs, tookMs }: SearchPlan): string {
	return `{"rewritten":true,"body":${body},"queries":${JSON.stringify(queries)},"embed_ms":${embedMs},"took_ms":${tookMs}}`;
}
