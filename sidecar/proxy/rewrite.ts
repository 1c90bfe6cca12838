import type { FastifyPluginAsync } from "fastify";
import { bodyText } from "../../ingest/body-text.ts";
import { compact, isTooDeep, parseLeading } from "../../ingest/json-tree.ts";
import { SidecarError } from "../errors.ts";
import { SearchAccess } from "../services/search/search-access.ts";
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
					const sent = plainJson(bodyText(body));
					const terms = termsOf(request, reply, upstream);
					const { index } = request.params;
					const refusal = await new SearchAccess(terms.call).refusal(index);
					if (refusal) throw refusal;
					const plan = await search.plan(
						{
							body,
							target: index,
							parameters: knownParameters(request.originalUrl),
							answersHits: true,
						},
						terms,
					);
					reply.type("application/json");
					return plan ? rewritten(plan) : `{"rewritten":false,"body":${sent}}`;
				},
			});
	};
}

function rewritten({ body, queries, embedMs, tookMs }: SearchPlan): string {
	return `{"rewritten":true,"body":${plainJson(body)},"queries":${JSON.stringify(queries)},"embed_ms":${embedMs},"took_ms":${tookMs}}`;
}

/**
 * A body without what OpenSearch passes over in it: comments, and what stands behind the object.
 *
 * @throws SidecarError bad_json
 */
function plainJson(text: string): string {
	const root = parseLeading(text);
	if (root?.type === "object" && !isTooDeep(root)) return compact(text, root);
	throw new SidecarError(
		"bad_json",
		"the body of a search has to be a JSON object",
	);
}
