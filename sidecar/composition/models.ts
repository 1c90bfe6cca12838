import { join } from "node:path";
import { allot, thisMachine } from "../runtime/machine/allotment.ts";
import { ModelCache } from "../runtime/model-cache.ts";
import { Runtime } from "../runtime/runtime.ts";
import { Convergence } from "../services/convergence.ts";
import { DeploymentService } from "../services/deployments.ts";
import { registerModelGauges } from "../services/model-gauges.ts";
import { ModelLoader } from "../services/model-loader.ts";
import { RemoteModels } from "../services/remote-models.ts";
import { RuntimeMetrics } from "../services/runtime-metrics.ts";
import type { Foundation } from "./foundation.ts";

/** The models in memory: how they get there, and who has them. */
export type Models = ReturnType<typeof buildModels>;

export function buildModels(foundation: Foundation) {
	const { settings, logger, cacheFolder, clusterSettings } = foundation;
	const { stores, peers, registry, breaker, activity, metrics } = foundation;
	const archiveLimits = {
		entries: settings.SIDECAR_ARCHIVE_ENTRIES_LIMIT,
		ratio: settings.SIDECAR_ARCHIVE_RATIO_LIMIT,
		unpackedBytes: settings.SIDECAR_ARCHIVE_UNPACKED_LIMIT,
		tokenizerBytes: settings.SIDECAR_TOKENIZER_LIMIT,
	};
	const cache = new ModelCache({
		folder: join(cacheFolder, "models"),
		limits: archiveLimits,
		maxBytes: settings.SIDECAR_CACHE_MAX_BYTES,
		inUse: () => runtime.files(),
		onEvicted: (sha256, bytes) =>
			logger.info({ sha256, bytes }, "a model left the cache folder"),
	});
	const allotment = allot(thisMachine(), {
		processors: settings.SIDECAR_PROCESSORS,
		modelMemoryBytes: settings.SIDECAR_MODEL_MEMORY_BYTES,
	});
	logger.info(allotment, "what models may use of this machine");
	const runtime: Runtime = new Runtime({
		logger,
		startTimeoutMs: settings.SIDECAR_MODEL_START_TIMEOUT_MS,
		queueCapacity: settings.SIDECAR_MODEL_QUEUE_TEXTS,
		queueCharacters: settings.SIDECAR_MODEL_QUEUE_CHARACTERS,
		queueTokens: settings.SIDECAR_MODEL_QUEUE_TOKENS,
		cacheBytes: settings.SIDECAR_RESULT_CACHE_BYTES,
		hangMs: settings.SIDECAR_MODEL_HANG_MS,
		processors: allotment.processors,
		memoryBytes: allotment.modelMemoryBytes,
		observer: new RuntimeMetrics(metrics.registry),
		onEvicted: (id) => convergence.notePutOut(id),
		onFailed: (id, reason) => void convergence.putAside(id, reason),
	});
	const loader = new ModelLoader({
		chunks: stores.chunks,
		cache,
		runtime,
		allocations: settings.SIDECAR_MODEL_ALLOCATIONS || allotment.processors,
		threadsPerAllocation: settings.SIDECAR_MODEL_THREADS,
		loneThreads:
			settings.SIDECAR_MODEL_LONE_THREADS || loneThreads(allotment.processors),
		...(settings.SIDECAR_MODEL_ALLOCATIONS === 0 && {
			memoryBytes: allotment.modelMemoryBytes,
		}),
	});
	registerModelGauges(metrics.registry, () => loader.stats());
	const excluded = () =>
		clusterSettings.get("plugins.ml_commons.exclude_nodes._name").split(",");
	const convergence: Convergence = new Convergence({
		models: stores.models,
		loader,
		registry,
		logger,
		modelsLimit: () =>
			clusterSettings.get("plugins.ml_commons.max_model_on_node"),
		isEligible: () => !excluded().includes(registry.id),
	});
	const deployments = new DeploymentService({
		models: stores.models,
		tasks: stores.tasks,
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
			excluded: excluded(),
			enabled: clusterSettings.get("plugins.ml_commons.local_model.enabled"),
		}),
		breaker,
		activity,
		logger,
	});
	return { archiveLimits, cache, runtime, loader, convergence, deployments };
}

/** One processor is left to the sidecar and to OpenSearch; more than four threads wait for each other more than they run. */
function loneThreads(processors: number): number {
	return Math.min(processors, Math.max(2, Math.min(4, processors - 1)));
}
