import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { SidecarError } from "../errors.ts";
import { type GuardedProcess, startGuarded } from "./guarded-process.ts";
import { endLeftover } from "./leftover.ts";
import type { NodeFolders } from "./opensearch-config.ts";
import type { ServiceUser } from "./service-user.ts";

const mainClass = "org.opensearch.bootstrap.OpenSearch";
const graceMs = 15_000;
const pollMs = 100;
const logTailLines = 25;

/** What a node is started from. */
export interface NodeLaunch {
	/** The assembled home, which the node only reads. */
	home: string;
	javaHome: string;
	folders: NodeFolders;
	/** Java heap in the JVM's notation. */
	heap: string;
	/** More arguments for the JVM. */
	javaOptions: readonly string[];
	/** The whole environment of the node. */
	env: NodeJS.ProcessEnv;
	user: ServiceUser | undefined;
}

/** Ends a node that an earlier start left behind on these folders; false if there is none. */
export async function endLeftoverNode(folders: NodeFolders): Promise<boolean> {
	return await endLeftover(
		folders.pidFile,
		[mainClass, `-Dopensearch.path.conf=${folders.config}`],
		graceMs,
	);
}

/** Starts the Java process of a node under the guardian; what it prints goes to its log. */
export async function launchNode(launch: NodeLaunch): Promise<GuardedProcess> {
	const { home, javaHome, folders, heap, javaOptions } = launch;
	const args = [
		`-Xms${heap}`,
		`-Xmx${heap}`,
		`-Dopensearch.path.home=${home}`,
		`-Dopensearch.path.conf=${folders.config}`,
		"-Dopensearch.distribution.type=tar",
		`-Djava.io.tmpdir=${folders.temporary}`,
		`-Djna.tmpdir=${folders.temporary}`,
		"--add-modules=jdk.incubator.vector",
		...javaOptions,
		"-cp",
		join(home, "lib", "*"),
		mainClass,
	];
	const output = await open(folders.output, "w");
	try {
		return startGuarded(join(javaHome, "bin", "java"), args, {
			env: launch.env,
			cwd: folders.temporary,
			graceMs,
			output: output.fd,
			user: launch.user,
			pidFile: folders.pidFile,
		});
	} finally {
		await output.close();
	}
}

/** What happened to a node, with the end of its log. */
export async function nodeError(
	what: string,
	folders: NodeFolders,
): Promise<SidecarError> {
	const text = await readFile(folders.output, "utf8").catch(() => "");
	// Stack frames push the reasons out of sight.
	const telling = text
		.trimEnd()
		.split("\n")
		.filter((line) => !/^\s+(at|\.\.\.) /.test(line));
	return new SidecarError(
		"upstream_unavailable",
		`OpenSearch ${what}. The end of ${folders.output}:\n${telling.slice(-logTailLines).join("\n")}`,
	);
}

/** The URL that OpenSearch listens on, once it has written its ports file. */
async function listeningUrl(
	folders: NodeFolders,
	scheme: string,
): Promise<string | undefined> {
	const text = await readFile(folders.ports, "utf8").catch(() => "");
	const address = text
		.split("\n")
		.find((line) => /^127\.0\.0\.1:\d+$/.test(line));
	return address === undefined ? undefined : `${scheme}://${address}`;
}

async function healthy(url: string): Promise<boolean> {
	const health = `${url}/_cluster/health?wait_for_status=yellow&timeout=1s`;
	return await fetch(health, { signal: AbortSignal.timeout(5_000) }).then(
		(answer) => answer.ok,
		() => false,
	);
}

export interface HealthOptions {
	timeoutMs: number;
	/** Of its HTTP API; `http` unless given. */
	scheme?: "http" | "https";
	/** Whether the node at this URL can be used: as a rule, whether it is yellow or green. */
	isHealthy?: (url: string) => Promise<boolean>;
}

/**
 * Waits for a node to be healthy.
 * @returns its URL
 * @throws SidecarError `upstream_unavailable` with the end of its log, at once when it ends, or past the time
 */
export async function untilHealthy(
	node: GuardedProcess,
	folders: NodeFolders,
	options: HealthOptions,
): Promise<string> {
	const { timeoutMs, scheme = "http", isHealthy = healthy } = options;
	let exitCode: number | undefined;
	void node.exited.then((code) => {
		exitCode = code;
	});
	const deadline = performance.now() + timeoutMs;
	while (performance.now() < deadline) {
		const url = await listeningUrl(folders, scheme);
		if (url !== undefined && (await isHealthy(url))) return url;
		if (exitCode !== undefined) {
			throw await nodeError(
				`ended with code ${exitCode} while starting`,
				folders,
			);
		}
		await wait(pollMs);
	}
	throw await nodeError(`was not healthy after ${timeoutMs / 1000} s`, folders);
}
