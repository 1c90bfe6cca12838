import { SidecarError } from "../errors.ts";
import { hitsTable } from "./hits-table.ts";
import type { Progress } from "./progress.ts";
import {
	countDocuments,
	indexNouns,
	missingNouns,
	refresh,
} from "./quick-start-documents.ts";
import {
	pipelineModel,
	putIndex,
	putPipeline,
	quickStartName,
	readMeta,
} from "./quick-start-index.ts";
import {
	deployModel,
	findModel,
	type ModelArchive,
	registerModel,
	type StoredModel,
	uploadModel,
} from "./quick-start-model.ts";
import { exampleSearches, searchNouns } from "./quick-start-search.ts";
import type { SidecarClient } from "./sidecar-client.ts";
import { unlessAborted } from "./unless-aborted.ts";
import { readNouns } from "./wordnet.ts";

/** Nouns that the quick start indexes. */
const nounCount = 5_000;

/** Hits among which the expected word has to be. */
const expectedWithin = 3;

/** The model to search with. */
export interface WantedModel {
	name: string;
	/** Numbers in a vector. */
	dimension: number;
	/** What its archive must hash to; undefined if any model of that name will do. */
	sha256?: string;
	/** Gets the archive; `report` is told what takes long. */
	fetch(report: (line: string) => void): Promise<ModelArchive>;
}

/** Everything a step needs. */
export interface QuickStart {
	client: SidecarClient;
	progress: Progress;
	signal: AbortSignal;
	model: WantedModel;
}

/**
 * Makes the quick start's model, pipeline, index and documents, as a client of the sidecar. What an earlier run has
 * made is used; what it left half done is completed.
 *
 * @returns the id of the deployed model.
 */
export async function prepareQuickStart(
	quickStart: QuickStart,
): Promise<{ modelId: string }> {
	const model = await provideModel(quickStart);
	await putIndex(quickStart.client, {
		dimension: quickStart.model.dimension,
		meta: {
			model_id: model.id,
			model_name: model.name,
			model_sha256: model.sha256,
			documents: nounCount,
		},
	});
	await provideDocuments(quickStart);
	return { modelId: model.id };
}

async function provideModel(quickStart: QuickStart): Promise<StoredModel> {
	const { client, progress, signal } = quickStart;
	const pipelineNames = await pipelineModel(client);
	const id = pipelineNames ?? (await readMeta(client))?.model_id;
	const found = id === undefined ? undefined : await findModel(client, id);
	const isWanted =
		found?.name === quickStart.model.name &&
		found.sha256 === (quickStart.model.sha256 ?? found.sha256);
	const known = isWanted ? found : undefined;
	const model =
		known && known.state !== "REGISTERING"
			? known
			: await storeModel(quickStart, known);
	if (pipelineNames !== model.id) await putPipeline(client, model.id);
	await progress.step(
		`Deploying the model ${model.name}`,
		() => deployModel(client, { id: model.id, signal }),
		() => `Model ${model.name} is deployed, id ${model.id}`,
	);
	return model;
}

/** Registers and uploads the model, or uploads again the one whose upload has not ended. */
async function storeModel(
	{ client, progress, signal, model }: QuickStart,
	begun: StoredModel | undefined,
): Promise<StoredModel> {
	const archive = await progress.step(
		`Getting the model ${model.name}`,
		() =>
			unlessAborted(signal, () => model.fetch((line) => progress.detail(line))),
		({ sizeBytes }) => `Model ${model.name} is here, ${megabytes(sizeBytes)}`,
	);
	const stored =
		begun?.sha256 === archive.sha256
			? begun
			: await registerModel(client, { ...model, archive });
	// The pipeline comes before the upload: an interrupted start finds its model again by the pipeline.
	await putPipeline(client, stored.id);
	await progress.count(
		{
			title: "Uploading the model",
			total: archive.sizeBytes / 1e6,
			unit: "MB",
		},
		(advance) =>
			uploadModel(client, {
				id: stored.id,
				archive,
				uploaded: (bytes) => advance(bytes / 1e6),
			}),
		() => `Model uploaded to OpenSearch, ${megabytes(archive.sizeBytes)}`,
	);
	return stored;
}

async function provideDocuments({
	client,
	progress,
	signal,
}: QuickStart): Promise<void> {
	const there = await countDocuments(client);
	const total = nounCount.toLocaleString("en");
	if (there >= nounCount) {
		progress.done(`Index ${quickStartName} holds ${total} nouns`);
		return;
	}
	const nouns = await readNouns(nounCount);
	const missing = there === 0 ? nouns : await missingNouns(client, nouns);
	await progress.count(
		{
			title: "Indexing WordNet's nouns",
			total: missing.length,
			unit: "nouns",
		},
		async (advance) => {
			await indexNouns(client, { nouns: missing, signal, indexed: advance });
			await refresh(client);
		},
		() => `Index ${quickStartName} holds ${total} nouns with their vectors`,
	);
}

/**
 * Runs the example searches and shows what they find.
 *
 * @throws SidecarError if a search finds fewer than three nouns, or not the word it is judged by.
 */
export async function showSearches(
	{ client, progress }: Pick<QuickStart, "client" | "progress">,
	modelId: string,
): Promise<void> {
	const complaints: string[] = [];
	for (const { text, expected } of exampleSearches) {
		const hits = await searchNouns(client, { text, modelId });
		progress.write();
		progress.write(`  “${text}”`);
		progress.write(hitsTable(hits, progress.width));
		const best = hits.slice(0, expectedWithin);
		if (best.length < expectedWithin) {
			complaints.push(`“${text}” found ${best.length} nouns`);
		} else if (expected && !best.some((hit) => hit.word === expected)) {
			complaints.push(
				`“${text}” did not find “${expected}” among its first ${expectedWithin} nouns`,
			);
		}
	}
	if (complaints.length > 0) {
		throw new SidecarError("inference_failed", complaints.join("; "));
	}
}

function megabytes(bytes: number): string {
	return `${(bytes / 1e6).toFixed(1)} MB`;
}
