import { METHODS } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { type ProxyServer, startProxy } from "../helpers/proxy-server.ts";
import {
	bodyOf,
	contentOf,
	firstLine,
	headerLines,
	sendOnWire,
	startWireServer,
	type WireServer,
} from "../helpers/proxy-wire.ts";

const empty = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
let upstream: WireServer;
let proxy: ProxyServer;

async function start(): Promise<void> {
	upstream = await startWireServer(empty);
	proxy = await startProxy({ url: upstream.url });
}

afterEach(async () => {
	await proxy.close();
	await upstream.close();
});

/** Sends one request and gives what OpenSearch got of it. */
async function received(request: string): Promise<string> {
	const { text } = await sendOnWire(proxy.port, request);
	expect(firstLine(text)).toBe("HTTP/1.1 200 OK");
	return upstream.requests[0] ?? "";
}

test("a search sent as GET with a body is not turned into a search for everything", async () => {
	const query = '{"query":{"term":{"a":"b"}}}';
	await start();
	const request = await received(
		`GET /i/_search HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${query.length}\r\n\r\n${query}`,
	);
	expect(firstLine(request)).toBe("GET /i/_search HTTP/1.1");
	expect(headerLines(request)).toContain(`content-length: ${query.length}`);
	expect(bodyOf(request)).toBe(query);
});

test.each(["GET", "HEAD", "DELETE", "OPTIONS", "PATCH", "PUT", "POST"])(
	"a chunked %s body reaches OpenSearch whole",
	async (method) => {
		await start();
		const request = await received(
			`${method} /i HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n`,
		);
		expect(firstLine(request)).toBe(`${method} /i HTTP/1.1`);
		expect(contentOf(request)).toBe("hello world");
	},
);

test.each(METHODS.filter((method) => method !== "CONNECT"))(
	"the method %s is OpenSearch's to accept or refuse",
	async (method) => {
		await start();
		const request = await received(
			`${method} /i HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`,
		);
		expect(firstLine(request)).toBe(`${method} /i HTTP/1.1`);
	},
);

test.each([
	"/",
	"//",
	"//i/_search",
	"/i//_search",
	"/i/_search/",
	"/i/_search//",
	"/a%2Fb/_doc/c%2fd",
	"/%2e%2e/_search",
	"/i/../j/_search",
	"/i/./_doc/1",
	"/%zz",
	"/%",
	"/i/_doc/100%",
	"/%ff/_doc/%c3%28",
	"/i/_doc/a|b",
	"/i/_doc/{a}\\^`'\"<>",
	"/i/_doc/a;b=c",
	"/i/_doc/a#b",
	"/i/_search?q=a+b%20c&&=&q=%zz&size=1&size=2",
	"/i/_search?",
	"/i/_search?a?b/../c#d",
	"/__proto__/constructor",
	"/:param/*",
])("%# OpenSearch gets the path as it was sent: %s", async (path) => {
	await start();
	const request = await received(
		`GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`,
	);
	expect(firstLine(request)).toBe(`GET ${path} HTTP/1.1`);
});

test.each([
	["a long id", `/i/_doc/${"x".repeat(8_000)}`],
	["a long list of indices", `/${"a,".repeat(4_000)}a/_search`],
	["a long query", `/i/_search?q=${"x".repeat(100_000)}`],
])("%s is OpenSearch's to accept or refuse", async (_name, path) => {
	await start();
	const request = await received(
		`GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`,
	);
	expect(firstLine(request) === `GET ${path} HTTP/1.1`).toBe(true);
});

test("headers keep their number, order and spelling; only those of the connection differ", async () => {
	await start();
	const request = await received(
		[
			"GET /i HTTP/1.1",
			"HOST: client.example",
			"Authorization: Basic dTpw",
			"X-Opaque-Id: 1",
			"x-MIXED: a",
			"x-mixed: b",
			"Accept: application/json",
			"Accept: text/plain",
			"Cookie: a=1",
			"Cookie: b=2",
			"Accept-Encoding: gzip",
			"X-Latin: caf\xe9",
			"Empty:",
			"Connection: close, X-Hop, Authorization, accept, Host",
			"X-Hop: 1",
			"Keep-Alive: timeout=5",
			"TE: trailers",
			"Proxy-Connection: keep-alive",
			"Upgrade: h2c",
			"HTTP2-Settings: AAMAAABkAAQAAP__",
			"",
			"",
		].join("\r\n"),
	);
	expect(headerLines(request)).toEqual([
		`host: ${new URL(upstream.url).host}`,
		"connection: keep-alive",
		"Authorization: Basic dTpw",
		"X-Opaque-Id: 1",
		"x-MIXED: a",
		"x-mixed: b",
		"Accept: application/json",
		"Accept: text/plain",
		"Cookie: a=1",
		"Cookie: b=2",
		"Accept-Encoding: gzip",
		"X-Latin: caf\xe9",
		"Empty: ",
	]);
});

test("no header says that what describes the body is not for OpenSearch", async () => {
	await start();
	const request = await received(
		"POST /i/_doc HTTP/1.1\r\nHost: h\r\nConnection: close, content-encoding, Content-Type, content-length\r\nContent-Encoding: gzip\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
	);
	expect(headerLines(request)).toEqual(
		expect.arrayContaining([
			"Content-Encoding: gzip",
			"Content-Type: application/json",
		]),
	);
});

test("a gzipped body reaches OpenSearch as the same bytes", async () => {
	const body = gzipSync('{"a":"é"}').toString("latin1");
	await start();
	const request = await received(
		`POST /i/_doc HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
	);
	expect(bodyOf(request)).toBe(body);
	expect(headerLines(request)).toEqual(
		expect.arrayContaining([
			"Content-Encoding: gzip",
			`content-length: ${body.length}`,
		]),
	);
});

test.each([
	"Content-Type: nonsense\r\n",
	"Content-Type: \r\n",
	"Content-Type: application/x-ndjson; =;;\r\n",
	"",
])("%# a body's content type is OpenSearch's to judge: %j", async (header) => {
	await start();
	const request = await received(
		`POST /i/_doc HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${header}Content-Length: 7\r\n\r\n{broken`,
	);
	expect(bodyOf(request)).toBe("{broken");
	expect(
		headerLines(request).filter((line) => /^content-type/i.test(line)).length,
	).toBe(header === "" ? 0 : 1);
});

test("a client that waits for 100 Continue is told to go on", async () => {
	await start();
	const answer = await sendOnWire(proxy.port, [
		"POST /i HTTP/1.1\r\nHost: h\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
		"hello",
	]);
	expect(answer.text).toMatch(
		/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/,
	);
	expect(bodyOf(upstream.requests[0] ?? "")).toBe("hello");
});

test("an HTTP/1.0 client is served", async () => {
	await start();
	const { text } = await sendOnWire(proxy.port, "GET /i HTTP/1.0\r\n\r\n");
	expect(firstLine(text)).toBe("HTTP/1.1 200 OK");
	expect(firstLine(upstream.requests[0] ?? "")).toBe("GET /i HTTP/1.1");
});

test("a target that is no path is refused in OpenSearch's envelope", async () => {
	await start();
	const { text } = await sendOnWire(
		proxy.port,
		"OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
	);
	expect(firstLine(text)).toBe("HTTP/1.1 400 Bad Request");
	expect(JSON.parse(bodyOf(text))).toMatchObject({
		status: 400,
		error: { type: "illegal_argument_exception" },
	});
});

test.each([
	["nonsense\r\n\r\n", 400],
	[`GET /${"x".repeat(300_000)} HTTP/1.1\r\nHost: h\r\n\r\n`, 431],
])(
	"%# what is not a request is refused in OpenSearch's envelope",
	async (request, status) => {
		await start();
		const { text } = await sendOnWire(proxy.port, request);
		expect(JSON.parse(bodyOf(text))).toMatchObject({
			status,
			error: { type: "illegal_argument_exception" },
		});
	},
);

test("a path with raw bytes above 0x7F is answered, by Node's parser or by OpenSearch, which depends on Node", async () => {
	await start();
	const { text } = await sendOnWire(
		proxy.port,
		"GET /caf\xe9 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
	);
	expect(firstLine(text)).toMatch(/^HTTP\/1\.1 (200 OK|400 Bad Request)$/);
});
