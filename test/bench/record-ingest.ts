import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchMiniLm } from "../../sidecar/dev/model-artifact.ts";
import {
	type IngestModel,
	makeIngestModels,
} from "../helpers/ingest-cases/models.ts";
import {
	fingerprint,
	packed,
	recordingFile,
	withoutVectors,
} from "../helpers/ingest-cases/recording.ts";
import { type Outcome, runCase } from "../helpers/ingest-cases/run.ts";
import { ingestTopics } from "../helpers/ingest-cases/topics.ts";
import { peerVersion, startPeer } from "../helpers/peer.ts";
import { MlClient } from "./ml-client.ts";

/** Makes OpenSearch take as many mustache templates as the cases have. */
const manyTemplates = {
	transient: { "script.context.template.max_compilations_rate": "1000/1m" },
};

/** Records what neural-search makes of every case of ingest: answers, and the documents that are stored. */
async function record(url: string, folder: string): Promise<unknown> {
	const miniLm = await fetchMiniLm({ precision: "int8", report });
	const made = await makeIngestModels(miniLm, folder);
	const client = new MlClient(url);
	const deployed = ({ archive, config, functionName }: IngestModel) =>
		client.deploy(archive, config, functionName);
	const models = {
		dense: await deployed(made.dense),
		tiny: await deployed(made.tiny),
		sparse: await deployed(made.sparse),
	};
	const allowed = await fetch(`${url}/_cluster/settings`, {
		method: "PUT",
		headers: { "content-type": "application/json" },
		body: JSON.stringify(manyTemplates),
	});
	if (!allowed.ok) throw new Error(await allowed.text());
	const text = "The plumber repairs pipes in kitchens.";
	const trial = await client.vector(models.dense, text);
	if (!Array.isArray(trial)) throw new Error("a vector that is no list");
	const target = { url, prefix: "case", models, reorders: true };
	const vectors: string[] = [];
	const cases: Record<string, unknown> = {};
	const failures: Error[] = [];
	let number = 0;
	for (const topic of ingestTopics)
		for (const one of topic.cases) {
			const name = `${topic.name} / ${one.name}`;
			if (name in cases) throw new Error(`two cases are named ${name}`);
			let outcome: Outcome;
			try {
				outcome = await runCase(one, target, number++);
			} catch (cause) {
				failures.push(new Error(name, { cause }));
				continue;
			}
			cases[name] = {
				sent: fingerprint(one),
				answers: withoutVectors(outcome.answers, vectors),
				documents: withoutVectors(outcome.documents, vectors),
			};
		}
	if (failures.length > 0) throw new AggregateError(failures);
	report(`Recorded ${number} cases.`);
	return {
		source: `neural-search ${peerVersion}`,
		archives: Object.fromEntries(
			Object.entries(made).map(([name, { archive }]) => [name, archive.sha256]),
		),
		trial: { text, vector: packed(trial.map(Number)) },
		vectors,
		cases,
	};
}

const report = (line: string) => process.stderr.write(`${line}\n`);
const dataDir = await mkdtemp(join(tmpdir(), "ml-commons-ingest-"));
const modelDir = await mkdtemp(join(tmpdir(), "ingest-models-"));
try {
	// OpenSearch runs as another user, who has to read what is in there.
	await chmod(modelDir, 0o755);
	const peer = await startPeer({ dataDir, report });
	try {
		const file = join(import.meta.dirname, "../fixtures", recordingFile);
		const recorded = await record(peer.url, modelDir);
		await writeFile(file, `${JSON.stringify(recorded, undefined, "\t")}\n`);
	} finally {
		await peer.stop();
	}
} finally {
	await rm(dataDir, { recursive: true, force: true });
	await rm(modelDir, { recursive: true, force: true });
}
