import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { dockerAnswers } from "../../sidecar/dev/docker.ts";
import { startEmbedded } from "../../sidecar/dev/embedded-opensearch.ts";
import { fetchMiniLm } from "../../sidecar/dev/model-artifact.ts";
import { untilAnswers } from "../../sidecar/dev/opensearch-answer.ts";
import type {} from "./opensearch.ts";

interface TestOpenSearch {
	url: string;
	stop(): Promise<void>;
}

const { env } = process;
const report = (line: string) => process.stderr.write(`${line}\n`);

async function external(url: string): Promise<TestOpenSearch> {
	return {
		url: await untilAnswers(url, { env, report, timeoutMs: 60_000 }),
		stop: async () => undefined,
	};
}

async function container(): Promise<TestOpenSearch> {
	const { GenericContainer, Wait } = await import("testcontainers");
	const started = await new GenericContainer(
		"opensearchproject/opensearch:3.6.0",
	)
		.withEnvironment({
			"discovery.type": "single-node",
			DISABLE_SECURITY_PLUGIN: "true",
			DISABLE_INSTALL_DEMO_CONFIG: "true",
			DISABLE_PERFORMANCE_ANALYZER_AGENT_CLI: "true",
			OPENSEARCH_JAVA_OPTS: "-Xms1g -Xmx1g",
			"cluster.routing.allocation.disk.threshold_enabled": "false",
		})
		.withExposedPorts(9200)
		.withWaitStrategy(
			Wait.forHttp("/_cluster/health?wait_for_status=yellow", 9200),
		)
		.withStartupTimeout(300_000)
		.start();
	return {
		url: `http://${started.getHost()}:${started.getMappedPort(9200)}`,
		async stop() {
			await started.stop();
		},
	};
}

async function embedded(): Promise<TestOpenSearch> {
	const dataDir = await mkdtemp(join(tmpdir(), "opensearch-ml-sidecar-test-"));
	const remove = () => rm(dataDir, { recursive: true, force: true });
	try {
		const openSearch = await startEmbedded({ env, report, port: 0, dataDir });
		return {
			url: openSearch.url,
			async stop() {
				await openSearch.stop();
				await remove();
			},
		};
	} catch (error) {
		await remove();
		throw error;
	}
}

async function start(): Promise<TestOpenSearch> {
	if (env.OPENSEARCH_TEST_URL) return await external(env.OPENSEARCH_TEST_URL);
	return (await dockerAnswers(env)) ? await container() : await embedded();
}

/** Gives the integration tests an OpenSearch and two models, and takes OpenSearch away again after the last. */
export default async function setUp(
	project: TestProject,
): Promise<() => Promise<void>> {
	project.provide("minilm", {
		fp32: await fetchMiniLm({ precision: "fp32", report, env }),
		int8: await fetchMiniLm({ precision: "int8", report, env }),
	});
	const openSearch = await start();
	project.provide("opensearchUrl", openSearch.url);
	return () => openSearch.stop();
}
