import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pLimit from "p-limit";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { differencesBetween } from "../helpers/ingest-cases/compare.ts";
import {
	differingCases,
	pending,
	withDifferences,
} from "../helpers/ingest-cases/differences.ts";
import {
	type IngestModel,
	type IngestModels,
	makeIngestModels,
} from "../helpers/ingest-cases/models.ts";
import {
	fingerprint,
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
import { callOpenSearch, uniqueName } from "../helpers/opensearch.ts";
import {
	deploy,
	miniLmMeta,
	registerModel,
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
const cases = ingestTopics.flatMap((topic) =>
	topic.cases.map((one) => ({ ...one, name: `${topic.name} / ${one.name}` })),
);

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
	models.dense = await deployed(made.dense);
	models.tiny = await deployed(made.tiny);
	models.sparse = await deployed(made.sparse);
	sameNumbers = await computesAsRecorded();
	await allowTemplates("1000/1m");
	const limit = pLimit(atOnce);
	const target = { url: sidecar.url, prefix, models };
	await Promise.all(
		cases.map((one, number) =>
			limit(async () => {
				outcomes.set(
					one.name,
					await runCase(one, target, number).catch((error) => error),
				);
			}),
		),
	);
});

afterAll(async () => {
	await removeCases(sidecar.url, prefix);
	await allowTemplates(null);
	for (const id of Object.values(models)) await removeModel(sidecar, id);
	await sidecar.close();
	await rm(folder, { recursive: true, force: true });
});

async function deployed({
	archive,
	config,
	functionName,
}: IngestModel): Promise<string> {
	const { model_config: _, ...meta } = miniLmMeta(archive);
	const id = await registerModel(sidecar, archive, {
		...meta,
		function_name: functionName,
		...(config && { model_config: config }),
	});
	const task = await deploy(sidecar, id);
	expect(task).toMatchObject({ state: "COMPLETED" });
	return id;
}

/** OpenSearch compiles 75 mustache templates in five minutes unless it is told otherwise. */
async function allowTemplates(rate: string | null): Promise<void> {
	await callOpenSearch("PUT", "/_cluster/settings", {
		transient: { "script.context.template.max_compilations_rate": rate },
	});
}

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
	const ours = outcomeOf(name);
	const expected = withDifferences(name, theirs);
	const found = differencesBetween(ours, expected, { sameNumbers });
	expect(found, found.join("\n")).toEqual([]);
	if (differing.has(name))
		expect(
			differencesBetween(ours, theirs, { sameNumbers }),
			"a difference that is none any more",
		).not.toEqual([]);
}

describe("neural-search's recordings", () => {
	it("were made with the very same models and cases", () => {
		const hashes = Object.entries(made).map(([name, { archive }]) => [
			name,
			archive.sha256,
		]);
		expect(Object.fromEntries(hashes)).toEqual(recording.archives);
		const sent = Object.entries(recording.cases).map(([name, one]) => [
			name,
			one.sent,
		]);
		expect(Object.fromEntries(sent)).toEqual(
			Object.fromEntries(cases.map((one) => [one.name, fingerprint(one)])),
		);
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
