import type { FastifyInstance } from "fastify";
import type { BodyLimit } from "../http/client-body.ts";
import type { SearchRouteOptions } from "../proxy/planned-search.ts";
import { reindex } from "../proxy/reindex.ts";
import { scrollTasks } from "../proxy/scroll-tasks.ts";
import { updateByQuery } from "../proxy/update-by-query.ts";
import type { Upstream } from "../proxy/upstream.ts";
import { ScrollService } from "../services/by-scroll/scroll-service.ts";
import { ScrollTasks } from "../services/by-scroll/scroll-tasks.ts";
import { TaskOwner } from "../services/by-scroll/task-owner.ts";
import type { Parts } from "./parts.ts";

/** How often it is stored how far a task is, milliseconds: so much of the count a killed sidecar loses. */
const reportMs = 2_000;

/** Registers `_reindex`, `_update_by_query` and the APIs of their tasks. */
export function registerScrolls(
	proxied: FastifyInstance,
	{ foundation, inference }: Parts,
	{
		upstream,
		bodyLimit,
		searching,
	}: {
		upstream: Upstream;
		bodyLimit: BodyLimit;
		searching: SearchRouteOptions;
	},
): void {
	const { settings, logger, stores, registry, callers, now } = foundation;
	const { ingest, writer, search, pipelines } = inference;
	const tasks = new ScrollTasks({
		store: stores.scrollTasks,
		owner: new TaskOwner(registry),
		runsLimit: settings.SIDECAR_REINDEX_LIMIT,
		reportMs,
		now,
		logger,
	});
	const service = new ScrollService({
		ingest,
		writer,
		search,
		indexNames: stores.indexNames,
		tasks,
		// Later pages may be larger than the first, by which their size is chosen.
		pageBytes: settings.SIDECAR_ANSWER_LIMIT / 4,
		now,
	});
	const options = {
		upstream,
		service,
		pipelines,
		callers,
		bodyLimit,
		searching,
	};
	proxied.register(reindex(options));
	proxied.register(updateByQuery(options));
	proxied.register(scrollTasks({ upstream, tasks }));
}
