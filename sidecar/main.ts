import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { advertisedAddress } from "./advertised-address.ts";
import { buildApp } from "./app.ts";
import { cacheFolder, loadSettings, SettingsError } from "./config.ts";
import { mayPass } from "./errors.ts";
import { createLogger } from "./log.ts";
import { nodeIds } from "./node-id.ts";

/** How often OpenSearch is asked at the start whether it answers, milliseconds. */
const startInterval = 1_000;

/** The same when it refuses, which somebody has to mend, milliseconds. */
const refusedInterval = 30_000;

async function main(): Promise<void> {
	const settings = loadSettings(process.env);
	const logger = createLogger(settings.SIDECAR_LOG_LEVEL);
	const folder = cacheFolder(settings, process.env);
	const { server, start } = buildApp({
		settings,
		logger,
		cacheFolder: folder,
		nodeIds: () => nodeIds(folder),
		version: createRequire(import.meta.url)("#package.json").version,
	});

	const stopping = new AbortController();
	endIdleConnections(server.server, stopping.signal);
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
	logger.info({ address, openSearch: settings.OPENSEARCH_URL }, "ready");

	while (!stopping.signal.aborted) {
		try {
			await start(advertisedAddress(settings, address));
			return;
		} catch (error) {
			if (mayPass(error)) logger.warn({ err: error }, "waiting for OpenSearch");
			else logger.error({ err: error }, "the sidecar can't start its work");
			await setTimeout(mayPass(error) ? startInterval : refusedInterval);
		}
	}
}

/**
 * Ends each connection as soon as it has no request in flight, from `stopping` on. A server that closes ends by
 * itself only those that are idle at that very moment, and not those on which no request has come yet.
 */
function endIdleConnections(server: Server, stopping: AbortSignal): void {
	const connections = new Map<Socket, { requests: number }>();
	const endIdle = () => {
		if (!stopping.aborted) return;
		for (const [socket, { requests }] of connections)
			if (requests === 0) socket.destroySoon();
	};
	server.on("connection", (socket: Socket) => {
		connections.set(socket, { requests: 0 });
		socket.once("close", () => connections.delete(socket));
	});
	server.on("request", ({ socket }, response) => {
		const connection = connections.get(socket);
		if (!connection) return;
		connection.requests++;
		response.once("close", () => {
			connection.requests--;
			endIdle();
		});
	});
	stopping.addEventListener("abort", endIdle);
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
