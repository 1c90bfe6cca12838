import { once } from "node:events";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { createServer } from "node:net";
import { constants } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { SidecarError } from "../errors.ts";
import { startGuarded } from "./guarded-process.ts";
import { lastComplaint } from "./log-complaint.ts";
import { SidecarClient } from "./sidecar-client.ts";

const readyTimeoutMs = 60_000;
const pollMs = 100;

/** A sidecar in a process of its own, as in production. */
export interface SidecarProcess {
	url: string;
	/** Settles, with what its log says about it, when the process ends unasked. */
	died: Promise<SidecarError>;
	/** Lets it finish what it is doing, and ends it. */
	stop(): Promise<void>;
}

/** An address to listen on. */
export interface Address {
	host: string;
	port: number;
}

/**
 * A port that can be listened on: the one asked for, or a free one for 0.
 *
 * @throws SidecarError `conflict` that names the setting to change.
 */
export async function findPort({ host, port }: Address): Promise<number> {
	const server = createServer();
	try {
		server.listen({ host, port, exclusive: true });
		await once(server, "listening");
		const address = server.address();
		return typeof address === "object" && address ? address.port : port;
	} catch (error) {
		const taken =
			error instanceof Error && "code" in error && error.code === "EADDRINUSE";
		throw new SidecarError(
			"conflict",
			taken
				? `port ${port} on ${host} is taken: end what listens there, or set SIDECAR_PORT to another port`
				: `the sidecar cannot listen on ${host}:${port} (SIDECAR_HOST, SIDECAR_PORT): ${error instanceof Error ? error.message : error}`,
			{ cause: error },
		);
	} finally {
		if (server.listening) {
			server.close();
			await once(server, "close");
		}
	}
}

/** The address that a client on this machine uses for a sidecar that listens there. */
export function clientUrl({ host, port }: Address): string {
	const reachable =
		host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
	return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

/**
 * Starts a sidecar that ends with this process, however this process ends, and waits until it is ready.
 *
 * @throws SidecarError with the log's last complaint if it ends, or does not become ready in time.
 */
export async function startSidecar(options: {
	address: Address;
	/** Settings of the sidecar. */
	env: NodeJS.ProcessEnv;
	/** Holds this run's log, in JSON lines. */
	logFile: string;
	/** Milliseconds that requests in flight are given at the end. */
	shutdownMs: number;
	signal: AbortSignal;
}): Promise<SidecarProcess> {
	const { address, logFile, shutdownMs, signal } = options;
	mkdirSync(dirname(logFile), { recursive: true });
	const output = openSync(logFile, "w");
	const program = fileURLToPath(new URL("../main.js", import.meta.url));
	const child = startGuarded(
		process.execPath,
		["--enable-source-maps", program],
		{
			env: {
				...options.env,
				SIDECAR_HOST: address.host,
				SIDECAR_PORT: String(address.port),
				SIDECAR_SHUTDOWN_TIMEOUT_MS: String(shutdownMs),
			},
			cwd: process.cwd(),
			graceMs: shutdownMs + 2_000,
			output,
		},
	);
	closeSync(output);
	const died = child.exited.then(
		(code) =>
			new SidecarError(
				"upstream_unavailable",
				`the sidecar ended with exit code ${code}${signalName(code)}: ${lastComplaint(logFile)}`,
			),
	);
	const sidecar = {
		url: clientUrl(address),
		died,
		stop: () => child.stop(),
	};
	try {
		await Promise.race([
			untilReady(sidecar.url, signal),
			died.then((error) => Promise.reject(error)),
		]);
		return sidecar;
	} catch (error) {
		await sidecar.stop();
		throw error;
	}
}

/** A process that a signal ended has 128 and the signal's number for a code. */
function signalName(code: number): string {
	const signal = Object.entries(constants.signals).find(
		([, number]) => number === code - 128,
	);
	return signal ? ` (${signal[0]})` : "";
}

async function untilReady(url: string, signal: AbortSignal): Promise<void> {
	const client = new SidecarClient(url, signal);
	const deadline = performance.now() + readyTimeoutMs;
	try {
		let last = "it does not answer";
		while (performance.now() < deadline) {
			const readiness = await askReady(client);
			if (readiness.ready) return;
			last = readiness.reason;
			await sleep(pollMs, undefined, { signal });
		}
		throw new SidecarError(
			"upstream_timeout",
			`the sidecar was not ready within ${readyTimeoutMs / 1000} seconds: ${last}`,
		);
	} finally {
		await client.close();
	}
}

/** Whether the sidecar can do its work, OpenSearch included, and if not, what it says. */
export async function askReady(
	client: SidecarClient,
): Promise<{ ready: true } | { ready: false; reason: string }> {
	try {
		const { status, body } = await client.call({
			method: "GET",
			path: "/_sidecar/health/ready",
			expect: [503],
		});
		if (status === 200) return { ready: true };
		return { ready: false, reason: JSON.stringify(body) };
	} catch (error) {
		if (
			error instanceof SidecarError &&
			(error.code === "upstream_unavailable" ||
				error.code === "upstream_broken")
		) {
			return { ready: false, reason: error.message };
		}
		throw error;
	}
}
