import { homedir } from "node:os";
import { join } from "node:path";
import { SidecarError } from "../errors.ts";
import { ComposeService, composeAnswers } from "./docker.ts";
import { startEmbedded } from "./embedded-opensearch.ts";
import { untilAnswers } from "./opensearch-answer.ts";
import { letEnter, serviceUser } from "./service-user.ts";
import { userFolders } from "./user-folders.ts";

const answerTimeoutMs = 60_000;
const defaultPort = 9200;

export interface SourceOptions {
	env: NodeJS.ProcessEnv;
	/** Gets a line for whoever waits, before whatever takes long. */
	report: (line: string) => void;
}

/** An OpenSearch to work with, and the duty to end it if it was started for us. */
export interface AcquiredOpenSearch {
	url: string;
	origin: "environment" | "docker" | "embedded";
	/** Settles with the reason if an embedded one ends without being asked to. */
	readonly failed: Promise<SidecarError>;
	/** Ends it if it was started for us. */
	stop(): Promise<void>;
}

const never = new Promise<SidecarError>(() => undefined);

/** The port that OpenSearch is to listen on: OPENSEARCH_PORT, 0 for a free one, 9200 unless set. */
export function openSearchPort(env: NodeJS.ProcessEnv): number {
	const value = env.OPENSEARCH_PORT;
	if (value === undefined || value === "") return defaultPort;
	const port = Number(value);
	if (/^\d+$/.test(value) && port <= 65_535) return port;
	throw new SidecarError(
		"bad_request",
		`OPENSEARCH_PORT must be a port from 0 to 65535; it is "${value}".`,
	);
}

/** The folder of the embedded OpenSearch that `npm start` uses, in a data folder that is there. */
export async function openSearchDataDir(
	env: NodeJS.ProcessEnv,
): Promise<string> {
	const user = { uid: process.getuid?.(), home: homedir() };
	const { data } = userFolders(env, user);
	await letEnter(data, serviceUser());
	return join(data, "opensearch");
}

async function fromDocker(options: SourceOptions): Promise<AcquiredOpenSearch> {
	const { env, report } = options;
	const port = openSearchPort(env) || defaultPort;
	const service = new ComposeService("opensearch", {
		...env,
		OPENSEARCH_PORT: String(port),
	});
	const foreign = await service.isRunning();
	if (!foreign) {
		report(
			"Starting OpenSearch with Docker; the first time its image is downloaded (1 GB)…",
		);
	}
	const stop = async () => {
		if (!foreign) await service.stop();
	};
	try {
		await service.up();
	} catch (error) {
		await stop();
		throw error;
	}
	return {
		url: `http://127.0.0.1:${port}`,
		origin: "docker",
		failed: never,
		stop,
	};
}

/**
 * The OpenSearch that `OPENSEARCH_URL` names; else one that Docker runs, if an engine answers; else an embedded one,
 * whose data is kept between starts. One that runs already is left running by `stop`.
 * @throws SidecarError with a message for the user
 */
export async function acquireOpenSearch(
	options: SourceOptions,
): Promise<AcquiredOpenSearch> {
	const { env, report } = options;
	if (env.OPENSEARCH_URL) {
		const timeoutMs = answerTimeoutMs;
		const url = await untilAnswers(env.OPENSEARCH_URL, {
			...options,
			timeoutMs,
		});
		const stop = async () => undefined;
		return { url, origin: "environment", failed: never, stop };
	}
	if (await composeAnswers(env)) return await fromDocker(options);
	const embedded = await startEmbedded({
		env,
		report,
		port: openSearchPort(env),
		dataDir: await openSearchDataDir(env),
	});
	return { ...embedded, origin: "embedded" };
}
