import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	fetchMiniLm,
	type ModelArtifact,
} from "../../sidecar/dev/model-artifact.ts";
import { peerVersion, startPeer } from "../helpers/peer.ts";
import { Archives } from "../integration/conformance/archives.ts";
import { emptyPeer } from "../integration/conformance/empty-peer.ts";
import {
	recordingOf,
	recordingsFile,
} from "../integration/conformance/recordings.ts";
import { ScenarioRun } from "../integration/conformance/runner.ts";
import { topics } from "../integration/conformance/topics.ts";
import { MlClient } from "./ml-client.ts";
import { recordClusterSettings } from "./record-cluster-settings.ts";
import { recordFunctions } from "./record-functions.ts";
import { recordedTexts } from "./recorded-texts.ts";

/**
 * Records what ml-commons answers, for the tests to compare with: the answers to every scenario of the conformance
 * tests, and the vectors of both precisions of MiniLM. Names of topics as arguments record these alone.
 */
const fixtures = new URL("../fixtures/", import.meta.url);
const report = (line: string) => process.stderr.write(`${line}\n`);

/** A line for each value, but for lists of numbers, so that a difference between two recordings can be read. */
async function write(name: string, content: unknown): Promise<void> {
	const json = JSON.stringify(content, null, "\t").replace(
		// Within a string there is no line break.
		/\[\n[\s\d.,eE+-]+\]/g,
		(numbers) => numbers.replace(/\s+/g, ""),
	);
	await writeFile(new URL(name, fixtures), `${json}\n`);
}

async function recordTopics(
	url: string,
	names: readonly string[],
): Promise<void> {
	const nodeId = await new MlClient(url).nodeId();
	const archives = await Archives.create();
	const run = { url, nodeId, archives, untilMs: 30_000 };
	try {
		for (const topic of topics) {
			if (names.length > 0 && !names.includes(topic.name)) continue;
			const scenarios: Record<string, unknown> = {};
			let calls = 0;
			for (const scenario of topic.scenarios) {
				await emptyPeer(url);
				const outcomes = await new ScenarioRun(run).run(scenario);
				scenarios[scenario.name] = recordingOf(scenario, outcomes);
				calls += outcomes.length;
			}
			await write(recordingsFile(topic), {
				source: `ml-commons ${peerVersion}`,
				scenarios,
			});
			report(`Recorded ${calls} calls about ${topic.name}.`);
		}
	} finally {
		await archives.remove();
	}
}

async function recordVectors(url: string): Promise<void> {
	const client = new MlClient(url);
	const vectors = async (model: ModelArtifact) => {
		const id = await client.deploy(model);
		const made: unknown[] = [];
		for (const { text } of recordedTexts)
			made.push(await client.vector(id, text));
		return made;
	};
	const models = {
		fp32: await fetchMiniLm({ precision: "fp32", report }),
		int8: await fetchMiniLm({ precision: "int8", report }),
	};
	const fp32 = await vectors(models.fp32);
	const int8 = await vectors(models.int8);
	await write("ml-commons/minilm-vectors.json", {
		source: `ml-commons ${peerVersion}`,
		models: Object.fromEntries(
			Object.entries(models).map(([precision, { sha256, sizeBytes }]) => [
				precision,
				{ name: "all-MiniLM-L6-v2", sha256, sizeBytes },
			]),
		),
		texts: recordedTexts.map((recorded, index) => ({
			...recorded,
			fp32: fp32[index],
			int8: int8[index],
		})),
	});
	report(`Recorded the vectors of ${recordedTexts.length} texts.`);
}

async function recordModels(url: string): Promise<void> {
	await recordTopics(url, names);
	if (names.length === 0) await recordVectors(url);
	if (names.length === 0 || names.includes("functions"))
		await write("ml-commons/functions.json", {
			source: `ml-commons ${peerVersion}`,
			...(await recordFunctions(
				url,
				await fetchMiniLm({ precision: "int8", report }),
			)),
		});
}

async function recordSettings(url: string): Promise<void> {
	await write("ml-commons/cluster-settings.json", {
		source: `ml-commons ${peerVersion}`,
		...(await recordClusterSettings(url)),
	});
}

/** Starts an ml-commons for as long as it is asked. */
async function withPeer(
	ask: (url: string) => Promise<void>,
	{ asShipped }: { asShipped: boolean },
): Promise<void> {
	const dataDir = await mkdtemp(join(tmpdir(), "opensearch-ml-sidecar-peer-"));
	try {
		const peer = await startPeer({ dataDir, report, asShipped });
		try {
			await ask(peer.url);
		} finally {
			await peer.stop();
		}
	} finally {
		await rm(dataDir, { recursive: true, force: true });
	}
}

const names = process.argv.slice(2);
await withPeer(recordModels, { asShipped: false });
if (names.length === 0 || names.includes("cluster-settings"))
	await withPeer(recordSettings, { asShipped: true });
