import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { eventually } from "../helpers/eventually.ts";
import { KilledWrites } from "../helpers/killed-writes.ts";
import {
	callOpenSearch,
	opensearchUrl,
	uniqueName,
} from "../helpers/opensearch.ts";
import { pseudoRandom } from "../helpers/pseudo-random.ts";
import { type ServedModel, serveModel } from "../helpers/served-model.ts";
import { runSidecar, type SidecarProcess } from "../helpers/sidecar-process.ts";
import {
	expectVectorsOfTexts,
	storedDocuments,
} from "../helpers/stored-documents.ts";

/*
 * A sidecar is killed at a random moment while clients write bulks, and started again. `SIDECAR_TEST_BULK_KILLS` says
 * how often, `SIDECAR_TEST_SEED` where the random numbers begin; a failure names its seed.
 */

const kills = Number(process.env.SIDECAR_TEST_BULK_KILLS ?? 5);
const seed = Number(process.env.SIDECAR_TEST_SEED ?? 1 + (Date.now() % 1e6));
const clients = 4;

/** Of half of the clients the documents are so large that their bulks go to OpenSearch in several parts. */
const largeBytes = 256 * 1024;

/** Bulks that are answered before a kill, and the longest time from then on, milliseconds: those that follow take about as long. */
const mostBulks = 8;
const longestMs = 500;

/** The longest time for a kill with its start and its check, milliseconds. */
const killMs = 30_000;

const numbers = pseudoRandom(seed);
const random = () => numbers.next().value;
const ends: (() => unknown)[] = [];
let folder: string;
let sidecar: SidecarProcess;
let url: string;
let model: ServedModel;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "sidecar-bulk-kills-"));
	ends.push(() => rm(folder, { recursive: true, force: true }));
	await start();
	ends.push(() => {
		sidecar.child.kill("SIGTERM");
		return sidecar.closed;
	});
	model = await serveModel(url, inject("minilm").int8);
	ends.push(() => model.remove(url));
});
afterAll(async () => {
	for (const end of ends.reverse()) await end();
});

async function start(): Promise<void> {
	sidecar = await runSidecar({
		OPENSEARCH_URL: opensearchUrl(),
		SIDECAR_CACHE_DIR: folder,
		SIDECAR_MODEL_ALLOCATIONS: "1",
		// So that a bulk is several groups, and each of its texts is run.
		SIDECAR_BULK_GROUP_DOCUMENTS: "8",
		SIDECAR_RESULT_CACHE_BYTES: "0",
	});
	url = await sidecar.address;
}

/** Waits until a sidecar that was started has the model again. */
function modelIsThere(): Promise<void> {
	return eventually(async () => {
		const answer = await fetch(
			`${url}/_plugins/_ml/models/${model.id}/_predict`,
			{
				method: "POST",
				body: '{"text_docs":["someone who repairs water pipes"]}',
			},
		);
		return answer.ok;
	});
}

async function createIndex(): Promise<string> {
	const index = uniqueName("killed");
	await callOpenSearch("PUT", `/${index}`, {
		settings: {
			number_of_replicas: 0,
			"index.knn": true,
			"index.default_pipeline": model.pipeline,
		},
		mappings: {
			properties: {
				ballast: { type: "object", enabled: false },
				vector: {
					type: "knn_vector",
					dimension: 384,
					method: { name: "hnsw", engine: "lucene", space_type: "cosinesimil" },
				},
			},
		},
	});
	return index;
}

it(
	`a sidecar that is killed ${kills} times in the middle of bulks leaves no document without its vector, and loses none that it acknowledged (seed ${seed})`,
	async () => {
		let [acknowledged, unknown] = [0, 0];
		for (let kill = 1; kill <= kills; kill++) {
			const index = await createIndex();
			const writers = Array.from(
				{ length: clients },
				(_, n) =>
					new KilledWrites(index, `client${n}-`, {
						random,
						ballast: n % 2 === 0 ? largeBytes : 0,
					}),
			);
			const writing = Promise.all(writers.map((writer) => writer.run(url)));
			const wanted = Math.floor(random() * mostBulks);
			const enough = async () =>
				writers.every(({ stopped }) => stopped) ||
				writers.reduce((sum, { answered }) => sum + answered, 0) >= wanted;
			await Promise.race([writing, eventually(enough)]);
			await setTimeout(random() * longestMs);
			expect(writers.filter(({ stopped }) => stopped)).toEqual([]);
			sidecar.child.kill("SIGKILL");
			await sidecar.closed;
			await writing;
			await start();
			await modelIsThere();
			const stored = await storedDocuments(index, ["ballast"]);
			const vectors = writers.flatMap((writer) => writer.expectStored(stored));
			await expectVectorsOfTexts(url, model.id, vectors);
			for (const { counts } of writers) {
				acknowledged += counts.acknowledged;
				unknown += counts.unknown;
			}
			await callOpenSearch("DELETE", `/${index}`);
		}
		// A kill that met no bulk would show nothing.
		expect(acknowledged).toBeGreaterThan(0);
		expect(unknown).toBeGreaterThan(0);
	},
	kills * killMs,
);
