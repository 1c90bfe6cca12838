import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseTextChunking } from "../../ingest/processors/text-chunking.ts";
import { loadSettings, upstreamTls } from "../../sidecar/config.ts";
import { SidecarError } from "../../sidecar/errors.ts";
import { TextChunkingService } from "../../sidecar/services/writes/text-chunking.ts";
import { AnalysisStore } from "../../sidecar/store/analysis.ts";
import { createClient } from "../../sidecar/store/client.ts";
import { listening } from "../helpers/proxy-wire.ts";

let service: TextChunkingService;
let close: () => Promise<void>;
/** Calls that OpenSearch has at this moment, had at most at the same time, and had in all. */
const calls = { running: 0, most: 0, all: 0 };

/** An OpenSearch that takes its time for each text, and takes none that says "refused". */
const server = createServer(async (request, response) => {
	calls.running++;
	calls.all++;
	calls.most = Math.max(calls.most, calls.running);
	const refused = (await buffer(request)).includes("refused");
	await setTimeout(10);
	calls.running--;
	response.writeHead(refused ? 403 : 200, {
		"content-type": "application/json",
	});
	response.end(
		refused
			? '{"error":{"type":"security_exception","reason":"no"},"status":403}'
			: '{"tokens":[]}',
	);
});

beforeAll(async () => {
	const port = await listening(server);
	const settings = loadSettings({ OPENSEARCH_URL: `http://127.0.0.1:${port}` });
	const client = createClient(settings, {
		tls: upstreamTls(settings),
		credentials: "own",
	});
	service = new TextChunkingService(new AnalysisStore(client));
	close = () => client.close();
});
beforeEach(() => {
	Object.assign(calls, { running: 0, most: 0, all: 0 });
});
afterAll(async () => {
	await close();
	server.close();
});

const byTokens = parseTextChunking({
	field_map: { t: "c" },
	algorithm: { fixed_token_length: { token_limit: 2 } },
});

function chunksOf(texts: readonly string[]) {
	return service.chunk(byTokens, texts, {
		signal: AbortSignal.timeout(30_000),
	});
}

describe("OpenSearch is asked for the tokens", () => {
	it("of four texts at a time, however many documents are cut", async () => {
		const documents = Array.from({ length: 10 }, () => ["a", "b", "c"]);
		await Promise.all(documents.map(chunksOf));
		expect(calls).toEqual({ running: 0, most: 4, all: 30 });
	});

	it("of no more texts of a document after one that it refused", async () => {
		const texts = ["refused", ...Array.from({ length: 50 }, () => "a")];
		await expect(chunksOf(texts)).rejects.toBeInstanceOf(SidecarError);
		await chunksOf(["another document"]);
		expect(calls.all).toBeLessThan(12);
	});
});
