import { isDeepStrictEqual } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { isObject, type JsonObject } from "../../ingest/json.ts";
import { sendBulk } from "../helpers/bulk-client.ts";
import { expectedResult } from "../helpers/expected-results.ts";
import {
	type ModelledCluster,
	type ModelledIndex,
	type RandomBulk,
	randomBulk,
} from "../helpers/ingest-bulks.ts";
import {
	isVectorOf,
	type ModelledPipeline,
	type Random,
	randomPipeline,
	simplePipeline,
} from "../helpers/ingest-model.ts";
import { uniqueName } from "../helpers/opensearch.ts";
import { pseudoRandom } from "../helpers/pseudo-random.ts";
import {
	deployMiniLm,
	removeModel,
	startSidecar,
	type TestSidecar,
} from "../helpers/sidecar.ts";
import {
	expectVectorsOfTexts,
	type StoredVector,
	storedDocuments,
} from "../helpers/stored-documents.ts";

/*
 * Random bulks, sent as clients send them, beside a model of what they do. `SIDECAR_TEST_SEED` says where the random
 * numbers begin; a failure names its seed.
 */

const seed = Number(process.env.SIDECAR_TEST_SEED ?? 2_026);
const clients = 3;
const bulksEach = 16;

let sidecar: TestSidecar;
let model: string;
const made: string[] = [];

beforeAll(async () => {
	// Groups so small that most bulks are several.
	sidecar = await startSidecar({ SIDECAR_BULK_GROUP_DOCUMENTS: 8 });
	model = await deployMiniLm(sidecar, inject("minilm").int8);
});
afterAll(async () => {
	for (const path of made) await sidecar.call("DELETE", path);
	await removeModel(sidecar, model);
	await sidecar.close();
});

async function put(path: string, body: object): Promise<void> {
	const { status, text } = await sidecar.call("PUT", path, body);
	if (status !== 200) throw new Error(text);
	made.unshift(path);
}

async function putPipeline(pipeline: ModelledPipeline): Promise<string> {
	const id = uniqueName("pipeline");
	await put(`/_ingest/pipeline/${id}`, pipeline.definition);
	return id;
}

async function putIndex(
	options: Pick<ModelledIndex, "first" | "final" | "takesAllUpdates">,
): Promise<ModelledIndex> {
	const name = uniqueName("index");
	const { first, final } = options;
	await put(`/${name}`, {
		settings: {
			number_of_shards: 1,
			number_of_replicas: 0,
			// The versions of deleted documents go on.
			"index.gc_deletes": "1h",
			...(first && { "index.default_pipeline": first }),
			...(final && { "index.final_pipeline": final }),
		},
		mappings: { dynamic: false, properties: { n: { type: "integer" } } },
	});
	return { name, ...options, documents: new Map(), versions: new Map() };
}

/** Indices and pipelines of one client: what others do does not change what it should find. */
async function putCluster(random: Random): Promise<ModelledCluster> {
	const pipelines = new Map<string, ModelledPipeline>();
	const add = async (pipeline: ModelledPipeline) => {
		const id = await putPipeline(pipeline);
		pipelines.set(id, pipeline);
		return id;
	};
	const simple = await add(simplePipeline(model));
	const first = await add(randomPipeline(model, random));
	const final = await add(randomPipeline(model, random));
	const indices = [
		await putIndex({ takesAllUpdates: true }),
		await putIndex({ first: simple, takesAllUpdates: true }),
		await putIndex({ first }),
		await putIndex({ first, final: simple }),
		await putIndex({ final }),
	];
	return { indices, pipelines };
}

/** A body as a client may send it: whole or in pieces of any size, compressed or not. */
function sent(body: string, random: Random) {
	const zips = random() < 0.3;
	const bytes = zips ? gzipSync(body) : Buffer.from(body);
	const headers = zips ? { "content-encoding": "gzip" } : {};
	const most = 1 + Math.floor(random() * 2_000);
	async function* pieces() {
		for (let start = 0; start < bytes.length; ) {
			const end = start + 1 + Math.floor(random() * most);
			yield bytes.subarray(start, end);
			start = end;
		}
	}
	return { body: random() < 0.3 ? bytes : pieces(), headers };
}

async function sendAndCompare(
	cluster: ModelledCluster,
	bulk: RandomBulk,
	random: Random,
): Promise<void> {
	const { body, headers } = sent(bulk.body, random);
	const url = `${sidecar.url}${bulk.path}`;
	const answer = await sendBulk(url, body, { headers });
	const { items, errors } = answer;
	if (!items) throw new Error(`${answer.status} ${answer.text}`);
	const expected = bulk.items.map((item, at) =>
		expectedResult(cluster, { item, request: bulk }, items[at]),
	);
	expect(items.length, answer.text).toBe(bulk.items.length);
	const unlike = items.flatMap((item, at) => {
		const { operation, index, id, status, version, error } = item;
		const result = { operation, index, id, status, version };
		if (isDeepStrictEqual(result, expected[at])) return [];
		const { lines, index: target } = bulk.items[at] ?? {};
		const { first, final } = target ?? {};
		return [{ lines, first, final, expected: expected[at], result, error }];
	});
	expect(unlike, bulk.path).toEqual([]);
	expect(errors).toBe(items.some(({ error }) => error !== undefined));
}

/** An index holds what the model says, each vector that of its text. */
async function compareIndex({
	name,
	documents,
}: ModelledIndex): Promise<StoredVector[]> {
	const vectors: StoredVector[] = [];
	const stored = await storedDocuments(name);
	const expected = new Map<string, unknown>();
	for (const [id, document] of documents)
		expected.set(
			id,
			withVectors(document, { found: stored.get(id), at: id, vectors }),
		);
	const found = [...stored].map(([id, source]) => [id, unlessNull(source)]);
	expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
	return vectors;
}

/** A document with the vectors that were found in the places where some should be. */
function withVectors(
	expected: unknown,
	place: { found: unknown; at: string; vectors: StoredVector[] },
): unknown {
	const { found, at, vectors } = place;
	if (isVectorOf(expected)) {
		if (!Array.isArray(found)) return expected;
		vectors.push({ text: expected.vectorOf, vector: found, at });
		return found;
	}
	const below = (name: string | number) => ({
		found:
			isObject(found) || Array.isArray(found)
				? Reflect.get(found, name)
				: undefined,
		at: `${at}.${name}`,
		vectors,
	});
	if (Array.isArray(expected))
		return expected.map((value, n) => withVectors(value, below(n)));
	if (!isObject(expected)) return expected;
	return unlessNull(
		Object.fromEntries(
			Object.entries(expected).map(([name, value]) => [
				name,
				withVectors(value, below(name)),
			]),
		),
	);
}

/** A vector that is null is one that is not there. */
function unlessNull({ vector, ...source }: JsonObject): JsonObject {
	return vector === null || vector === undefined
		? source
		: { ...source, vector };
}

it(`random bulks of ${clients} clients: each item has its result, in order, and the indices hold what they should (seed ${seed})`, async () => {
	let compared = 0;
	await Promise.all(
		Array.from({ length: clients }, async (_, client) => {
			const numbers = pseudoRandom(seed + client);
			const random = () => numbers.next().value;
			const cluster = await putCluster(random);
			for (let n = 0; n < bulksEach; n++)
				await sendAndCompare(cluster, randomBulk(cluster, random), random);
			for (const index of cluster.indices) {
				const vectors = await compareIndex(index);
				await expectVectorsOfTexts(sidecar.url, model, vectors);
				compared += vectors.length;
			}
		}),
	);
	expect(compared).toBeGreaterThan(50);
});
