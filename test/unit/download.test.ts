import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import {
	createServer,
	type IncomingMessage,
	type ServerResponse,
} from "node:http";
import { createServer as createSocketServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { download } from "../../sidecar/download/download.ts";
import type { DownloadOptions } from "../../sidecar/download/options.ts";
import { listening } from "../helpers/proxy-wire.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const content = Buffer.from(
	Array.from({ length: 300_000 }, (_, n) => (n * 7919) % 251),
);
const other = Buffer.from(content).fill(1, 0, 10);
const sha256 = hashOf(content);
const etag = '"v1"';

let folder: string;
let closers: (() => Promise<unknown>)[];

beforeEach(async () => {
	closers = [];
	folder = await mkdtemp(join(tmpdir(), "download-test-"));
});
afterEach(async () => {
	for (const close of closers) await close();
	await rm(folder, { recursive: true });
});

function hashOf(bytes: Buffer): string {
	return createHash("sha256").update(bytes).digest("hex");
}

/** A server whose handlers answer one request each; the last one answers all that follow. */
async function serve(...handlers: Handler[]) {
	const requests: IncomingMessage[] = [];
	const server = createServer((request, response) => {
		const handler = handlers[Math.min(requests.length, handlers.length - 1)];
		requests.push(request);
		handler?.(request, response);
	});
	const port = await listening(server);
	closers.push(async () => {
		server.closeAllConnections();
		await new Promise((done) => server.close(done));
	});
	return { url: `http://127.0.0.1:${port}/m.zip`, requests };
}

function rangeStart(range: string | undefined): number {
	return Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
}

/** Where a request's range begins; 0 where it asks for everything. */
function firstByte(request: IncomingMessage | undefined): number {
	return rangeStart(request?.headers.range);
}

/** All of it, or what a range asks for. */
function whole(bytes = content, headers = {}): Handler {
	return ({ headers: { range } }, response) => {
		const first = rangeStart(range);
		const total = bytes.length;
		response.writeHead(range ? 206 : 200, {
			etag,
			"content-length": total - first,
			...(range && {
				"content-range": `bytes ${first}-${total - 1}/${total}`,
			}),
			...headers,
		});
		response.end(bytes.subarray(first));
	};
}

/** The beginning of it; then the connection breaks. */
function cut(at: number, headers: Record<string, string> = { etag }): Handler {
	return (_request, response) => {
		response.writeHead(200, { "content-length": content.length, ...headers });
		response.write(content.subarray(0, at), () => response.destroy());
	};
}

const status =
	(code: number, headers = {}): Handler =>
	(_request, response) => {
		response.writeHead(code, headers).end();
	};

function options(changes: Partial<DownloadOptions> = {}): DownloadOptions {
	return {
		trusted: /^(https?|file):/,
		allowPrivateAddresses: true,
		maxBytes: 1_000_000,
		sha256,
		connectTimeoutMs: 1_000,
		idleTimeoutMs: 5_000,
		totalTimeoutMs: 20_000,
		maxRedirects: 5,
		maxRetries: 3,
		retryWaitMs: 1,
		signal: new AbortController().signal,
		...changes,
	};
}

async function fetched(url: string, changes?: Partial<DownloadOptions>) {
	const path = join(folder, "archive");
	const result = await download(url, path, options(changes));
	expect(result).toEqual({ sizeBytes: content.length, sha256 });
	expect((await readFile(path)).equals(content)).toBe(true);
}

function refused(url: string, changes?: Partial<DownloadOptions>) {
	return expect(download(url, join(folder, "archive"), options(changes)))
		.rejects;
}

describe("a model's archive that arrives", () => {
	it("is on disk, whole, with its size and hash", async () => {
		const { url, requests } = await serve(whole());
		await fetched(url);
		expect(requests[0]?.headers["accept-encoding"]).toBe("identity");
	});

	it("goes on where it was when the connection broke", async () => {
		const { url, requests } = await serve(cut(200_000), whole());
		await fetched(url);
		expect(requests[1]?.headers["if-range"]).toBe(etag);
		expect(firstByte(requests[1])).toBeGreaterThan(0);
	});

	it("goes on as often as it takes, by a date where there is no entity tag", async () => {
		const date = "Fri, 20 Nov 2026 10:00:00 GMT";
		const part: Handler = (request, response) => {
			const first = firstByte(request);
			response.writeHead(206, {
				"content-range": `bytes ${first}-${first + 9}/${content.length}`,
				"content-length": 10,
			});
			response.end(content.subarray(first, first + 10));
		};
		const { url, requests } = await serve(
			cut(200_000, { "last-modified": date }),
			part,
			status(503),
			whole(),
		);
		await fetched(url);
		const [, second = 0, third, fourth] = requests.map(firstByte);
		expect(second).toBeGreaterThan(0);
		expect([third, fourth]).toEqual([second + 10, second + 10]);
		expect(requests[3]?.headers["if-range"]).toBe(date);
	});

	it.each<[string, Handler, Handler]>([
		["the server does not know ranges", cut(200_000, {}), whole()],
		[
			"the server answers with all of it",
			cut(200_000),
			(_request, response) => {
				response.end(content);
			},
		],
		[
			"the server sends another part",
			cut(200_000),
			whole(content, { "content-range": "bytes 0-299999/300000" }),
		],
		[
			"the content has another size by now",
			cut(200_000),
			(request, response) => {
				const range = `bytes ${firstByte(request)}-299998/299999`;
				whole(content, { "content-range": range })(request, response);
			},
		],
		[
			"the content has another tag by now",
			cut(200_000),
			whole(content, { etag: '"2"' }),
		],
		[
			"the content is another one, by its hash alone",
			cut(200_000),
			whole(other),
		],
		["the server has no such part", cut(200_000), status(416)],
	])("starts over where %s", async (_reason, first, second) => {
		const { url } = await serve(first, second, whole());
		await fetched(url);
	});

	it("comes by five redirects, and not by six", async () => {
		const around = (times: number) => [
			...Array.from({ length: times }, () => status(302, { location: "/n" })),
			whole(),
		];
		await fetched((await serve(...around(5))).url);
		await refused((await serve(...around(6))).url).toThrow();
	});

	it("with credentials in its URL sends them to its own host alone", async () => {
		const target = await serve(whole());
		const source = await serve(status(307, { location: target.url }));
		await fetched(source.url.replace("//", "//me:p%40ss@"));
		const sent = Buffer.from("me:p@ss").toString("base64");
		expect(source.requests[0]?.headers.authorization).toBe(`Basic ${sent}`);
		expect(target.requests[0]?.headers.authorization).toBeUndefined();
	});

	it("comes from a server that closes the connection before it is read", async () => {
		const server = createSocketServer((socket) => {
			socket.once("data", () => {
				socket.write("HTTP/1.0 200 OK\r\n");
				socket.write(`Content-Length: ${content.length}\r\n\r\n`);
				socket.end(content);
			});
		});
		const port = await listening(server);
		closers.push(() => new Promise((done) => server.close(done)));
		await fetched(`http://127.0.0.1:${port}/m.zip`);
	});

	it("may come in chunks, without its length", async () => {
		const { url } = await serve((_request, response) => {
			response.write(content.subarray(0, 5));
			response.end(content.subarray(5));
		});
		await fetched(url);
	});
});

describe("a download that fails says why, and which URL, without its secrets", () => {
	it.each<[string, Handler, Partial<DownloadOptions>, RegExp]>([
		["another content", whole(other), {}, /^model content changed$/],
		[
			"one that is too large, by its length",
			status(200, { "content-length": "1000001" }),
			{},
			/^Model file size exceeds the limit of 1000000 bytes: 1000001$/,
		],
		[
			"one that is too large, once it turns out",
			(_request, response) => {
				const more = () => {
					while (!response.destroyed && response.write(content));
				};
				response.on("drain", more);
				more();
			},
			{},
			/^Model file size exceeds the limit of 1000000 bytes/,
		],
		[
			"a compressed one",
			(_request, response) => {
				response.setHeader("content-encoding", "gzip");
				response.end(gzipSync(content));
			},
			{},
			/m\.zip sends content-encoding gzip/,
		],
		["an empty one", status(200), {}, /m\.zip is empty$/],
		["none", status(404), {}, /m\.zip answers with status 404$/],
		["one that is not for all", status(401), {}, /answers with status 401$/],
		["another kind of answer", status(204), {}, /answers with status 204$/],
		[
			"a part that was not asked for",
			status(206, { "content-range": "bytes 0-1/2" }),
			{},
			/answers with status 206$/,
		],
		["a redirect to nowhere", status(302), {}, /without saying where to$/],
		[
			"a redirect to a file",
			status(302, { location: "file:///etc/passwd" }),
			{},
			/redirects to file:\/\/\/etc\/passwd: only https and http/,
		],
		[
			"a redirect that is not trusted",
			status(302, { location: "http://127.0.0.1:1/x" }),
			{ trusted: /m\.zip/ },
			/redirects to http:\/\/127\.0\.0\.1:1\/x: URL can't match/,
		],
		[
			"a server that is not well, again and again",
			status(503),
			{},
			/answers with status 503; 4 attempts were made$/,
		],
		[
			"a connection that breaks again and again",
			cut(10, {}),
			{ maxRetries: 1 },
			/broke off.*; 2 attempts were made$/,
		],
		[
			"a server that is silent",
			() => undefined,
			{ idleTimeoutMs: 50, maxRetries: 1 },
			/is silent for 50 ms; 2 attempts were made$/,
		],
		[
			"a server that falls silent",
			(_request, response) => {
				response.write("a");
			},
			{ idleTimeoutMs: 50, maxRetries: 0 },
			/is silent for 50 ms; 1 attempts were made$/,
		],
		[
			"a server that is slow",
			(_request, response) => {
				const timer = setInterval(() => response.write("a"), 5);
				response.on("close", () => clearInterval(timer));
			},
			{ totalTimeoutMs: 200 },
			/was not downloaded within 200 ms: \d+ bytes arrived$/,
		],
	])("%s", async (_name, handler, changes, reason) => {
		const { url } = await serve(handler);
		const given = `${url.replace("//", "//me:secret@")}?token=secret`;
		await refused(given, changes).toThrow(
			new RegExp(`^(?!.*secret)(?=.*${reason.source.replace(/^\^/, "^")})`),
		);
	});

	it("a port on which nobody listens", async () => {
		await refused("http://127.0.0.1:1/m.zip", { maxRetries: 1 }).toMatchObject({
			code: "upstream_unavailable",
			message: expect.stringContaining("(ECONNREFUSED); 2 attempts"),
		});
	});

	it("a host that does not exist, at once", async () => {
		await refused("http://models.invalid/m.zip").toThrow("no such host");
	});

	it("a stop of the sidecar, with its own reason", async () => {
		const stopping = new AbortController();
		const { url } = await serve((_request, response) => {
			response.write("a", () => stopping.abort(new Error("stopping")));
		});
		await refused(url, { signal: stopping.signal }).toThrow("stopping");
	});

	it("every attempt that failed is told of", async () => {
		const told: string[] = [];
		const { url } = await serve(status(500), cut(10), whole());
		await fetched(url, { onRetry: ({ reason }) => told.push(reason) });
		expect(told).toEqual([
			expect.stringContaining("status 500"),
			expect.stringContaining("broke off"),
		]);
	});
});

describe("a server that is not of the internet", () => {
	it.each([
		"127.0.0.1",
		"localhost",
		"[::ffff:7f00:1]",
		"0x7f.1",
		"2130706433",
		"0177.0.0.1",
	])("is not connected to by default, not as %s either", async (host) => {
		const { url, requests } = await serve(whole());
		await refused(url.replace("127.0.0.1", host), {
			allowPrivateAddresses: false,
		}).toThrow("has no public address");
		expect(requests).toEqual([]);
	});
});

describe("a path that is taken", () => {
	it("is not written to", async () => {
		const { url } = await serve(whole());
		await fetched(url);
		await refused(url).toThrow("EEXIST");
		expect(await readdir(folder)).toEqual(["archive"]);
	});
});
