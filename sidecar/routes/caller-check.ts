import type { FastifyInstance } from "fastify";
import { setCaller } from "../http/caller.ts";
import type { CallerService } from "../services/callers.ts";
import { actionOf, isModelApi } from "./model-api-actions.ts";

declare module "fastify" {
	interface FastifyContextConfig {
		/** The route does nothing but say that there is nothing to be had: whom OpenSearch knows may hear that. */
		refuses?: boolean;
	}
}

/**
 * Lets nobody call a route of the model API below `app` who has not the permission for it in OpenSearch. Health and
 * metrics are not asked about: whoever watches the sidecar has no user in OpenSearch.
 */
export function checkCallers(
	app: FastifyInstance,
	callers: CallerService,
): void {
	app.addHook("onRequest", async (request) => {
		const { url: route, config } = request.routeOptions;
		if (route === undefined || !isModelApi(route)) return;
		const { headers } = request.raw;
		const caller = config.refuses
			? await callers.identify(headers)
			: await callers.authorize(headers, actionOf(request.method, route));
		if (caller) setCaller(request, caller);
	});
}
