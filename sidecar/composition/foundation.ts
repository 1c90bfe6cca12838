import { performance } from "node:perf_hooks";
import type { Logger } from "pino";
import type { Settings } from "../../schemas/settings.ts";
import { upstreamTls } from "../config.ts";
import { BodyBudget } from "../http/body-budget.ts";
import { Metrics } from "../metrics.ts";
import { PeerClient } from "../peers/peer-client.ts";
import { Activity } from "../services/activity.ts";
import { CallerService } from "../services/callers.ts";
import { ClusterSettingsService } from "../services/cluster-settings.ts";
import { DiskBreaker } from "../services/disk-breaker.ts";
import { NodeRegistry } from "../services/node-registry.ts";
import { announceSettings } from "../services/settings-news.ts";
import { openStores } from "./stores.ts";

export interface FoundationOptions {
	settings: Settings;
	logger: Logger;
	/** Where unpacked models are kept. */
	cacheFolder: string;
	/** Of this sidecar, as the others see it. */
	version: string;
	/** The stable ids that this sidecar may have, best first. */
	nodeIds: () => AsyncIterable<string> | Iterable<string>;
}

/** What every other part stands on. */
export type Foundation = ReturnType<typeof buildFoundation>;

export function buildFoundation(options: FoundationOptions) {
	const { settings, logger, cacheFolder, nodeIds, version } = options;
	const tls = upstreamTls(settings);
	if (!tls.rejectUnauthorized)
		logger.warn(
			"OPENSEARCH_TLS_VERIFY is off: OpenSearch's certificate is not checked",
		);
	const now = () => performance.now();
	const stores = openStores(settings, tls);
	const peers = new PeerClient();
	const registry = new NodeRegistry({
		store: stores.nodes,
		peers,
		ids: nodeIds,
		version,
		goneAfterMs: settings.SIDECAR_NODE_GONE_MS,
		forgetAfterMs: settings.SIDECAR_NODE_FORGET_MS,
		now,
	});
	const clusterSettings = new ClusterSettingsService({
		store: stores.config,
		announce: () => announceSettings({ registry, peers, logger }),
		logger,
	});
	const callers = new CallerService({
		identities: stores.identities,
		mode: settings.SIDECAR_SECURITY,
		cacheMs: settings.SIDECAR_CALLER_CACHE_MS,
		now,
	});
	const breaker = new DiskBreaker({
		folder: cacheFolder,
		threshold: () =>
			clusterSettings.get("plugins.ml_commons.disk_free_space_threshold"),
	});
	const activity = new Activity(() =>
		clusterSettings.get("plugins.ml_commons.monitoring_request_count"),
	);
	const bodies = new BodyBudget(
		settings.SIDECAR_BODIES_LIMIT,
		"SIDECAR_BODIES_LIMIT",
	);
	return {
		settings,
		logger,
		cacheFolder,
		tls,
		now,
		stores,
		peers,
		registry,
		clusterSettings,
		callers,
		breaker,
		activity,
		bodies,
		metrics: new Metrics(),
	};
}
