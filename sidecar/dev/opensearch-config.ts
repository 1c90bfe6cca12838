import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolderFor, type ServiceUser } from "./service-user.ts";

/** The folders and files of one OpenSearch node, all below its data folder. */
export interface NodeFolders {
	config: string;
	data: string;
	logs: string;
	temporary: string;
	/** OpenSearch writes the address it listens on here, a line each. */
	ports: string;
	/** What OpenSearch prints. */
	output: string;
	pidFile: string;
}

/** The layout below `dataDir`. */
export function nodeFolders(dataDir: string): NodeFolders {
	const logs = join(dataDir, "logs");
	return {
		config: join(dataDir, "config"),
		data: join(dataDir, "data"),
		logs,
		temporary: join(dataDir, "tmp"),
		ports: join(logs, "http.ports"),
		output: join(logs, "opensearch.log"),
		pidFile: join(dataDir, "opensearch.pid"),
	};
}

/** log4j2 prints to standard output, which goes to `logs/opensearch.log`. */
const loggingProperties = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
`;

/** The settings of a development node on the loopback address: a cluster of its own, without disk watermarks. */
export function nodeSettings(
	folders: NodeFolders,
	port: number,
	extra: Readonly<Record<string, string>>,
): Record<string, string> {
	return {
		"cluster.name": "opensearch-ml-sidecar-dev",
		"node.name": "dev",
		"node.portsfile": "true",
		"discovery.type": "single-node",
		"network.host": "127.0.0.1",
		"http.port": String(port),
		"transport.port": "0",
		"path.data": folders.data,
		"path.logs": folders.logs,
		"cluster.routing.allocation.disk.threshold_enabled": "false",
		// In a heap this small, garbage that is about to be collected would count as memory in use, and writes of
		// model chunks would be refused.
		"indices.breaker.total.use_real_memory": "false",
		...extra,
	};
}

/** Makes the folders of a node, with its settings written and what an earlier run left of its own removed. */
export async function writeConfig(
	folders: NodeFolders,
	settings: Readonly<Record<string, string>>,
	user: ServiceUser | undefined,
): Promise<void> {
	const { config, data, logs, temporary } = folders;
	for (const folder of [config, temporary]) {
		await rm(folder, { recursive: true, force: true });
	}
	await rm(folders.ports, { force: true });
	for (const folder of [data, logs, temporary]) {
		await makeFolderFor(folder, user);
	}
	await mkdir(config);
	// JSON's strings are YAML's.
	const yaml = Object.entries(settings).map(
		([key, value]) => `${key}: ${JSON.stringify(value)}\n`,
	);
	await writeFile(join(config, "opensearch.yml"), yaml.join(""));
	await writeFile(join(config, "log4j2.properties"), loggingProperties);
	await makeFolderFor(config, user);
}
