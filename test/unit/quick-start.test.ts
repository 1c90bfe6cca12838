import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { hitsTable } from "../../sidecar/dev/hits-table.ts";
import { complaintIn } from "../../sidecar/dev/log-complaint.ts";
import { Progress } from "../../sidecar/dev/progress.ts";
import { indexNouns } from "../../sidecar/dev/quick-start-documents.ts";
import {
	pipelineModel,
	readMeta,
} from "../../sidecar/dev/quick-start-index.ts";
import { curlCommand } from "../../sidecar/dev/quick-start-search.ts";
import { reasonOf, SidecarClient } from "../../sidecar/dev/sidecar-client.ts";
import { clientUrl, findPort } from "../../sidecar/dev/sidecar-process.ts";
import { unlessAborted } from "../../sidecar/dev/unless-aborted.ts";
import type { Noun } from "../../sidecar/dev/wordnet.ts";
import { SidecarError } from "../../sidecar/errors.ts";

function noun(number: number): Noun {
	return {
		id: String(number).padStart(8, "0"),
		lexFile: "06",
		lemma: `word ${number}`,
		synonyms: [],
		gloss: `meaning ${number}`,
		named: false,
		hypernyms: [],
	};
}

async function serve(listener: RequestListener): Promise<SidecarClient> {
	const server = createServer(listener);
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	if (typeof address !== "object" || !address) throw new Error("no port");
	const client = new SidecarClient(`http://127.0.0.1:${address.port}`);
	onTestFinished(async () => {
		await client.close();
		server.close();
		await once(server, "close");
	});
	return client;
}

/** A sidecar's `_bulk` that answers each document with the status that `judge` gives it. */
async function serveBulk(judge: (id: string, request: number) => number) {
	const stored: string[] = [];
	let requests = 0;
	const client = await serve(async (request, response) => {
		const body = await text(request);
		const number = requests++;
		const lines = body.trim().split("\n");
		const items = lines
			.filter((_, i) => i % 2 === 0)
			.map((line) => {
				const id = JSON.parse(line).index._id;
				const status = judge(id, number);
				if (status < 300) stored.push(id);
				return {
					index: {
						_id: id,
						status,
						...(status >= 300 && {
							error: { type: "x", reason: `refused ${id}` },
						}),
					},
				};
			});
		const all = items.every((item) => item.index.status === 429);
		response.writeHead(all ? 429 : 200, {
			"content-type": "application/json",
			"retry-after": "0",
		});
		response.end(JSON.stringify(all ? { error: "busy" } : { items }));
	});
	return { client, stored };
}

const signal = new AbortController().signal;

describe("documents", () => {
	test("a busy sidecar gets the refused documents again and no others: nothing is lost or sent twice", async () => {
		const { client, stored } = await serveBulk((id, request) =>
			request < 3 || (Number(id) % 3 === 0 && request < 6) ? 429 : 201,
		);
		const nouns = Array.from({ length: 450 }, (_, i) => noun(i));
		let indexed = 0;
		await indexNouns(client, {
			nouns,
			signal,
			indexed: (count) => {
				indexed += count;
			},
		});
		expect(stored.toSorted()).toEqual(nouns.map((each) => each.id));
		expect(indexed).toBe(450);
	});

	test("a document that cannot be indexed ends the start with its reason, not with a smaller index", async () => {
		const { client } = await serveBulk((id) => (id === "00000007" ? 400 : 201));
		await expect(
			indexNouns(client, {
				nouns: Array.from({ length: 10 }, (_, i) => noun(i)),
				signal,
				indexed: () => undefined,
			}),
		).rejects.toThrow("1 of 10 documents were not indexed: refused 00000007");
	});
});

describe("what is there already", () => {
	test("a user's own index or pipeline of that name is left alone", async () => {
		const client = await serve((request, response) => {
			response.setHeader("content-type", "application/json");
			response.end(
				request.url?.startsWith("/_ingest")
					? '{"quick-start":{"processors":[{"set":{"field":"a","value":1}}]}}'
					: '{"quick-start":{"mappings":{"properties":{}}}}',
			);
		});
		await expect(readMeta(client)).rejects.toMatchObject({ code: "conflict" });
		await expect(pipelineModel(client)).rejects.toMatchObject({
			code: "conflict",
		});
	});
});

describe("what a user reads", () => {
	test("no line of the table is wider than the terminal, so that it does not wrap", () => {
		const hits = [
			{ score: 0.8294, word: "plumber", meaning: "m".repeat(300) },
			{ score: 0.5, word: "w".repeat(80), meaning: "short" },
		];
		for (const width of [60, 80, 133]) {
			const lines = hitsTable(hits, width).split("\n");
			expect(Math.max(...lines.map((line) => line.length))).toBe(width);
		}
		expect(hitsTable(hits, 80)).toMatch(/1 │ +0\.829 │ plumber .*m…/);
	});

	test("progress in a file is whole lines, one for each tenth", async () => {
		const stream = new PassThrough();
		const progress = new Progress(stream, () => 0);
		await progress.step(
			"Starting",
			async () => {
				progress.detail("still");
				return 3;
			},
			(value) => `Started ${value}`,
		);
		await progress.count(
			{ title: "Counting", total: 1_000, unit: "things" },
			async (advance) => {
				for (let i = 0; i < 100; i++) advance(10);
			},
			() => "Counted",
		);
		stream.end();
		const lines = (await text(stream)).split("\n");
		expect(lines.slice(0, 5)).toEqual([
			"  … Starting",
			"    still",
			"  ✓ Started 3 · 0.0 s",
			"  … Counting",
			"    10 % (100 of 1,000 things)",
		]);
		expect(lines.slice(5).join()).not.toContain("100 %");
		expect(lines).toHaveLength(15);
		expect(lines.join("")).not.toContain("\r");
	});

	test("a sidecar that ended is explained by its own error, not by its stack's last line", () => {
		expect(
			complaintIn(
				[
					'{"level":30,"msg":"listening"}',
					'{"level":60,"msg":"no","err":{"message":"OPENSEARCH_URL is bad"}}',
				].join("\n"),
			),
		).toBe("no: OPENSEARCH_URL is bad");
		expect(
			complaintIn(
				"\nSettingsError: SIDECAR_PORT must be integer\n    at x.js:1\n\nNode.js v20",
			),
		).toBe("SettingsError: SIDECAR_PORT must be integer");
		expect(
			complaintIn(
				'(node:1) Deprecation: x\n(Use `node --trace-warnings ...`)\n{"level":30,"msg":"listening"}\n',
			),
		).toBeUndefined();
	});

	test("OpenSearch's reason is shown with its cause, in whichever form it comes", () => {
		const error = { reason: "a", caused_by: { reason: "b" } };
		expect(reasonOf({ error, status: 400 })).toBe("a: b");
		expect(reasonOf({ error: "no handler found" })).toBe("no handler found");
		expect(reasonOf({ status: 400 })).toBeUndefined();
	});

	test("the curl command can be pasted into a shell though its text has an apostrophe", () => {
		const command = curlCommand("http://127.0.0.1:9400", {
			text: "a plumber's tool",
			modelId: "m",
		});
		expect(command).toContain("a plumber'\\''s tool");
	});
});

describe("where the sidecar listens", () => {
	test("a taken port is named with the setting that changes it", async () => {
		const server = createTcpServer().listen(0, "127.0.0.1");
		await once(server, "listening");
		onTestFinished(() => void server.close());
		const address = server.address();
		if (typeof address !== "object" || !address) throw new Error("no port");
		const { port } = address;
		await expect(findPort({ host: "127.0.0.1", port })).rejects.toThrow(
			new RegExp(`port ${port} on 127.0.0.1 is taken.*SIDECAR_PORT`),
		);
		expect(await findPort({ host: "127.0.0.1", port: 0 })).toBeGreaterThan(0);
	});

	test("a sidecar that listens everywhere is asked at an address that can be reached", () => {
		expect(clientUrl({ host: "0.0.0.0", port: 1 })).toBe("http://127.0.0.1:1");
		expect(clientUrl({ host: "::", port: 1 })).toBe("http://[::1]:1");
	});

	test("nobody there is told apart from an error answer", async () => {
		const port = await findPort({ host: "127.0.0.1", port: 0 });
		const client = new SidecarClient(`http://127.0.0.1:${port}`);
		onTestFinished(() => client.close());
		const refused = client.call({ method: "GET", path: "/" });
		await expect(refused).rejects.toBeInstanceOf(SidecarError);
		await expect(refused).rejects.toMatchObject({
			code: "upstream_unavailable",
		});
	});
});

test("Ctrl-C does not wait for a download that cannot be interrupted", async () => {
	const controller = new AbortController();
	const waiting = unlessAborted(controller.signal, () => new Promise(() => {}));
	controller.abort("SIGINT");
	await expect(waiting).rejects.toBe("SIGINT");
});
