import type { FastifyPluginAsync } from "fastify";
import { formatAnswers } from "../http/response-format.ts";
import { refuseUndeclaredParameters } from "./declared-parameters.ts";
import { KnownPaths } from "./known-paths.ts";
import { notProvidedRoutes } from "./not-provided.ts";
import { warnOfOldNames } from "./old-names.ts";

/**
 * `/_plugins/_ml`, whole: the routes that are given, and around them all that OpenSearch does for every route alike.
 * A route declares its query parameters by its `querystring` schema and need know nothing else of it.
 */
export function modelApi(routes: FastifyPluginAsync): FastifyPluginAsync {
	return async (scope) => {
		formatAnswers(scope);
		warnOfOldNames(scope);
		refuseUndeclaredParameters(scope);
		const known = new KnownPaths(scope, "/_plugins/_ml");
		await scope.register(routes);
		await scope.register(notProvidedRoutes);
		await scope.register(known.others);
	};
}
