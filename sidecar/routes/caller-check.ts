import type { FastifyInstance, FastifyRequest } from "fastify";
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
	/** Whether a route belongs to the model API: of as many as there are. */
	const known = new Map<string, boolean>();
	app.addHook("onRequest", (request, _reply, done) => {
		const { url: route } = request.routeOptions;
		const isOurs =
			route !== undefined && (known.get(route) ?? isModelApi(route));
		if (route !== undefined) known.set(route, isOurs);
		if (route === undefined || !isOurs) done();
		else check(request, route).then(() => done(), done);
	});

	async function check(request: FastifyRequest, route: string): Promise<void> {
		const { headers } = request.raw;
		const caller = request.routeOptions.config.refuses
			? await callers.identify(headers)
			: await callers.authorize(headers, actionOf(request.method, route));
		if (caller) setCaller(request, caller);
	}
}
