import { availableParallelism } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import fastify, {
	type FastifyBaseLogger,
	type FastifyInstance,
	LogController,
} from "fastify";
import type { Logger } from "pino";
import type { Settings } from "../schemas/settings.ts";
import { upstreamTls } from "./config.ts";
import { answerError } from "./http/error-handler.ts";
import { Metrics } from "./metrics.ts";
import { PeerClient, peerSecretHeader } from "./peers/peer-client.ts";
import { AccessGate } from "./proxy/access/access-gate.ts";
import { guardAccess } from "./proxy/access/guard-access.ts";
import { GuardedUpstream } from "./proxy/access/guarded-upstream.ts";
import { bulk } from "./proxy/bulk.ts";
import { clusterSettings as clusterSettingsRoutes } from "./proxy/cluster-settings.ts";
import { documents } from "./proxy/documents.ts";
import { passThrough } from "./proxy/pass-through.ts";
import { noticeChanges } from "./proxy/pipeline-changes.ts";
import { pipelines as pipelineRoutes } from "./proxy/pipelines.ts";
import { pluginListing } from "./proxy/plugin-listing.ts";
import { search as searchRoutes } from "./proxy/search.ts";
import { proxyServerOptions } from "./proxy/server-options.ts";
import { checkCallers } from "./routes/caller-check.ts";
import { controllerRoutes } from "./routes/controllers.ts";
import { internalRoutes } from "./routes/internal.ts";
import { modelApi } from "./routes/model-api.ts";
import { modelGroupRoutes } from "./routes/model-groups.ts";
import { modelRoutes } from "./routes/models.ts";
import { predictRoutes } from "./routes/predict.ts";
import { profileRoutes } from "./routes/profile.ts";
import { registerRoutes } from "./routes/register.ts";
import { searchRoutes as documentSearchRoutes } from "./routes/search.ts";
import { sidecarRoutes } from "./routes/sidecar.ts";
import { statsRoutes } from "./routes/stats.ts";
import { taskRoutes } from "./routes/tasks.ts";
import { uploadChunkRoutes } from "./routes/upload-chunk.ts";
import { ModelCache } from "./runtime/model-cache.ts";
import { Runtime } from "./runtime/runtime.ts";
import { Activity } from "./services/activity.ts";
import { Admission } from "./services/admission.ts";
import { ArchiveSource } from "./services/archive-source.ts";
import { CallerService } from "./services/callers.ts";
import { ClusterSettingsService } from "./services/cluster-settings.ts";
import { ControllerService } from "./services/controllers.ts";
import { Convergence } from "./services/convergence.ts";
import { DeploymentService } from "./services/deployments.ts";
import { DocumentEmbedder } from "./services/document-embedder.ts";
import { DocumentSearch } from "./services/document-search.ts";
import { EmbeddingService } from "./services/embedding.ts";
import { GroupNames } from "./services/group-names.ts";
import { HealthService } from "./services/health.ts";
import { HiddenAliasService } from "./services/hidden-aliases.ts";
import { InferenceService } from "./services/inference.ts";
import { IngestService } from "./services/ingest.ts";
import { Janitor } from "./services/janitor.ts";
import { ModelGroupService } from "./services/model-groups.ts";
import { ModelImport } from "./services/model-import.ts";
import { ModelLoader } from "./services/model-loader.ts";
import { ModelRemoval } from "./services/model-removal.ts";
import { ModelRuns } from "./services/model-runs.ts";
import { ModelVersions } from "./services/model-versions.ts";
import { ModelService } from "./services/models.ts";
import { NodeRegistry } from "./services/node-registry.ts";
import { NodeReport } from "./services/node-report.ts";
import { NodeReports } from "./services/node-reports.ts";
import { pipelinesWith } from "./services/pipeline-users.ts";
import { PipelineService } from "./services/pipelines.ts";
import { PredictionService } from "./services/prediction.ts";
import { Preview } from "./services/preview.ts";
import { ProfileService } from "./services/profile.ts";
import { RateLimits } from "./services/rate-limits.ts";
import { RegistrationService } from "./services/registration.ts";
import { RemoteModels } from "./services/remote-models.ts";
import { SearchService } from "./services/search.ts";
import { SparseEncodingService } from "./services/sparse-encoding.ts";
import { StatsService } from "./services/stats.ts";
import { TaskService } from "./services/tasks.ts";
import { Upkeep } from "./services/upkeep.ts";
import { UrlRegistration } from "./services/url-registration.ts";
import { WorkFolder } from "./services/work-folder.ts";
import { ChunkStore } from "./store/chunks.ts";
import { createClient } from "./store/client.ts";
import { ClusterStore } from "./store/cluster.ts";
import { ConfigStore } from "./store/config.ts";
import { ControllerStore } from "./store/controllers.ts";
import { GroupNameStore } from "./store/group-names.ts";
import { HiddenAliasStore } from "./store/hidden-aliases.ts";
import { HiddenIndices } from "./store/hidden-indices.ts";
import { IdentityStore } from "./store/identity.ts";
import { ModelGroupStore } from "./store/model-groups.ts";
import { ModelStore } from "./store/models.ts";
import { NodeStore } from "./store/nodes.ts";
import { PipelineStore } from "./store/pipelines.ts";
import { SearchStore } from "./store/search.ts";
import { TaskStore } from "./store/tasks.ts";

export interface AppOptions {
	settings: Settings;
	logger: Logger;
	/** Where unpacked models are kept. */
	cacheFolder: string;
	/** Of this sidecar, as the others see it. */
	version: string;
	/** The stable ids that this sidecar may have, best first. */
	nodeIds: () => AsyncIterable<string> | Iterable<string>;
}

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

/** As OpenSearch writes it. */
const jsonType = "application/json; charset=UTF-8";

/** Makes every part of a sidecar, in the order of their dependencies. Closing the server ends them all. */
export function buildApp(options: AppOptions): App {
	const { settings, logger, cacheFolder, nodeIds, version } = options;
	const tls = upstreamTls(settings);
	if (!tls.rejectUnauthorized)
		logger.warn(
			"OPENSEARCH_TLS_VERIFY is off: OpenSearch's certificate is not checked",
		);
	const client = createClient(settings, { tls, credentials: "own" });
	const anonymous = createClient(settings, { tls, credentials: "none" });
	const indices = new HiddenIndices(client);
	const models = new ModelStore(client, indices);
	const chunks = new ChunkStore(client, indices);
	const tasks = new TaskStore(client, indices);
	const peers = new PeerClient();
	const registry = new NodeRegistry({
		store: new NodeStore(client, indices),
		peers,
		ids: nodeIds,
		version,
		goneAfterMs: settings.SIDECAR_NODE_GONE_MS,
		forgetAfterMs: settings.SIDECAR_NODE_FORGET_MS,
		now: () => performance.now(),
	});
	const pipelineStore = new PipelineStore(client);
	const cluster = new ClusterStore(client);
	const clusterSettings = new ClusterSettingsService({
		store: new ConfigStore(client, indices),
		logger,
	});
	const callers = new CallerService({
		identities: new IdentityStore({ own: client, anonymous }),
		mode: settings.SIDECAR_SECURITY,
		cacheMs: settings.SIDECAR_CALLER_CACHE_MS,
		now: () => performance.now(),
	});

	const archiveLimits = {
		entries: settings.SIDECAR_ARCHIVE_ENTRIES_LIMIT,
		ratio: settings.SIDECAR_ARCHIVE_RATIO_LIMIT,
		unpackedBytes: settings.SIDECAR_ARCHIVE_UNPACKED_LIMIT,
	};
	const cache = new ModelCache({
		folder: join(cacheFolder, "models"),
		limits: archiveLimits,
	});
	const runtime = new Runtime({
		logger,
		startTimeoutMs: settings.SIDECAR_MODEL_START_TIMEOUT_MS,
		queueCapacity: settings.SIDECAR_MODEL_QUEUE_TEXTS,
		queueCharacters: settings.SIDECAR_MODEL_QUEUE_CHARACTERS,
		onFailed: (id, reason) => void convergence.putAside(id, reason),
	});

	const metrics = new Metrics(() => runtime.ids().length);
	const loader = new ModelLoader({
		chunks,
		cache,
		runtime,
		allocations: settings.SIDECAR_MODEL_ALLOCATIONS || availableParallelism(),
		threadsPerAllocation: settings.SIDECAR_MODEL_THREADS,
	});

	const activity = new Activity(() =>
		clusterSettings.get("plugins.ml_commons.monitoring_request_count"),
	);
	const convergence: Convergence = new Convergence({
		models,
		loader,
		registry,
		logger,
		modelsLimit: () =>
			clusterSettings.get("plugins.ml_commons.max_model_on_node"),
	});
	const deployments = new DeploymentService({
		models,
		tasks,
		loader,
		convergence,
		remoteModels: new RemoteModels({
			peers,
			timeoutMs: settings.SIDECAR_UPSTREAM_TIMEOUT_MS,
		}),
		registry,
		peers,
		limits: () => ({
			tasks: clusterSettings.get(
				"plugins.ml_commons.max_deploy_model_tasks_per_node",
			),
			timeoutMs:
				clusterSettings.get("plugins.ml_commons.ml_task_timeout_in_seconds") *
				1_000,
			customPlan: clusterSettings.get(
				"plugins.ml_commons.allow_custom_deployment_plan",
			),
			excluded: clusterSettings
				.get("plugins.ml_commons.exclude_nodes._name")
				.split(","),
			enabled: clusterSettings.get("plugins.ml_commons.local_model.enabled"),
		}),
		activity,
		logger,
	});
	const controllers = new ControllerStore(client, indices);
	const controllersEnabled = () =>
		clusterSettings.get("plugins.ml_commons.controller_enabled");
	const removal = new ModelRemoval(models, chunks, controllers);
	const groups = new ModelGroupStore(client, indices);
	const groupNames = new GroupNames({
		names: new GroupNameStore(client, indices),
		groups,
		now: () => Date.now(),
	});
	const modelGroups = new ModelGroupService({
		groups,
		names: groupNames,
		models,
	});
	const versions = new ModelVersions({
		groups,
		names: groupNames,
		service: modelGroups,
	});
	const workFolder = new WorkFolder(
		join(cacheFolder, "downloads"),
		() => registry.id,
	);
	const imports = new ModelImport({
		models,
		chunks,
		removal,
		versions,
		nodeId: () => registry.id,
		largeModelBytes: settings.SIDECAR_LARGE_MODEL_BYTES,
		logger,
	});
	const urlRegistration = new UrlRegistration({
		tasks,
		source: new ArchiveSource({
			pretrainedUrl: settings.SIDECAR_PRETRAINED_URL,
			limits: {
				allowPrivateAddresses: settings.SIDECAR_DOWNLOAD_PRIVATE_ADDRESSES,
				maxBytes: settings.SIDECAR_MODEL_MAX_BYTES,
				connectTimeoutMs: settings.SIDECAR_DOWNLOAD_CONNECT_TIMEOUT_MS,
				idleTimeoutMs: settings.SIDECAR_DOWNLOAD_IDLE_TIMEOUT_MS,
				totalTimeoutMs: settings.SIDECAR_DOWNLOAD_TIMEOUT_MS,
				maxRedirects: settings.SIDECAR_DOWNLOAD_REDIRECTS_LIMIT,
				maxRetries: settings.SIDECAR_DOWNLOAD_RETRIES_LIMIT,
				retryWaitMs: 500,
			},
			logger,
		}),
		imports,
		cache,
		deploy: (modelId) => deployments.deploy(modelId),
		settings: () => ({
			enabled: clusterSettings.get("plugins.ml_commons.local_model.enabled"),
			allowUrl: clusterSettings.get(
				"plugins.ml_commons.allow_registering_model_via_url",
			),
			trustedUrlRegex: clusterSettings.get(
				"plugins.ml_commons.trusted_url_regex",
			),
			maxTasks: clusterSettings.get(
				"plugins.ml_commons.max_register_model_tasks_per_node",
			),
		}),
		nodeId: () => registry.id,
		workFolder,
		archiveLimits,
		logger,
	});
	const janitor = new Janitor({
		indices,
		models,
		tasks,
		chunks,
		removal,
		registry,
		isRunning: (taskId) =>
			deployments.isRunning(taskId) || urlRegistration.isRunning(taskId),
		isRegistering: (modelId) => imports.isRegistering(modelId),
		uploadTimeoutMs: settings.SIDECAR_UPLOAD_TIMEOUT_MS,
		logger,
	});
	const upkeep = new Upkeep({
		registry,
		models,
		loader,
		convergence,
		janitor,
		intervalMs: settings.SIDECAR_HEARTBEAT_MS,
		redeploys: () =>
			clusterSettings.get("plugins.ml_commons.model_auto_redeploy.enable"),
		refresh: () => clusterSettings.refresh(),
		logger,
	});
	const admission = new Admission({
		models,
		controllers,
		limits: new RateLimits(),
		liveNodes: () => registry.alive().length,
		controllersEnabled,
		now: () => performance.now(),
		logger,
	});
	const inference = new InferenceService({ deployments, metrics, activity });
	const embedding = new EmbeddingService(inference, admission);
	const sparseEncoding = new SparseEncodingService(inference);
	const pipelines = new PipelineService({
		store: pipelineStore,
		cacheMs: settings.SIDECAR_PIPELINE_CACHE_MS,
		now: () => performance.now(),
	});
	const ingest = new IngestService({
		pipelines,
		embedder: new DocumentEmbedder(new Preview(pipelineStore), embedding),
		groupBytes: settings.SIDECAR_BULK_GROUP_BYTES,
		groupDocuments: settings.SIDECAR_BULK_GROUP_DOCUMENTS,
	});
	const textsLimit = settings.SIDECAR_PREDICT_TEXTS_LIMIT;
	const search = new SearchService({ embedding, textsLimit });
	const modelService = new ModelService({
		models,
		removal,
		versions,
		pipelinesWith: (modelId) => pipelinesWith(pipelineStore, modelId),
		deletesSafely: () =>
			clusterSettings.get("plugins.ml_commons.safe_delete_model"),
		changed: (modelId, model) => {
			admission.forget(modelId);
			if (model) loader.refresh(modelId, model);
		},
	});
	const prediction = new PredictionService({
		admission,
		activity,
		inference,
		embedding,
		sparseEncoding,
		textsLimit,
	});
	const registration = new RegistrationService({
		models,
		chunks,
		versions,
		allowsUploads: () =>
			clusterSettings.get(
				"plugins.ml_commons.allow_registering_model_via_local_file",
			),
		largeModelBytes: settings.SIDECAR_LARGE_MODEL_BYTES,
		maxModelBytes: settings.SIDECAR_MODEL_MAX_BYTES,
		logger,
	});
	const health = new HealthService(
		cluster,
		settings.SIDECAR_CONNECT_TIMEOUT_MS,
	);

	const report = new NodeReport(activity, loader);
	const reports = new NodeReports({ own: report, registry, peers, logger });

	const bodyLimit = {
		bytes: settings.SIDECAR_JSON_BODY_LIMIT,
		setting: "SIDECAR_JSON_BODY_LIMIT",
	};
	const gate = new AccessGate({
		aliases: new HiddenAliasService({
			store: new HiddenAliasStore(client, settings.SIDECAR_CONNECT_TIMEOUT_MS),
			logger,
			now: () => performance.now(),
		}),
		bodyLimit,
	});
	const upstream = new GuardedUpstream(
		{
			url: settings.OPENSEARCH_URL,
			tls,
			connectTimeoutMs: settings.SIDECAR_CONNECT_TIMEOUT_MS,
			silenceTimeoutMs: settings.SIDECAR_UPSTREAM_TIMEOUT_MS,
		},
		gate,
	);
	const documentLimit = settings.SIDECAR_BULK_LINE_LIMIT;

	const server = createServer(logger, metrics);
	checkCallers(server, callers);
	server.register(
		modelApi(async (api) => {
			api.register(
				modelRoutes({
					models: modelService,
					registration,
					deployments,
					bodyLimit,
				}),
			);
			api.register(registerRoutes(urlRegistration, bodyLimit));
			api.register(uploadChunkRoutes(registration));
			api.register(taskRoutes(new TaskService(tasks), bodyLimit));
			api.register(modelGroupRoutes({ groups: modelGroups, bodyLimit }));
			api.register(
				controllerRoutes({
					controllers: new ControllerService({
						controllers,
						models,
						isEnabled: controllersEnabled,
						changed: (modelId) => admission.forget(modelId),
					}),
					bodyLimit,
				}),
			);
			api.register(
				documentSearchRoutes({
					search: new DocumentSearch(new SearchStore(client)),
					bodyLimit,
				}),
			);
			api.register(predictRoutes({ prediction, bodyLimit }));
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
	server.register(sidecarRoutes({ health, metrics }));
	server.register(
		internalRoutes({
			registry,
			report,
			runs: new ModelRuns(loader, inference),
			convergence,
			deployments,
			bodyLimit,
			secretHeader: peerSecretHeader,
		}),
	);
	server.register(async (proxied) => {
		guardAccess(proxied, { gate, upstream });
		proxied.register(pipelineRoutes({ upstream, pipelines, bodyLimit }));
		proxied.register(
			clusterSettingsRoutes({ upstream, settings: clusterSettings, bodyLimit }),
		);
		proxied.register(pluginListing(upstream));
		proxied.register(
			bulk({ upstream, ingest, pipelines, callers, lineLimit: documentLimit }),
		);
		proxied.register(documents({ upstream, ingest, callers, documentLimit }));
		proxied.register(searchRoutes({ upstream, search, callers, bodyLimit }));
		proxied.register(async (scope) => {
			noticeChanges(scope, pipelines);
			await scope.register(passThrough(upstream));
		});
	});
	server.addHook("onClose", async () => {
		await urlRegistration.close();
		await runtime.close();
		await Promise.all([deployments.close(), convergence.settle()]);
		await upkeep.stop();
		await peers.close();
		await upstream.close();
		await client.close();
		await anonymous.close();
	});
	return {
		server,
		async start(address) {
			await upkeep.start(address);
			await workFolder.clean();
		},
	};
}

function createServer(
	logger: FastifyBaseLogger,
	metrics: Metrics,
): FastifyInstance {
	const server = fastify({
		...proxyServerOptions,
		loggerInstance: logger,
		logController: new LogController({ disableRequestLogging: true }),
		requestIdHeader: "x-request-id",
		ajv: {
			customOptions: {
				coerceTypes: false,
				removeAdditional: false,
				useDefaults: false,
			},
		},
	});
	server.setErrorHandler(answerError);
	server.addHook("onSend", async (_request, reply) => {
		if (reply.getHeader("content-type") === "application/json; charset=utf-8")
			reply.header("content-type", jsonType);
	});
	server.addHook("onResponse", async (request, reply) => {
		const { method, routeOptions } = request;
		const { statusCode, elapsedTime } = reply;
		const route = routeOptions.url ?? "unknown";
		metrics.requests.observe(
			{ route, method, status: statusCode },
			elapsedTime / 1000,
		);
		request.log.debug({ method, route, statusCode, elapsedTime }, "answered");
	});
	return server;
}
