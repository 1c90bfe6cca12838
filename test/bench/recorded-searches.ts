import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { fetchMiniLm } from "../../sidecar/dev/model-artifact.ts";
import { packed } from "../helpers/ingest-cases/recording.ts";
import { peerVersion } from "../helpers/peer.ts";
import { allowTemplates, archivesOf } from "../helpers/recorded-cases.ts";
import { corpusTexts } from "../helpers/search-cases/documents.ts";
import {
	makeSearchModels,
	type SearchModelName,
} from "../helpers/search-cases/models.ts";
import { encodingsOf } from "../helpers/search-cases/recording.ts";
import { makeCorpus, runSearchCase } from "../helpers/search-cases/run.ts";
import { searchTopics } from "../helpers/search-cases/topics.ts";
import { MlClient } from "./ml-client.ts";
import { recordCases } from "./recorded-cases.ts";
import { report } from "./recorded-file.ts";

const Vector = Compile(Type.Array(Type.Number()));
const Weights = Compile(Type.Record(Type.String(), Type.Number()));

/** Records what neural-search answers to every case of searches. */
export async function recordSearches(
	url: string,
	folder: string,
): Promise<unknown> {
	const miniLm = await fetchMiniLm({ precision: "int8", report });
	const made = await makeSearchModels(miniLm, folder);
	const client = new MlClient(url);
	const deployed = ({
		archive,
		config,
		functionName,
	}: (typeof made)["dense"]) => client.deploy(archive, config, functionName);
	const models: Record<SearchModelName, string> = {
		dense: await deployed(made.dense),
		narrow: await deployed(made.narrow),
		sparse: await deployed(made.sparse),
		similar: await deployed(made.similar),
	};
	await allowTemplates(url, "1000/1m");
	const texts = await encoded(client, models);
	const target = { url, prefix: "case", models };
	await makeCorpus(target, encodingsOf(texts));
	const cases = await recordCases(searchTopics, async (one, number) => ({
		answers: await runSearchCase(one, target, number),
	}));
	return {
		source: `neural-search ${peerVersion}`,
		archives: archivesOf(made),
		texts,
		cases,
	};
}

/** What the documents' texts are stored with. */
async function encoded(
	client: MlClient,
	models: Readonly<Record<SearchModelName, string>>,
): Promise<
	Record<string, { vector: string; weights: Record<string, number> }>
> {
	const entries = [];
	for (const text of corpusTexts()) {
		const vector = Vector.Parse(await client.vector(models.dense, text));
		const weights = Weights.Parse(await client.weights(models.sparse, text));
		entries.push([text, { vector: packed(vector), weights }] as const);
	}
	return Object.fromEntries(entries);
}
