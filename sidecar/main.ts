import { setTimeout } from "node:timers/promises";
import { buildApp } from "./app.ts";
import { cacheFolder, loadSettings, SettingsError } from "./config.ts";
import { createLogger } from "./log.ts";
import { readNodeId } from "./node-id.ts";

/** How often OpenSearch is asked at the start whether it answers, milliseconds. */
const resumeInterval = 1_000;

async function main(): Promise<void> {
	const settings = loadSettings(process.env);
	const logger = createLogger(settings.SIDECAR_LOG_LEVEL);
	const folder = cacheFolder(settings, process.env);
	const nodeId = await readNodeId(folder);
	const { server, resume } = buildApp({
		settings,
		logger,
		cacheFolder: folder,
		nodeId,
	});

	const stopping = new AbortController();
	const stop = async (signal: NodeJS.Signals) => {
		if (stopping.signal.aborted) process.exit(1);
		stopping.abort();
		logger.info({ signal }, "stopping");
		const deadline = setTimeout(settings.SIDECAR_SHUTDOWN_TIMEOUT_MS).then(
			() => {
				logger.warn("requests were still running at the end of the grace time");
				process.exit(1);
			},
		);
		await Promise.race([server.close(), deadline]);
		process.exit(0);
	};
	for (const signal of ["SIGINT", "SIGTERM"] as const)
		process.on(signal, () => void stop(signal));

	const address = await server.listen({
		host: settings.SIDECAR_HOST,
		port: settings.SIDECAR_PORT,
	});
	logger.info(
		{ address, nodeId, openSearch: settings.OPENSEARCH_URL },
		"ready",
	);

	while (!stopping.signal.aborted) {
		try {
			await resume();
			return;
		} catch (error) {
			logger.warn({ err: error }, "waiting for OpenSearch");
			await setTimeout(resumeInterval);
		}
	}
}

main().catch((error: unknown) => {
	const reason = error instanceof Error ? error.message : String(error);
	const settings = error instanceof SettingsError;
	process.stderr.write(
		settings
			? `bad setting: ${reason}\n`
			: `the sidecar can't start: ${reason}\n`,
	);
	process.exit(1);
});
