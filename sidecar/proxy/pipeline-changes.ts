import type { FastifyInstance } from "fastify";
import type { PipelineService } from "../services/writes/pipelines.ts";

/** Parts of paths by which a POST may change which pipelines an index writes through. */
const changing =
	/\/_(settings|alias|aliases|template|index_template|component_template|data_stream|rollover|clone|split|shrink|restore)(\/|\?|$)/;

/** The path of one document, whose deletion changes no index. */
const document = /^\/[^/?]+\/_doc\//;

/**
 * Forgets what is known of pipelines once a call that may have changed it has gone through this sidecar: a write
 * that follows finds its pipeline at once. Changes made elsewhere are noticed when what is known is old.
 */
export function noticeChanges(
	app: FastifyInstance,
	pipelines: PipelineService,
): void {
	app.addHook("onResponse", async ({ method, originalUrl }) => {
		if (method === "GET" || method === "HEAD" || document.test(originalUrl))
			return;
		const configures =
			method === "PUT" || method === "DELETE" || changing.test(originalUrl);
		if (configures) await pipelines.changed();
	});
}
