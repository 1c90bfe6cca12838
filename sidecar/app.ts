import type { FastifyInstance } from "fastify";
import {
	buildFoundation,
	type FoundationOptions,
} from "./composition/foundation.ts";
import { buildInference } from "./composition/inference.ts";
import { registerOwnRoutes } from "./composition/model-api.ts";
import { buildModels } from "./composition/models.ts";
import { registerProxy } from "./composition/proxy.ts";
import { buildRegistrations } from "./composition/registrations.ts";
import { createServer } from "./composition/server.ts";
import { checkCallers } from "./routes/caller-check.ts";

export type AppOptions = FoundationOptions;

/** A sidecar that is put together and does not listen yet. */
export interface App {
	server: FastifyInstance;
	/**
	 * Joins the other sidecars of the cluster and does its part from then on, first of all to load the models that are
	 * deployed. Rejects while OpenSearch does not answer, and can be called again.
	 *
	 * @param address where other sidecars reach this one
	 */
	start(address: string): Promise<void>;
}

/** Makes every part of a sidecar, in the order of their dependencies. Closing the server ends them all. */
export function buildApp(options: AppOptions): App {
	const foundation = buildFoundation(options);
	const models = buildModels(foundation);
	const registrations = buildRegistrations(foundation, models);
	const inference = buildInference(foundation, models);
	const parts = { foundation, models, registrations, inference };

	const server = createServer(options.logger, {
		metrics: foundation.metrics,
		bodies: foundation.bodies,
	});
	checkCallers(server, foundation.callers);
	registerOwnRoutes(server, parts);
	const upstream = registerProxy(server, parts);

	const { urlRegistration, upkeep, workFolder } = registrations;
	server.addHook("onClose", async () => {
		// Together: a registration may wait for room in the cache.
		await Promise.all([urlRegistration.close(), models.cache.close()]);
		await models.runtime.close();
		await Promise.all([
			models.deployments.close(),
			models.convergence.settle(),
		]);
		await upkeep.stop();
		await foundation.peers.close();
		await upstream.close();
		await foundation.stores.close();
	});
	return {
		server,
		async start(address) {
			await upkeep.start(address);
			await workFolder.clean();
		},
	};
}
