import type {
	FastifyPluginAsyncTypebox,
	TypeBoxTypeProvider,
} from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { DeployParameters, DeployRequest } from "../../schemas/deploy.ts";
import { RegisterMetaBody } from "../../schemas/model.ts";
import { UndeployRequest } from "../../schemas/undeploy.ts";
import { UpdateModelBody } from "../../schemas/update-model.ts";
import type { BodyLimit } from "../http/client-body.ts";
import { readFlag } from "../http/query-parameters.ts";
import { readDeploymentSettings } from "../services/deployment-settings.ts";
import type { DeploymentService } from "../services/deployments.ts";
import type { ModelService } from "../services/models.ts";
import type { RegistrationService } from "../services/registration.ts";
import { readJsonBodies } from "./json-bodies.ts";

export interface ModelRoutesOptions {
	models: ModelService;
	registration: RegistrationService;
	deployments: DeploymentService;
	bodyLimit: BodyLimit;
}

const base = "/_plugins/_ml/models";
const ById = Type.Object({ model_id: Type.String() });
/** Accepted and of no effect: the content of a model is in no document of its own. */
const GetOptions = Type.Object({
	return_content: Type.Optional(Type.String()),
});
const Created = Type.Object({
	model_id: Type.String(),
	status: Type.String(),
});
const DeployAnswer = Type.Object({
	task_id: Type.String(),
	task_type: Type.String(),
	status: Type.String(),
});

/** `/_plugins/_ml/models`: register, get, update, delete, deploy and undeploy, under their present and their old names. */
export function modelRoutes(
	options: ModelRoutesOptions,
): FastifyPluginAsyncTypebox {
	const { models, registration, deployments, bodyLimit } = options;
	return async (scope) => {
		const app: FastifyInstance = scope;
		readJsonBodies(app, bodyLimit);
		const routes = app.withTypeProvider<TypeBoxTypeProvider>();

		for (const url of [`${base}/_register_meta`, `${base}/meta`])
			routes.post(
				url,
				{ schema: { body: RegisterMetaBody, response: { 200: Created } } },
				async ({ body }) => ({
					model_id: await registration.registerMeta(body),
					status: "CREATED",
				}),
			);

		routes.get(
			`${base}/:model_id`,
			{ schema: { params: ById, querystring: GetOptions } },
			({ params, query }) => {
				readFlag(query.return_content);
				return models.get(params.model_id);
			},
		);

		routes.put(
			`${base}/:model_id`,
			{ schema: { params: ById, body: UpdateModelBody } },
			({ params, body }) => models.update(params.model_id, body),
		);

		routes.delete(
			`${base}/:model_id`,
			{ schema: { params: ById } },
			({ params }) => models.delete(params.model_id),
		);

		for (const name of ["_deploy", "_load"])
			routes.post(
				`${base}/:model_id/${name}`,
				{
					schema: {
						params: ById,
						querystring: DeployParameters,
						body: DeployRequest,
						response: { 200: DeployAnswer },
					},
				},
				async ({ params, query, body }) => ({
					task_id: await deployments.deploy(params.model_id, {
						nodeIds: body?.node_ids,
						settings: readDeploymentSettings(body, query),
					}),
					task_type: "DEPLOY_MODEL",
					status: "CREATED",
				}),
			);

		for (const name of ["_undeploy", "_unload"])
			for (const url of [`${base}/:model_id/${name}`, `${base}/${name}`])
				routes.post(
					url,
					{
						schema: {
							params: Type.Partial(ById),
							body: UndeployRequest,
						},
					},
					({ params, body }) =>
						deployments.undeploy(
							body?.model_ids ?? (params.model_id ? [params.model_id] : []),
							body?.node_ids,
						),
				);
	};
}
