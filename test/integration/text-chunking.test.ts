import { afterAll, describe, expect, it } from "vitest";
import { InvalidDocument } from "../../ingest/invalid-definition.ts";
import { parseTextChunking } from "../../ingest/processors/text-chunking.ts";
import { loadSettings, upstreamTls } from "../../sidecar/config.ts";
import { TextChunkingService } from "../../sidecar/services/writes/text-chunking.ts";
import { AnalysisStore } from "../../sidecar/store/analysis.ts";
import { createClient } from "../../sidecar/store/client.ts";
import {
	callOpenSearch,
	opensearchUrl,
	uniqueName,
} from "../helpers/opensearch.ts";

const settings = loadSettings({ OPENSEARCH_URL: opensearchUrl() });
const client = createClient(settings, {
	tls: upstreamTls(settings),
	credentials: "own",
});
const service = new TextChunkingService(new AnalysisStore(client));
const made: string[] = [];

afterAll(async () => {
	for (const index of made) await callOpenSearch("DELETE", `/${index}`);
	await client.close();
});

async function createIndex(body: object): Promise<string> {
	const index = uniqueName("chunking");
	await callOpenSearch("PUT", `/${index}`, body);
	made.push(index);
	return index;
}

async function chunksOf(
	parameters: object,
	texts: readonly string[],
	index?: string,
): Promise<string[][]> {
	const processor = parseTextChunking({
		field_map: { t: "c" },
		algorithm: { fixed_token_length: parameters },
	});
	return service.chunk(processor, texts, {
		signal: AbortSignal.timeout(30_000),
		...(index !== undefined && { index }),
	});
}

const tooMany = (limit: number) =>
	new InvalidDocument(
		`analyzer standard throws exception: The number of tokens produced by calling _analyze has exceeded the allowed maximum of [${limit}]. This limit can be set by changing the [index.analyze.max_token_count] index level setting.`,
	);

/* The chunks were read off neural-search 3.6. */
describe("chunks of tokens are neural-search's own,", () => {
	const text =
		" Hello, World! This is a test.  é中文 a😀b  foo@bar.com it's 3.14 ";

	it.each<[string, string[]]>([
		[
			"standard",
			[
				" Hello, World! This ",
				"is a test.  ",
				"é中文 ",
				"a😀b  ",
				"foo@bar.com it's ",
				"3.14 ",
			],
		],
		[
			"letter",
			[
				" Hello, World! This ",
				"is a test.  ",
				"é中文 a😀b  ",
				"foo@bar.com ",
				"it's 3.14 ",
			],
		],
		[
			"lowercase",
			[
				" Hello, World! This ",
				"is a test.  ",
				"é中文 a😀b  ",
				"foo@bar.com ",
				"it's 3.14 ",
			],
		],
		[
			"whitespace",
			[
				" Hello, World! This ",
				"is a test.  ",
				"é中文 a😀b  foo@bar.com ",
				"it's 3.14 ",
			],
		],
		[
			"uax_url_email",
			[
				" Hello, World! This ",
				"is a test.  ",
				"é中文 ",
				"a😀b  ",
				"foo@bar.com it's 3.14 ",
			],
		],
		[
			"classic",
			[
				" Hello, World! This ",
				"is a test.  ",
				"é中文 ",
				"a😀b  foo@bar.com ",
				"it's 3.14 ",
			],
		],
		[
			"thai",
			[
				" Hello, World! This ",
				"is a test.  ",
				"é中文 a😀",
				"b  foo@bar.com ",
				"it's 3.14 ",
			],
		],
	])("with the tokenizer %s", async (tokenizer, chunks) => {
		expect(await chunksOf({ token_limit: 3, tokenizer }, [text])).toEqual([
			chunks,
		]);
	});

	it("of several texts, which share the limit", async () => {
		const parameters = { token_limit: 2, max_chunk_limit: 4 };
		expect(await chunksOf(parameters, ["a b c", "...", "d e f g h"])).toEqual([
			["a b ", "c"],
			[],
			["d e ", "f g h"],
		]);
	});
});

describe("index.analyze.max_token_count", () => {
	it("of the document's index bounds a text, with neural-search's words", async () => {
		const index = await createIndex({
			settings: { "index.analyze.max_token_count": 3 },
		});
		const parameters = { token_limit: 2 };
		expect(await chunksOf(parameters, ["a b c"], index)).toEqual([
			["a b ", "c"],
		]);
		await expect(chunksOf(parameters, ["a b c d"], index)).rejects.toThrow(
			tooMany(3),
		);
	});

	it("may be larger than the default", async () => {
		const index = await createIndex({
			settings: { "index.analyze.max_token_count": 20_000 },
		});
		const text = "a ".repeat(10_001);
		const parameters = { token_limit: 10_001 };
		expect(await chunksOf(parameters, [text], index)).toEqual([[text]]);
		await expect(chunksOf(parameters, [text])).rejects.toThrow(tooMany(10_000));
	});

	it.each([
		["an index that is not there yet", async () => uniqueName("missing")],
		[
			"a name of several indices",
			async () => {
				const aliases = { [uniqueName("alias")]: {} };
				await createIndex({ aliases });
				await createIndex({ aliases });
				return Object.keys(aliases)[0];
			},
		],
	])("is the default one for %s", async (_what, name) => {
		expect(await chunksOf({}, ["one two"], await name())).toEqual([
			["one two"],
		]);
	});
});

it("a text is not cut for a client that has gone", async () => {
	const processor = parseTextChunking({ field_map: { t: "c" }, algorithm: {} });
	const signal = AbortSignal.abort(new Error("gone"));
	await expect(service.chunk(processor, ["a"], { signal })).rejects.toThrow(
		"gone",
	);
});

it("that the cluster can't be asked is no fault of the document's", async () => {
	const away = createClient(
		loadSettings({ OPENSEARCH_URL: "http://127.0.0.1:1" }),
		{ tls: upstreamTls(settings), credentials: "own" },
	);
	const store = new AnalysisStore(away);
	const request = { text: "a", tokenizer: "standard", index: undefined };
	await expect(store.tokenStarts(request)).rejects.toMatchObject({
		code: "upstream_unavailable",
	});
	await away.close();
});
