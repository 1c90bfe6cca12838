import type { FastifyInstance } from "fastify";
import { AccessGate } from "../proxy/access/access-gate.ts";
import { guardAccess } from "../proxy/access/guard-access.ts";
import { GuardedUpstream } from "../proxy/access/guarded-upstream.ts";
import { bulk } from "../proxy/bulk.ts";
import { clusterSettings } from "../proxy/cluster-settings.ts";
import { documents } from "../proxy/documents.ts";
import { mappings as mappingRoutes } from "../proxy/mappings.ts";
import { msearch } from "../proxy/msearch.ts";
import { passThrough } from "../proxy/pass-through.ts";
import { noticeChanges } from "../proxy/pipeline-changes.ts";
import { pipelines as pipelineRoutes } from "../proxy/pipelines.ts";
import { pluginListing } from "../proxy/plugin-listing.ts";
import { queries } from "../proxy/queries.ts";
import { rankEval } from "../proxy/rank-eval.ts";
import { rewrite } from "../proxy/rewrite.ts";
import { search as searchRoutes } from "../proxy/search.ts";
import { searchPipelines as searchPipelineRoutes } from "../proxy/search-pipelines.ts";
import { searchTemplate, searchTemplates } from "../proxy/search-templates.ts";
import { shownMappings } from "../proxy/shown-mappings.ts";
import { simulate } from "../proxy/simulate.ts";
import { updates as updateRoutes } from "../proxy/updates.ts";
import type { Upstream } from "../proxy/upstream.ts";
import { validateQuery } from "../proxy/validate-query.ts";
import { HiddenAliasService } from "../services/hidden-aliases.ts";
import { ContentLimit } from "../services/writes/content-limit.ts";
import { Preview } from "../services/writes/preview.ts";
import { SimulationService } from "../services/writes/simulation.ts";
import { documentLimit, jsonBodyLimit } from "./body-limit.ts";
import type { Parts } from "./parts.ts";
import { registerScrolls } from "./scrolls.ts";

/** Registers everything that goes on to OpenSearch. Each of these routes stands behind the one guard. */
export function registerProxy(server: FastifyInstance, parts: Parts): Upstream {
	const { foundation, inference, registrations } = parts;
	const { settings, logger, stores, callers, tls, now } = foundation;
	const { pipelines, searchPipelines, semantic } = inference;
	const { ingest, writer, updates, search } = inference;
	const bodyLimit = jsonBodyLimit(foundation);
	const lineLimit = settings.SIDECAR_BULK_LINE_LIMIT;
	const gate = new AccessGate({
		aliases: new HiddenAliasService({
			store: stores.hiddenAliases,
			logger,
			now,
		}),
		bodyLimit,
	});
	const upstream = new GuardedUpstream(
		{
			url: settings.OPENSEARCH_URL,
			tls,
			connectTimeoutMs: settings.SIDECAR_CONNECT_TIMEOUT_MS,
			silenceTimeoutMs: settings.SIDECAR_UPSTREAM_TIMEOUT_MS,
			answerLimit: settings.SIDECAR_ANSWER_LIMIT,
		},
		gate,
	);
	server.register(async (proxied) => {
		guardAccess(proxied, { gate, upstream });
		proxied.register(pipelineRoutes({ upstream, pipelines, bodyLimit }));
		proxied.register(
			searchPipelineRoutes({ upstream, pipelines, searchPipelines, bodyLimit }),
		);
		proxied.register(
			mappingRoutes({ upstream, semantic, pipelines, callers, bodyLimit }),
		);
		proxied.register(shownMappings({ upstream, semantic }));
		proxied.register(
			simulate({
				upstream,
				simulation: new SimulationService({
					pipelines,
					ingest,
					preview: new Preview(stores.pipelines),
				}),
				callers,
				bodyLimit,
			}),
		);
		proxied.register(
			clusterSettings({
				upstream,
				settings: foundation.clusterSettings,
				bodyLimit,
			}),
		);
		proxied.register(pluginListing(upstream));
		proxied.register(
			bulk({
				upstream,
				writer,
				pipelines,
				callers,
				lineLimit,
				contentLimit: new ContentLimit({ store: stores.cluster, logger, now }),
				resultsFolder: () => registrations.workFolder.clean(),
			}),
		);
		proxied.register(
			documents({
				upstream,
				ingest,
				pipelines,
				callers,
				limit: documentLimit(foundation),
			}),
		);
		proxied.register(
			updateRoutes({
				upstream,
				ingest,
				updates,
				pipelines,
				callers,
				limit: documentLimit(foundation),
			}),
		);
		const searching = {
			upstream,
			search,
			callers,
			bodyLimit,
			tellsEmbedMs: settings.SIDECAR_EMBED_MS_HEADER,
		};
		registerScrolls(proxied, parts, { upstream, bodyLimit, searching });
		for (const routes of [
			searchRoutes,
			msearch,
			searchTemplate,
			searchTemplates,
			queries,
			validateQuery,
			rankEval,
		])
			proxied.register(routes(searching));
		proxied.register(rewrite(searching));
		proxied.register(async (scope) => {
			noticeChanges(scope, pipelines);
			await scope.register(passThrough(upstream));
		});
	});
	return upstream;
}
