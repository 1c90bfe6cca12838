import { fetchMiniLm } from "../../sidecar/dev/model-artifact.ts";
import {
	type IngestModel,
	makeIngestModels,
} from "../helpers/ingest-cases/models.ts";
import {
	packed,
	recordingFile,
	withoutVectors,
} from "../helpers/ingest-cases/recording.ts";
import { runCase } from "../helpers/ingest-cases/run.ts";
import { ingestTopics } from "../helpers/ingest-cases/topics.ts";
import { peerVersion } from "../helpers/peer.ts";
import { allowTemplates, archivesOf } from "../helpers/recorded-cases.ts";
import { MlClient } from "./ml-client.ts";
import { recordCases } from "./recorded-cases.ts";
import { recordToFile, report } from "./recorded-file.ts";

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
	await allowTemplates(url, "1000/1m");
	const text = "The plumber repairs pipes in kitchens.";
	const trial = await client.vector(models.dense, text);
	if (!Array.isArray(trial)) throw new Error("a vector that is no list");
	const target = { url, prefix: "case", models, reorders: true };
	const vectors: string[] = [];
	const cases = await recordCases(ingestTopics, async (one, number) => {
		const { answers, documents } = await runCase(one, target, number);
		return {
			answers: withoutVectors(answers, vectors),
			documents: withoutVectors(documents, vectors),
		};
	});
	return {
		source: `neural-search ${peerVersion}`,
		archives: archivesOf(made),
		trial: { text, vector: packed(trial.map(Number)) },
		vectors,
		cases,
	};
}

await recordToFile(recordingFile, record);
