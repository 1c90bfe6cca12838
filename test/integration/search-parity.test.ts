import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { expectAsRecorded } from "../helpers/as-recorded.ts";
import { deployCaseModel } from "../helpers/deployed-model.ts";
import { namesOf, withChanges } from "../helpers/ingest-cases/difference.ts";
import { removeCases } from "../helpers/ingest-cases/run.ts";
import { opensearchUrl, uniqueName } from "../helpers/opensearch.ts";
import {
	allowTemplates,
	archivesOf,
	casesOf,
	fingerprintsOf,
} from "../helpers/recorded-cases.ts";
import {
	pending,
	searchDifferences,
} from "../helpers/search-cases/differences.ts";
import {
	makeSearchModels,
	type SearchModels,
} from "../helpers/search-cases/models.ts";
import {
	encodingsOf,
	readRecording,
} from "../helpers/search-cases/recording.ts";
import { makeCorpus, runSearchCase } from "../helpers/search-cases/run.ts";
import { searchTopics } from "../helpers/search-cases/topics.ts";
import {
	removeModel,
	startSidecar,
	type TestSidecar,
} from "../helpers/sidecar.ts";

/*
 * The same searches were sent to OpenSearch with neural-search 3.6, over the same documents. The sidecar answers the same,
 * or differs for a reason that is written down.
 */
const recording = readRecording();
const differing = namesOf(searchDifferences);
const cases = casesOf(searchTopics);
const byName = new Map(cases.map((one) => [one.name, one]));

let folder = "";
let sidecar: TestSidecar;
let made: SearchModels;
const models = { dense: "", narrow: "", sparse: "", similar: "" };
const prefix = uniqueName("parity");

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "search-parity-"));
	made = await makeSearchModels(inject("minilm").int8, folder);
	sidecar = await startSidecar({ SIDECAR_MODEL_ALLOCATIONS: 1 });
	models.dense = await deployCaseModel(sidecar, made.dense);
	models.narrow = await deployCaseModel(sidecar, made.narrow);
	models.sparse = await deployCaseModel(sidecar, made.sparse);
	models.similar = await deployCaseModel(sidecar, made.similar);
	await allowTemplates(opensearchUrl(), "1000/1m");
	await makeCorpus(target(), encodingsOf(recording.texts));
});

afterAll(async () => {
	await removeCases(sidecar.url, prefix);
	await allowTemplates(opensearchUrl(), null);
	for (const id of Object.values(models)) await removeModel(sidecar, id);
	await sidecar.close();
	await rm(folder, { recursive: true, force: true });
});

const target = () => ({ url: sidecar.url, prefix, models });

/** @throws AssertionError where the sidecar does not answer as it should */
async function compare(name: string): Promise<void> {
	const { one, number } = byName.get(name) ?? {};
	if (!one || number === undefined) throw new Error(`no case ${name}`);
	const theirs = { answers: recording.cases[name]?.answers };
	expectAsRecorded({
		ours: { answers: await runSearchCase(one, target(), number) },
		theirs,
		expected: withChanges(searchDifferences, name, theirs),
		differs: differing.has(name),
		sameNumbers: true,
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
		const written = [...differing, ...pending];
		expect(written.filter((name) => !byName.has(name))).toEqual([]);
	});
});

describe("as with neural-search", () => {
	const names = cases.map(({ name }) => name);
	it.each(names.filter((name) => !pending.includes(name)))("%s", compare);
	it.each(pending)("%s: not yet", async (name) => {
		await expect(compare(name)).rejects.toThrow();
	});
});
