import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadSettings } from "../config.ts";
import { SidecarError } from "../errors.ts";
import { complaint } from "./command-line.ts";
import { acquireOpenSearch } from "./opensearch-source.ts";
import { Progress } from "./progress.ts";
import { prepareQuickStart, showSearches } from "./quick-start.ts";
import { curlCommand, suggestedSearch } from "./quick-start-search.ts";
import { SidecarClient } from "./sidecar-client.ts";
import { askReady, findPort, startSidecar } from "./sidecar-process.ts";
import { readOptions, type StartOptions, startUsage } from "./start-options.ts";
import { unlessAborted } from "./unless-aborted.ts";
import { userFolders } from "./user-folders.ts";

/** Milliseconds that a sidecar is given to end: a person waits. */
const shutdownMs = 3_000;
const watchMs = 2_000;
const watchFailures = 3;
const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** What has been started, to be stopped in the opposite order. */
class Started {
	readonly #stops: (() => Promise<void>)[] = [];

	add(stop: () => Promise<void>): void {
		this.#stops.unshift(stop);
	}

	async stop(): Promise<void> {
		for (const stop of this.#stops.splice(0)) await stop();
	}
}

interface Run extends StartOptions {
	env: NodeJS.ProcessEnv;
	progress: Progress;
	started: Started;
	signal: AbortSignal;
}

/** Returns when everything has been shown and `once` is set; else it runs until it is aborted or a part dies. */
async function run({ once, model, ...run }: Run): Promise<void> {
	const { env, progress, started, signal } = run;
	const settings = loadSettings(env);
	const host = settings.SIDECAR_HOST;
	// Before anything that takes long.
	const port = await findPort({ host, port: settings.SIDECAR_PORT });
	progress.write("\nSemantic search for OpenSearch: the quick start\n");

	const openSearch = await progress.step(
		"Starting OpenSearch",
		() =>
			unlessAborted(signal, () =>
				acquireOpenSearch({ env, report: (line) => progress.detail(line) }),
			),
		({ url, origin }) => `OpenSearch is at ${url} (${originNames[origin]})`,
	);
	started.add(() => openSearch.stop());

	const user = { uid: process.getuid?.(), home: homedir() };
	const logFile = join(userFolders(env, user).data, `sidecar-${port}.log`);
	const sidecar = await progress.step(
		"Starting the sidecar",
		() =>
			startSidecar({
				address: { host, port },
				env: { ...env, OPENSEARCH_URL: openSearch.url },
				logFile,
				shutdownMs,
				signal,
			}),
		({ url }) => `The sidecar is at ${url}`,
	);
	started.add(() => sidecar.stop());
	const client = new SidecarClient(sidecar.url, signal);
	started.add(() => client.close());
	const dying = Promise.race([sidecar.died, openSearch.failed]).then((error) =>
		Promise.reject(error),
	);

	await Promise.race([
		dying,
		demonstrate({ client, progress, signal, model, once }),
	]);
	if (once) return;
	progress.write("  Everything stays up until Ctrl-C.");
	progress.write(`  The sidecar's log: ${logFile}\n`);
	await Promise.race([dying, watch(client, signal)]);
}

const originNames = {
	environment: "OPENSEARCH_URL",
	docker: "in Docker",
	embedded: "started here, its data is kept",
} as const;

async function demonstrate(
	quickStart: Parameters<typeof prepareQuickStart>[0] & { once: boolean },
): Promise<void> {
	const { client, progress, once } = quickStart;
	const { modelId } = await prepareQuickStart(quickStart);
	await showSearches({ client, progress }, modelId);
	if (once) return;
	const text = suggestedSearch;
	const settings = addressSettings(client.url);
	progress.write("\n  Try your own, in another terminal:\n");
	progress.write(`    ${settings}npm run search -- "${text}"\n`);
	progress.write(`    ${curlCommand(client.url, { text, modelId })}\n`);
}

/** What `npm run search` needs in front of it to find a sidecar that is not at the default address. */
function addressSettings(url: string): string {
	const { hostname, port } = new URL(url);
	const host = hostname.replace(/^\[|\]$/g, "");
	return [
		host === "127.0.0.1" ? "" : `SIDECAR_HOST=${host} `,
		port === "9400" ? "" : `SIDECAR_PORT=${port} `,
	].join("");
}

/** Never returns: it throws when the sidecar says several times in a row that it cannot reach OpenSearch. */
async function watch(
	client: SidecarClient,
	signal: AbortSignal,
): Promise<never> {
	for (let failures = 0; ; ) {
		await sleep(watchMs, undefined, { signal });
		const readiness = await askReady(client);
		failures = readiness.ready ? 0 : failures + 1;
		if (!readiness.ready && failures >= watchFailures) {
			throw new SidecarError(
				"upstream_unavailable",
				`OpenSearch or the sidecar has stopped working: ${readiness.reason}`,
			);
		}
	}
}

/** The first signal asks for an end; a second one does not wait for it. */
function abortOnSignal(): AbortController {
	const controller = new AbortController();
	for (const name of ["SIGHUP", "SIGINT", "SIGTERM"] as const) {
		process.on(name, () => {
			if (controller.signal.aborted) process.exit(128 + signalNumbers[name]);
			controller.abort(name);
		});
	}
	return controller;
}

/** @returns the exit code. */
async function main(argv: string[], env: NodeJS.ProcessEnv): Promise<number> {
	const progress = new Progress(process.stdout);
	const started = new Started();
	const { signal } = abortOnSignal();
	let once = false;
	try {
		const options = await readOptions(argv);
		if (!options) {
			progress.write(startUsage);
			return 0;
		}
		once = options.once;
		await run({ ...options, env, progress, started, signal });
		return 0;
	} catch (error) {
		if (signal.aborted) {
			progress.write("\n  Stopping.");
			return once ? 1 : 0;
		}
		process.stderr.write(`\n${complaint(error, env)}`);
		return 1;
	} finally {
		await started.stop();
	}
}

// What was interrupted, such as an OpenSearch that is just starting, ends with this process.
process.exit(await main(process.argv.slice(2), process.env));
