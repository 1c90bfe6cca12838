import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { loadSettings, upstreamTls } from "../../sidecar/config.ts";
import { ChunkStore } from "../../sidecar/store/chunks.ts";
import { createClient } from "../../sidecar/store/client.ts";
import {
	HiddenIndices,
	smallChunksIndex,
} from "../../sidecar/store/hidden-indices.ts";
import {
	type Fault,
	type FaultyOpenSearch,
	onFirst,
	startFaultyOpenSearch,
} from "../helpers/faulty-opensearch.ts";
import { callOpenSearch, uniqueName } from "../helpers/opensearch.ts";

let faulty: FaultyOpenSearch;
let chunks: ChunkStore;
let close: () => Promise<void>;
const modelId = uniqueName("chunk-reads");
const content = [randomBytes(400_000), randomBytes(300_001)];
const model = {
	total_chunks: content.length,
	sidecar: { chunk_index: smallChunksIndex, chunks: {}, workers: {} },
};

beforeAll(async () => {
	faulty = await startFaultyOpenSearch();
	const settings = loadSettings({ OPENSEARCH_URL: faulty.url });
	const client = createClient(settings, {
		tls: upstreamTls(settings),
		credentials: "own",
	});
	close = () => client.close();
	chunks = new ChunkStore(client, new HiddenIndices(client));
	for (const [number, bytes] of content.entries()) await put(number, bytes);
});
afterEach(() => {
	faulty.fault = undefined;
});
afterAll(async () => {
	await chunks.delete(modelId, model);
	await close();
	faulty.close();
});

function put(number: number, bytes: Buffer) {
	const address = { index: smallChunksIndex, modelId, number };
	return chunks.put(
		address,
		(async function* () {
			yield bytes;
		})(),
	);
}

async function read(totalChunks = model.total_chunks): Promise<Buffer> {
	const pieces: Uint8Array[] = [];
	const whole = { ...model, total_chunks: totalChunks };
	for await (const piece of chunks.read(modelId, whole)) pieces.push(piece);
	return Buffer.concat(pieces);
}

/** A fault of the reads of one chunk. */
function ofChunk(number: number, fault: Fault, times?: number) {
	const first = onFirst(
		({ url }) => url?.endsWith(`/_source/${modelId}_${number}`) ?? false,
		fault,
		times,
	);
	faulty.fault = first.fault;
	return first;
}

describe("the content of a model", () => {
	it.each<[string, number, Fault]>([
		["is refused once for too many requests", 0, { status: 429 }],
		["is not available once", 1, { status: 503 }],
		["comes with a connection that breaks before it", 0, { loses: true }],
		["breaks off in the middle", 0, { cutsAfter: 200_000 }],
		["breaks off in the middle of the last chunk", 1, { cutsAfter: 70_001 }],
	])(
		"that %s is read whole all the same: the model need not be deployed again",
		async (_what, number, fault) => {
			const first = ofChunk(number, fault);
			expect((await read()).equals(Buffer.concat(content))).toBe(true);
			expect(first.seen).toBe(2);
		},
	);

	it.each([
		[429, "too_many_requests"],
		[502, "upstream_unavailable"],
		[503, "upstream_unavailable"],
		[504, "upstream_unavailable"],
	])(
		"that OpenSearch answers with %i for longer is not called damaged, but %s",
		async (status, code) => {
			ofChunk(1, { status }, Number.POSITIVE_INFINITY);
			await expect(read()).rejects.toMatchObject({ code });
		},
	);

	it("that always breaks off is not called damaged either", async () => {
		ofChunk(0, { cutsAfter: 50_000 }, Number.POSITIVE_INFINITY);
		await expect(read()).rejects.toMatchObject({
			code: "upstream_unavailable",
		});
	});

	it("of which a chunk is missing is said to miss it, at once", async () => {
		const first = ofChunk(2, {}, Number.POSITIVE_INFINITY);
		await expect(read(3)).rejects.toMatchObject({
			code: "not_found",
			message: `Fail to find model chunk ${modelId}_2`,
		});
		expect(first.seen).toBe(1);
	});

	it("of which a chunk is something else is damaged, and read only once", async () => {
		await callOpenSearch(
			"PUT",
			`/${smallChunksIndex}/_doc/${modelId}_2`,
			`{"model_id":"${modelId}","chunk_number":2,"content":"AAAA"}`,
		);
		try {
			const first = ofChunk(2, {}, Number.POSITIVE_INFINITY);
			await expect(read(3)).rejects.toMatchObject({
				code: "internal",
				message: "the document of a chunk is damaged",
			});
			expect(first.seen).toBe(1);
		} finally {
			await callOpenSearch("DELETE", `/${smallChunksIndex}/_doc/${modelId}_2`);
		}
	});
});
