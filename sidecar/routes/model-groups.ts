import type {
	FastifyPluginAsyncTypebox,
	TypeBoxTypeProvider,
} from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { ModelGroupBody } from "../../schemas/model-group.ts";
import type { BodyLimit } from "../http/client-body.ts";
import type { ModelGroupService } from "../services/model-groups.ts";
import { readJsonBodies } from "./json-bodies.ts";

export interface ModelGroupRoutesOptions {
	groups: ModelGroupService;
	bodyLimit: BodyLimit;
}

const base = "/_plugins/_ml/model_groups";
const ById = Type.Object({ model_group_id: Type.String() });
const Created = Type.Object({
	model_group_id: Type.String(),
	status: Type.String(),
});
const Updated = Type.Object({ status: Type.String() });

/** `/_plugins/_ml/model_groups`: register, get, update and delete. */
export function modelGroupRoutes(
	options: ModelGroupRoutesOptions,
): FastifyPluginAsyncTypebox {
	const { groups, bodyLimit } = options;
	return async (scope) => {
		const app: FastifyInstance = scope;
		readJsonBodies(app, bodyLimit);
		const routes = app.withTypeProvider<TypeBoxTypeProvider>();

		routes.post(
			`${base}/_register`,
			{ schema: { body: ModelGroupBody, response: { 200: Created } } },
			async ({ body }) => ({
				model_group_id: await groups.register(body),
				status: "CREATED",
			}),
		);

		routes.get(
			`${base}/:model_group_id`,
			{ schema: { params: ById } },
			({ params }) => groups.get(params.model_group_id),
		);

		routes.put(
			`${base}/:model_group_id`,
			{
				schema: {
					params: ById,
					body: ModelGroupBody,
					response: { 200: Updated },
				},
			},
			async ({ params, body }) => {
				await groups.update(params.model_group_id, body);
				return { status: "Updated" };
			},
		);

		routes.delete(
			`${base}/:model_group_id`,
			{ schema: { params: ById } },
			({ params }) => groups.delete(params.model_group_id),
		);
	};
}
