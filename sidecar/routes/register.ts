import type {
	FastifyPluginAsyncTypebox,
	TypeBoxTypeProvider,
} from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { RegisterBody } from "../../schemas/register.ts";
import type { BodyLimit } from "../http/client-body.ts";
import { readFlag } from "../http/query-parameters.ts";
import type { UrlRegistration } from "../services/url-registration.ts";
import { readJsonBodies } from "./json-bodies.ts";

const base = "/_plugins/_ml/models";
const Query = Type.Object({ deploy: Type.Optional(Type.String()) });
const Answer = Type.Object({ task_id: Type.String(), status: Type.String() });

/**
 * `/_plugins/_ml/models/_register`, once called `_upload`: by URL, or by the name of a pretrained model. Id and version
 * in the path, where they are, have no meaning: all is in the body.
 */
export function registerRoutes(
	registration: UrlRegistration,
	bodyLimit: BodyLimit,
): FastifyPluginAsyncTypebox {
	return async (scope) => {
		const app: FastifyInstance = scope;
		readJsonBodies(app, bodyLimit);
		const routes = app.withTypeProvider<TypeBoxTypeProvider>();
		for (const name of ["_register", "_upload"])
			for (const url of [
				`${base}/${name}`,
				`${base}/:model_id/:version/${name}`,
			])
				routes.post(
					url,
					{
						schema: {
							querystring: Query,
							body: RegisterBody,
							response: { 200: Answer },
						},
					},
					async ({ body, query }) => ({
						task_id: await registration.register(body, {
							deploy: readFlag(query.deploy),
						}),
						status: "CREATED",
					}),
				);
	};
}
