import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pLimit from "p-limit";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { expectAsRecorded } from "../helpers/as-recorded.ts";
import { deployCaseModel } from "../helpers/deployed-model.ts";
import {
	differingCases,
	pending,
	withDifferences,
} from "../helpers/ingest-cases/differences.ts";
import {
	type IngestModels,
	makeIngestModels,
} from "../helpers/ingest-cases/models.ts";
import {
	readRecording,
	unpacked,
	withVectors,
} from "../helpers/ingest-cases/recording.ts";
import {
	type Outcome,
	removeCases,
	runCase,
} from "../helpers/ingest-cases/run.ts";
import { ingestTopics } from "../helpers/ingest-cases/topics.ts";
import { opensearchUrl, uniqueName } from "../helpers/opensearch.ts";
import {
	allowTemplates,
	archivesOf,
	casesOf,
	fingerprintsOf,
} from "../helpers/recorded-cases.ts";
import {
	removeModel,
	startSidecar,
	type TestSidecar,
} from "../helpers/sidecar.ts";
import { vectorsOf } from "../helpers/vectors.ts";

/*
 * The same pipelines and documents were sent to OpenSearch with neural-search 3.6. The sidecar answers the same and leaves
 * the same documents, or differs for a reason that is written down.
 */
const recording = readRecording();
const differing = differingCases();
const cases = casesOf(ingestTopics);

/** Cases that are under way at once: most of their time is OpenSearch's. */
const atOnce = 6;

let folder = "";
let sidecar: TestSidecar;
let sameNumbers = false;
let made: IngestModels;
const models = { dense: "", tiny: "", sparse: "" };
const prefix = uniqueName("parity");
const outcomes = new Map<string, Outcome | Error>();

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "ingest-parity-"));
	made = await makeIngestModels(inject("minilm").int8, folder);
	sidecar = await startSidecar({ SIDECAR_MODEL_ALLOCATIONS: 1 });
	models.dense = await deployCaseModel(sidecar, made.dense);
	models.tiny = await deployCaseModel(sidecar, made.tiny);
	models.sparse = await deployCaseModel(sidecar, made.sparse);
	sameNumbers = await computesAsRecorded();
	await allowTemplates(opensearchUrl(), "1000/1m");
	const limit = pLimit(atOnce);
	const target = { url: sidecar.url, prefix, models };
	await Promise.all(
		cases.map(({ name, one, number }) =>
			limit(async () => {
				outcomes.set(
					name,
					await runCase(one, target, number).catch((error) => error),
				);
			}),
		),
	);
});

afterAll(async () => {
	await removeCases(sidecar.url, prefix);
	await allowTemplates(opensearchUrl(), null);
	for (const id of Object.values(models)) await removeModel(sidecar, id);
	await sidecar.close();
	await rm(folder, { recursive: true, force: true });
});

async function computesAsRecorded(): Promise<boolean> {
	const { text, vector } = recording.trial;
	const path = `/_plugins/_ml/models/${models.dense}/_predict`;
	const { json } = await sidecar.call("POST", path, { text_docs: [text] });
	const [ours = []] = vectorsOf(json);
	const theirs = unpacked(vector);
	return theirs.every((one, at) => Math.abs(one - (ours[at] ?? 1)) < 1e-6);
}

function outcomeOf(name: string): Outcome {
	const outcome = outcomes.get(name);
	if (outcome instanceof Error) throw outcome;
	if (outcome) return outcome;
	throw new Error(`${name} was not run`);
}

/** @throws AssertionError where the sidecar does not do what it should */
function compare(name: string): void {
	const { sent: _, ...recorded } = recording.cases[name] ?? { sent: "" };
	const theirs = withVectors(recorded, recording.vectors);
	expectAsRecorded({
		ours: outcomeOf(name),
		theirs,
		expected: withDifferences(name, theirs),
		differs: differing.has(name),
		sameNumbers,
	});
}

describe("neural-search's recordings", () => {
	it("were made with the very same models and cases", () => {
		expect(archivesOf(made)).toEqual(recording.archives);
		const sent = Object.entries(recording.cases).map(([name, one]) => [
			name,
			one.sent,
		]);
		expect(Object.fromEntries(sent)).toEqual(fingerprintsOf(cases));
	});

	it("have a case for each difference that is written down", () => {
		const names = new Set(cases.map(({ name }) => name));
		const written = [...differing, ...pending];
		expect(written.filter((name) => !names.has(name))).toEqual([]);
	});
});

describe("as with neural-search", () => {
	const names = cases.map(({ name }) => name);
	it.each(names.filter((name) => !pending.includes(name)))("%s", compare);
	it.each(pending)("%s: not yet", (name) => {
		expect(() => compare(name)).toThrow();
	});
});
