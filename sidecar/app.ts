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
import { answerError } from "./http/error-handler.ts";
import { Metrics } from "./metrics.ts";
import { bulk } from "./proxy/bulk.ts";
import { documents } from "./proxy/documents.ts";
import { passThrough } from "./proxy/pass-through.ts";
import { noticeChanges } from "./proxy/pipeline-changes.ts";
import { pipelines as pipelineRoutes } from "./proxy/pipelines.ts";
import { search as searchRoutes } from "./proxy/search.ts";
import { proxyServerOptions } from "./proxy/server-options.ts";
import { Upstream } from "./proxy/upstream.ts";
import { modelRoutes } from "./routes/models.ts";
import { predictRoutes } from "./routes/predict.ts";
import { sidecarRoutes } from "./routes/sidecar.ts";
import { taskRoutes } from "./routes/tasks.ts";
import { uploadChunkRoutes } from "./routes/upload-chunk.ts";
import { ModelCache } from "./runtime/model-cache.ts";
import { Runtime } from "./runtime/runtime.ts";
import { DeploymentService } from "./services/deployments.ts";
import { DocumentEmbedder } from "./services/document-embedder.ts";
import { EmbeddingService } from "./services/embedding.ts";
import { HealthService } from "./services/health.ts";
import { IngestService } from "./services/ingest.ts";
import { ModelLoader } from "./services/model-loader.ts";
import { ModelService } from "./services/models.ts";
import { PipelineService } from "./services/pipelines.ts";
import { PredictionService } from "./services/prediction.ts";
import { Preview } from "./services/preview.ts";
import { RegistrationService } from "./services/registration.ts";
import { SearchService } from "./services/search.ts";
import { TaskService } from "./services/tasks.ts";
import { ChunkStore } from "./store/chunks.ts";
import { createClient } from "./store/client.ts";
import { ClusterStore } from "./store/cluster.ts";
import { HiddenIndices } from "./store/hidden-indices.ts";
import { ModelStore } from "./store/models.ts";
import { PipelineStore } from "./store/pipelines.ts";
import { TaskStore } from "./store/tasks.ts";

export interface AppOptions {
	settings: Settings;
	logger: Logger;
	/** Where unpacked models are kept. */
	cacheFolder: string;
	/** The stable id of this sidecar. */
	nodeId: string;
}

/** A sidecar that is put together and does not listen yet. */
export interface App {
	server: FastifyInstance;
	/** Loads the models that were deployed when the sidecar last ended; OpenSearch must answer. */
	resume(): Promise<void>;
}

/** As OpenSearch writes it. */
const jsonType = "application/json; charset=UTF-8";

/** Makes every part of a sidecar, in the order of their dependencies. Closing the server ends them all. */
export function buildApp(options: AppOptions): App {
	const { settings, logger, cacheFolder, nodeId } = options;
	const client = createClient(settings);
	const indices = new HiddenIndices(client);
	const models = new ModelStore(client, indices);
	const chunks = new ChunkStore(client, indices);
	const tasks = new TaskStore(client, indices);
	const pipelineStore = new PipelineStore(client);
	const cluster = new ClusterStore(client);

	const cache = new ModelCache({
		folder: join(cacheFolder, "models"),
		limits: {
			entries: settings.SIDECAR_ARCHIVE_ENTRIES_LIMIT,
			ratio: settings.SIDECAR_ARCHIVE_RATIO_LIMIT,
			unpackedBytes: settings.SIDECAR_ARCHIVE_UNPACKED_LIMIT,
		},
	});
	const runtime = new Runtime({
		logger,
		startTimeoutMs: settings.SIDECAR_MODEL_START_TIMEOUT_MS,
		queueCapacity: settings.SIDECAR_MODEL_QUEUE_TEXTS,
		queueCharacters: settings.SIDECAR_MODEL_QUEUE_CHARACTERS,
		onFailed: (id, reason) => void deployments.putAside(id, reason),
	});

	const metrics = new Metrics(() => runtime.ids().length);
	const loader = new ModelLoader({
		chunks,
		cache,
		runtime,
		allocations: settings.SIDECAR_MODEL_ALLOCATIONS || availableParallelism(),
		threadsPerAllocation: settings.SIDECAR_MODEL_THREADS,
	});

	const deployments: DeploymentService = new DeploymentService({
		models,
		tasks,
		loader,
		nodeId,
		logger,
	});
	const embedding = new EmbeddingService({ deployments, metrics });
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
	const prediction = new PredictionService({
		embedding,
		deployments,
		textsLimit,
	});
	const registration = new RegistrationService({
		models,
		chunks,
		largeModelBytes: settings.SIDECAR_LARGE_MODEL_BYTES,
		maxModelBytes: settings.SIDECAR_MODEL_MAX_BYTES,
		logger,
	});
	const health = new HealthService(
		cluster,
		settings.SIDECAR_CONNECT_TIMEOUT_MS,
	);

	const upstream = new Upstream({
		url: settings.OPENSEARCH_URL,
		connectTimeoutMs: settings.SIDECAR_CONNECT_TIMEOUT_MS,
		silenceTimeoutMs: settings.SIDECAR_UPSTREAM_TIMEOUT_MS,
	});
	const bodyLimit = {
		bytes: settings.SIDECAR_JSON_BODY_LIMIT,
		setting: "SIDECAR_JSON_BODY_LIMIT",
	};
	const documentLimit = settings.SIDECAR_BULK_LINE_LIMIT;

	const server = createServer(logger, metrics);
	server.register(
		modelRoutes({
			models: new ModelService(models, chunks),
			registration,
			deployments,
			bodyLimit,
		}),
	);
	server.register(uploadChunkRoutes(registration));
	server.register(taskRoutes(new TaskService(tasks)));
	server.register(predictRoutes({ prediction, bodyLimit }));
	server.register(sidecarRoutes({ health, metrics }));
	server.register(pipelineRoutes({ upstream, pipelines, bodyLimit }));
	server.register(
		bulk({ upstream, ingest, pipelines, lineLimit: documentLimit }),
	);
	server.register(documents({ upstream, ingest, documentLimit }));
	server.register(searchRoutes({ upstream, search, bodyLimit }));
	server.register(async (scope) => {
		noticeChanges(scope, pipelines);
		await scope.register(passThrough(upstream));
	});
	server.addHook("onClose", async () => {
		await runtime.close();
		await deployments.settle();
		await upstream.close();
		await client.close();
	});
	return { server, resume: () => deployments.resume() };
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
