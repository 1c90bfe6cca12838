import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { SidecarError } from "../errors.ts";
import { assemble, isAssembled } from "./assembly.ts";
import { openSearchRecipe, type Recipe } from "./assembly-recipe.ts";
import { requireFreePort } from "./free-port.ts";
import type { GuardedProcess } from "./guarded-process.ts";
import { findJava, type Java } from "./java.ts";
import { type Release, tryLock } from "./lock.ts";
import { findMaven } from "./maven.ts";
import { nodeFolders, nodeSettings, writeConfig } from "./opensearch-config.ts";
import {
	endLeftoverNode,
	launchNode,
	nodeError,
	untilHealthy,
} from "./opensearch-node.ts";
import {
	makeFolderFor,
	requireReachable,
	serviceUser,
} from "./service-user.ts";
import { userFolders } from "./user-folders.ts";

export interface EmbeddedOptions {
	env: NodeJS.ProcessEnv;
	/** Gets a line for whoever waits. */
	report: (line: string) => void;
	/** The port of its HTTP API on 127.0.0.1; 0 takes a free one. */
	port: number;
	/** Holds the indices, the configuration and the logs; kept between starts, used by one at a time. */
	dataDir: string;
	/** The Java heap in the JVM's notation; `1g` unless given. */
	heap?: string;
	/** More arguments for the JVM. */
	javaOptions?: readonly string[];
	/** Settings besides those of a development node. */
	settings?: Readonly<Record<string, string>>;
	recipe?: Recipe;
	/** Milliseconds for OpenSearch to become healthy once it was started. */
	startTimeoutMs?: number;
}

/** An OpenSearch that this process started; it ends when this process does. */
export interface EmbeddedOpenSearch {
	url: string;
	/** Settles with the reason if it ends without being asked to. */
	readonly failed: Promise<SidecarError>;
	/** Ends it gracefully; the data stays. */
	stop(): Promise<void>;
}

/** Java for OpenSearch, and Maven unless the cache spares it: all that is missing is said in one message. */
async function requireTools(
	recipe: Recipe,
	options: { env: NodeJS.ProcessEnv; home: string; cache: string },
): Promise<Java> {
	const { env, cache } = options;
	const missing: string[] = [];
	const java = await findJava(recipe.javaVersion, options);
	if (java === undefined) missing.push(`Java ${recipe.javaVersion} or newer`);
	if (!(await isAssembled(recipe, cache)) && !(await findMaven(env))) {
		missing.push("Maven (mvn)");
	}
	if (java !== undefined && missing.length === 0) return java;
	throw new SidecarError(
		"upstream_unavailable",
		`An embedded OpenSearch needs ${missing.join(" and ")}, which was not found: install it ` +
			"(OPENSEARCH_JAVA_HOME may name a Java), start Docker, or set OPENSEARCH_URL to an OpenSearch that runs.",
	);
}

/** @throws SidecarError `conflict` if another start uses the folder */
async function claim(dataDir: string): Promise<Release> {
	const release = await tryLock(dataDir);
	if (release !== undefined) return release;
	throw new SidecarError(
		"conflict",
		`Another start uses the data folder ${dataDir}. End it, or set SIDECAR_DEV_DATA to another folder.`,
	);
}

/**
 * Starts an OpenSearch with k-NN that is assembled from Maven artifacts, and waits until it is healthy.
 * @throws SidecarError `upstream_unavailable` if a tool is missing or OpenSearch does not start; `conflict` if the
 * port or the data folder is in use; `bad_state` if a folder is closed to the user that it runs as
 */
export async function startEmbedded(
	options: EmbeddedOptions,
): Promise<EmbeddedOpenSearch> {
	const { env, report, dataDir, recipe = openSearchRecipe } = options;
	const home = homedir();
	const { cache } = userFolders(env, { uid: process.getuid?.(), home });
	const java = await requireTools(recipe, { env, home, cache });
	await requireFreePort(options.port);
	const assembled = await assemble(recipe, { env, home, cache, report });

	await mkdir(dataDir, { recursive: true });
	const release = await claim(dataDir);
	try {
		return await startNode(options, {
			assembled,
			javaHome: java.home,
			release,
		});
	} catch (error) {
		await release();
		throw error;
	}
}

async function startNode(
	options: EmbeddedOptions,
	from: { assembled: string; javaHome: string; release: Release },
): Promise<EmbeddedOpenSearch> {
	const { env, report, dataDir, port } = options;
	const user = serviceUser();
	const folders = nodeFolders(dataDir);
	await makeFolderFor(dataDir, user);
	for (const path of [from.assembled, from.javaHome, dataDir]) {
		await requireReachable(path, user);
	}
	if (await endLeftoverNode(folders)) {
		report("Ended an OpenSearch that an earlier start had left behind.");
	}
	await requireFreePort(port);
	const settings = nodeSettings(folders, port, options.settings ?? {});
	await writeConfig(folders, settings, user);
	const node = await launchNode({
		home: from.assembled,
		javaHome: from.javaHome,
		folders,
		heap: options.heap ?? "1g",
		javaOptions: options.javaOptions ?? [],
		env: { PATH: env.PATH, LANG: "C.UTF-8", HOME: folders.temporary },
		user,
	});
	const ended = observe(node);
	try {
		const timeoutMs = options.startTimeoutMs ?? 120_000;
		return {
			url: await untilHealthy(node, folders, { timeoutMs }),
			failed: ended.unasked.then((code) =>
				nodeError(`ended with code ${code}`, folders),
			),
			async stop() {
				await ended.stop();
				await from.release();
			},
		};
	} catch (error) {
		await ended.stop();
		throw error;
	}
}

/** Tells an end that was asked for from one that was not, which alone settles `unasked`. */
function observe(node: GuardedProcess): {
	unasked: Promise<number>;
	stop(): Promise<void>;
} {
	let asked = false;
	return {
		unasked: new Promise((resolve) => {
			void node.exited.then((code) => {
				if (!asked) resolve(code);
			});
		}),
		async stop() {
			asked = true;
			await node.stop();
		},
	};
}
