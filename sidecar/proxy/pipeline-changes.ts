import type { FastifyInstance } from "fastify";
import type { PipelineService } from "../services/writes/pipelines.ts";

/** Parts of paths by which a POST may change which pipelines an index writes through. */
const changing =
	/\/_(settings|alias|aliases|template|index_template|component_template|data_stream|rollover|clone|split|shrink|restore)(\/|\?|$)/;

/** Paths of single documents and of searches that are kept open: what is put or deleted there changes no index. */
const harmless =
	/^\/[^/?]+\/(_doc|_create)\/|\/_search\/(scroll|point_in_time)\b/;

/**
 * Forgets what is known of pipelines once a call that may have changed it has gone through this sidecar: a write
 * that follows finds its pipeline at once. Changes made elsewhere are noticed when what is known is old.
 */
export function noticeChanges(
	app: FastifyInstance,
	pipelines: PipelineService,
): void {
	app.addHook("onResponse", async ({ method, originalUrl }, { statusCode }) => {
		if (method === "GET" || method === "HEAD" || harmless.test(originalUrl))
			return;
		if (statusCode === 401 || statusCode === 403) return;
		const configures =
			method === "PUT" || method === "DELETE" || changing.test(originalUrl);
		if (configures) await pipelines.changed();
	});
}
