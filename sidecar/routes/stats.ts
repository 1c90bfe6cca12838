import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import { Type } from "typebox";
import { StatsRequest } from "../../schemas/stats.ts";
import type { BodyLimit } from "../http/client-body.ts";
import type { StatsService } from "../services/stats.ts";
import { leaveBodies, readJsonBody } from "./json-bodies.ts";

const Params = Type.Object({
	stat: Type.Optional(Type.String()),
	nodeId: Type.Optional(Type.String()),
});

/** `/_plugins/_ml/stats`, of all nodes and of some, whole and some of them. */
export function statsRoutes(
	stats: StatsService,
	bodyLimit: BodyLimit,
): FastifyPluginAsync {
	return async (scope: FastifyInstance) => {
		leaveBodies(scope);
		const app = scope.withTypeProvider<TypeBoxTypeProvider>();
		for (const url of [
			"stats",
			"stats/:stat",
			":nodeId/stats",
			":nodeId/stats/:stat",
		])
			app.get(
				`/_plugins/_ml/${url}`,
				{ schema: { params: Params } },
				async (request) => {
					const { stat, nodeId } = request.params;
					const schema = StatsRequest;
					return stats.read({
						body: await readJsonBody(request, { schema, limit: bodyLimit }),
						...(stat !== undefined && { stats: stat.split(",") }),
						...(nodeId !== undefined && { nodeIds: nodeId.split(",") }),
					});
				},
			);
	};
}
