import type { FastifyInstance } from "fastify";
import { peerSecretHeader } from "../peers/peer-client.ts";
import { controllerRoutes } from "../routes/controllers.ts";
import { internalRoutes } from "../routes/internal.ts";
import { keptResultsRoutes } from "../routes/kept-results.ts";
import { modelApi } from "../routes/model-api.ts";
import { modelGroupRoutes } from "../routes/model-groups.ts";
import { modelRoutes } from "../routes/models.ts";
import { predictRoutes } from "../routes/predict.ts";
import { profileRoutes } from "../routes/profile.ts";
import { registerRoutes } from "../routes/register.ts";
import { searchRoutes } from "../routes/search.ts";
import { sidecarRoutes } from "../routes/sidecar.ts";
import { statsRoutes } from "../routes/stats.ts";
import { taskRoutes } from "../routes/tasks.ts";
import { uploadChunkRoutes } from "../routes/upload-chunk.ts";
import { ControllerService } from "../services/controllers.ts";
import { DocumentSearch } from "../services/document-search.ts";
import { HealthService } from "../services/health.ts";
import { KeptResults } from "../services/kept-results.ts";
import { ModelRuns } from "../services/model-runs.ts";
import { ModelService } from "../services/models.ts";
import { NodeReport } from "../services/node-report.ts";
import { NodeReports } from "../services/node-reports.ts";
import { pipelinesWith } from "../services/pipeline-users.ts";
import { ProfileService } from "../services/profile.ts";
import { StatsService } from "../services/stats.ts";
import { TaskService } from "../services/tasks.ts";
import { jsonBodyLimit } from "./body-limit.ts";
import type { Parts } from "./parts.ts";

/** Registers the sidecar's own routes: the model API, and what operators and other sidecars ask. */
export function registerOwnRoutes(server: FastifyInstance, parts: Parts): void {
	const { foundation, models: running, registrations, inference } = parts;
	const { settings, logger, stores, registry, peers } = foundation;
	const { clusterSettings, activity, breaker } = foundation;
	const { loader, convergence, deployments } = running;
	const { admission } = inference;
	const { models, controllers, tasks, cluster } = stores;
	const bodyLimit = jsonBodyLimit(foundation);

	const modelService = new ModelService({
		models,
		removal: registrations.removal,
		versions: registrations.versions,
		pipelinesWith: (modelId) => pipelinesWith(stores.pipelines, modelId),
		deletesSafely: () =>
			clusterSettings.get("plugins.ml_commons.safe_delete_model"),
		changed: (modelId) => admission.forget(modelId),
	});
	const controllerService = new ControllerService({
		controllers,
		models,
		isEnabled: () =>
			clusterSettings.get("plugins.ml_commons.controller_enabled"),
		changed: (modelId) => admission.forget(modelId),
	});
	const report = new NodeReport(activity, loader, breaker);
	const reports = new NodeReports({ own: report, registry, peers, logger });

	server.register(
		modelApi(async (api) => {
			api.register(
				modelRoutes({
					models: modelService,
					registration: registrations.registration,
					deployments,
					bodyLimit,
				}),
			);
			api.register(registerRoutes(registrations.urlRegistration, bodyLimit));
			api.register(uploadChunkRoutes(registrations.registration));
			api.register(taskRoutes(new TaskService(tasks), bodyLimit));
			api.register(
				modelGroupRoutes({ groups: registrations.modelGroups, bodyLimit }),
			);
			api.register(
				controllerRoutes({ controllers: controllerService, bodyLimit }),
			);
			api.register(
				searchRoutes({ search: new DocumentSearch(stores.search), bodyLimit }),
			);
			api.register(
				predictRoutes({
					prediction: inference.prediction,
					timeoutMs: settings.SIDECAR_INFERENCE_TIMEOUT_MS,
					bodyLimit,
				}),
			);
			api.register(
				statsRoutes(new StatsService({ models, cluster, reports }), bodyLimit),
			);
			api.register(
				profileRoutes(
					new ProfileService({ models, tasks, reports }),
					bodyLimit,
				),
			);
		}),
	);
	const health = new HealthService(
		cluster,
		settings.SIDECAR_CONNECT_TIMEOUT_MS,
	);
	const results = new KeptResults({
		models,
		runtime: running.runtime,
		registry,
		peers,
		logger,
	});
	server.register(keptResultsRoutes(results));
	server.register(sidecarRoutes({ health, metrics: foundation.metrics }));
	server.register(
		internalRoutes({
			registry,
			settings: clusterSettings,
			pipelines: inference.pipelines,
			report,
			runs: new ModelRuns(loader, convergence, inference.inference),
			results,
			convergence,
			deployments,
			bodyLimit,
			secretHeader: peerSecretHeader,
		}),
	);
}
