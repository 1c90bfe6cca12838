import type {
	FastifyPluginAsyncTypebox,
	TypeBoxTypeProvider,
} from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { SidecarError } from "../errors.ts";
import { type BodyLimit, readBody } from "../http/client-body.ts";
import type { DocumentSearch } from "../services/document-search.ts";
import { leaveBodies } from "./json-bodies.ts";

export interface SearchRoutesOptions {
	search: DocumentSearch;
	bodyLimit: BodyLimit;
}

/** What is searched, and where in the API. */
const searched = [
	["model", "models"],
	["task", "tasks"],
	["model_group", "model_groups"],
] as const;

/** For clients that can't send a body with a GET. */
const Parameters = Type.Object({
	source: Type.Optional(Type.String()),
	source_content_type: Type.Optional(Type.String()),
});

/** `_search` among models, tasks and model groups: the search is the body, or the parameter `source`. */
export function searchRoutes(
	options: SearchRoutesOptions,
): FastifyPluginAsyncTypebox {
	const { search, bodyLimit } = options;
	return async (scope) => {
		const app: FastifyInstance = scope;
		leaveBodies(app);
		const routes = app.withTypeProvider<TypeBoxTypeProvider>();
		for (const [kind, segment] of searched)
			routes.route({
				method: ["GET", "POST"],
				url: `/_plugins/_ml/${segment}/_search`,
				schema: { querystring: Parameters },
				handler: async (request, reply) => {
					const text = await readSearch(request, request.query, bodyLimit);
					const { status, body } = await search.search(kind, text);
					return reply.status(status).send(body);
				},
			});
	};
}

async function readSearch(
	request: FastifyRequest,
	{ source, source_content_type: type }: Static<typeof Parameters>,
	limit: BodyLimit,
): Promise<string> {
	const body = await readBody(request, limit);
	if (body.length > 0) return body.toString("utf8");
	if (source === undefined)
		throw new SidecarError(
			"bad_definition",
			"request body or source parameter is required",
		);
	if (type === undefined)
		throw new SidecarError(
			"bad_request",
			"source and source_content_type parameters are required",
		);
	if (!/^application\/(?:x-nd)?json\b/i.test(type))
		throw new SidecarError(
			"bad_request",
			`source_content_type [${type}] is not supported: application/json is`,
		);
	return source;
}
