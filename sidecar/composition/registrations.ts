import { join } from "node:path";
import { ArchiveSource } from "../services/archive-source.ts";
import { GroupNames } from "../services/group-names.ts";
import { Janitor } from "../services/janitor.ts";
import { ModelGroupService } from "../services/model-groups.ts";
import { ModelImport } from "../services/model-import.ts";
import { ModelRemoval } from "../services/model-removal.ts";
import { ModelVersions } from "../services/model-versions.ts";
import { RegistrationService } from "../services/registration.ts";
import { Upkeep } from "../services/upkeep.ts";
import { UrlRegistration } from "../services/url-registration.ts";
import { WorkFolder } from "../services/work-folder.ts";
import type { Foundation } from "./foundation.ts";
import type { Models } from "./models.ts";

/** How models come into OpenSearch and out of it, and what keeps that in order. */
export type Registrations = ReturnType<typeof buildRegistrations>;

export function buildRegistrations(foundation: Foundation, parts: Models) {
	const { settings, logger, cacheFolder, clusterSettings } = foundation;
	const { stores, registry, breaker, activity } = foundation;
	const { cache, loader, convergence, deployments, archiveLimits } = parts;
	const { models, chunks, tasks, indices, controllers, groups } = stores;
	const largeModelBytes = settings.SIDECAR_LARGE_MODEL_BYTES;
	const removal = new ModelRemoval(models, chunks, controllers);
	const names = new GroupNames({
		names: stores.groupNames,
		groups,
		now: () => Date.now(),
	});
	const modelGroups = new ModelGroupService({ groups, names, models });
	const versions = new ModelVersions({ groups, names, service: modelGroups });
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
		largeModelBytes,
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
		breaker,
		activity,
		logger,
	});
	const registration = new RegistrationService({
		models,
		chunks,
		versions,
		allowsUploads: () =>
			clusterSettings.get(
				"plugins.ml_commons.allow_registering_model_via_local_file",
			),
		largeModelBytes,
		maxModelBytes: settings.SIDECAR_MODEL_MAX_BYTES,
		breaker,
		activity,
		logger,
	});
	const janitor = new Janitor({
		indices,
		models,
		tasks,
		chunks,
		removal,
		versions,
		deploy: (modelId) => deployments.deploy(modelId),
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
	return {
		removal,
		versions,
		modelGroups,
		workFolder,
		registration,
		urlRegistration,
		upkeep,
	};
}
