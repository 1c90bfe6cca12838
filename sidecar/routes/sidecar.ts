import type { FastifyPluginAsync } from "fastify";
import type { Metrics } from "../metrics.ts";
import type { HealthService } from "../services/health.ts";

export interface SidecarRoutesOptions {
	health: HealthService;
	metrics: Metrics;
}

/** `/_sidecar`: what whoever runs the sidecar asks it. */
export function sidecarRoutes({
	health,
	metrics,
}: SidecarRoutesOptions): FastifyPluginAsync {
	return async (app) => {
		app.get("/_sidecar/health/live", () => ({ status: "live" }));

		app.get("/_sidecar/health/ready", async (_request, reply) => {
			const problem = await health.problem();
			if (problem === undefined) return { status: "ready" };
			return reply.status(503).send({ status: "not ready", reason: problem });
		});

		app.get("/_sidecar/metrics", async (_request, reply) =>
			reply
				.header("content-type", metrics.registry.contentType)
				.send(await metrics.registry.metrics()),
		);
	};
}
