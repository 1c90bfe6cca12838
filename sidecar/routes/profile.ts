import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import { Type } from "typebox";
import { ProfileRequest } from "../../schemas/stats.ts";
import type { BodyLimit } from "../http/client-body.ts";
import type { ProfileService } from "../services/profile.ts";
import { leaveBodies, readJsonBody } from "./json-bodies.ts";

const base = "/_plugins/_ml/profile";
const Params = Type.Object({ ids: Type.Optional(Type.String()) });
const Query = Type.Object({ view: Type.Optional(Type.String()) });

/** `/_plugins/_ml/profile`: everything, models or tasks, by node or by model. */
export function profileRoutes(
	profile: ProfileService,
	bodyLimit: BodyLimit,
): FastifyPluginAsync {
	return async (scope: FastifyInstance) => {
		leaveBodies(scope);
		const app = scope.withTypeProvider<TypeBoxTypeProvider>();
		const read = { schema: ProfileRequest, limit: bodyLimit };

		app.get(base, { schema: { querystring: Query } }, async (request) =>
			profile.read({
				models: "all",
				tasks: "all",
				body: await readJsonBody(request, read),
				view: request.query.view ?? "node",
			}),
		);

		for (const kind of ["models", "tasks"] as const)
			for (const url of [`${base}/${kind}`, `${base}/${kind}/:ids`])
				app.get(
					url,
					{ schema: { querystring: Query, params: Params } },
					async (request) => {
						const { ids } = request.params;
						const body = await readJsonBody(request, read);
						return profile.read({
							models: [],
							tasks: [],
							[kind]: ids?.split(",") ?? "all",
							...(ids === undefined && { body }),
							view: request.query.view ?? "node",
						});
					},
				);
	};
}
