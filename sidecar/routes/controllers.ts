import type {
	FastifyPluginAsyncTypebox,
	TypeBoxTypeProvider,
} from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { ControllerBody } from "../../schemas/controller.ts";
import type { BodyLimit } from "../http/client-body.ts";
import type { ControllerService } from "../services/controllers.ts";
import { readJsonBodies } from "./json-bodies.ts";

export interface ControllerRoutesOptions {
	controllers: ControllerService;
	bodyLimit: BodyLimit;
}

const url = "/_plugins/_ml/controllers/:model_id";
/** ml-commons takes it, and does nothing with it. */
const Ignored = Type.Object({ return_content: Type.Optional(Type.Unknown()) });
const ById = Type.Object({ model_id: Type.String() });
const Stored = Type.Object({ model_id: Type.String(), status: Type.String() });

/** `/_plugins/_ml/controllers/{model_id}`: how often each user may ask a model. */
export function controllerRoutes(
	options: ControllerRoutesOptions,
): FastifyPluginAsyncTypebox {
	const { controllers, bodyLimit } = options;
	return async (scope) => {
		const app: FastifyInstance = scope;
		readJsonBodies(app, bodyLimit);
		const routes = app.withTypeProvider<TypeBoxTypeProvider>();

		routes.post(
			url,
			{
				schema: {
					params: ById,
					body: ControllerBody,
					response: { 200: Stored },
				},
			},
			async ({ params, body }) => ({
				model_id: params.model_id,
				status: await controllers.create(params.model_id, body),
			}),
		);

		routes.put(
			url,
			{ schema: { params: ById, body: ControllerBody } },
			({ params, body }) => controllers.update(params.model_id, body),
		);

		routes.get(
			url,
			{ schema: { params: ById, querystring: Ignored } },
			({ params }) => controllers.get(params.model_id),
		);

		routes.delete(url, { schema: { params: ById } }, ({ params }) =>
			controllers.delete(params.model_id),
		);
	};
}
