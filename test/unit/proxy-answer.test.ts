import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { type ProxyServer, startProxy } from "../helpers/proxy-server.ts";
import {
	bodyOf,
	contentOf,
	firstLine,
	headerLines,
	headersComplete,
	sendOnWire,
	startWireServer,
	type WireServer,
} from "../helpers/proxy-wire.ts";

let upstream: WireServer;
let proxy: ProxyServer;

async function start(
	answer: Parameters<typeof startWireServer>[0],
	complete?: Parameters<typeof startWireServer>[1],
): Promise<void> {
	upstream = await startWireServer(answer, complete);
	proxy = await startProxy({ url: upstream.url });
}

afterEach(async () => {
	await proxy.close();
	await upstream.close();
});

async function answer(method = "GET"): Promise<string> {
	const { text } = await sendOnWire(
		proxy.port,
		`${method} /i HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`,
	);
	return text;
}

test("an answer's status, phrase and headers come back as they were, repeated ones too", async () => {
	await start(
		[
			"HTTP/1.1 201 Made It",
			'Warning: 299 OpenSearch-3.6.0 "one"',
			'Warning: 299 OpenSearch-3.6.0 "two"',
			"Set-Cookie: a=1",
			"X-OpenSearch-Version: x",
			"set-cookie: b=2",
			"Location: /i/_doc/a%2Fb",
			"X-Latin: caf\xe9",
			"content-type: application/json; charset=UTF-8",
			"Keep-Alive: timeout=5",
			"Connection: keep-alive, X-Hop",
			"X-Hop: 1",
			"content-length: 2",
			"",
			"{}",
		].join("\r\n"),
	);
	const text = await answer();
	expect(firstLine(text)).toBe("HTTP/1.1 201 Made It");
	expect(headerLines(text)).toEqual([
		'Warning: 299 OpenSearch-3.6.0 "one"',
		'Warning: 299 OpenSearch-3.6.0 "two"',
		"Set-Cookie: a=1",
		"X-OpenSearch-Version: x",
		"set-cookie: b=2",
		"Location: /i/_doc/a%2Fb",
		"X-Latin: caf\xe9",
		"content-type: application/json; charset=UTF-8",
		"content-length: 2",
		"Connection: close",
	]);
	expect(bodyOf(text)).toBe("{}");
});

test("a compressed answer comes back as the same bytes", async () => {
	const body = gzipSync('{"a":"é"}').toString("latin1");
	await start(
		`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
	);
	const text = await answer();
	expect(headerLines(text)).toContain("content-encoding: gzip");
	expect(bodyOf(text)).toBe(body);
});

test("a chunked answer comes back chunked and whole", async () => {
	await start(
		"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n",
	);
	const text = await answer();
	expect(headerLines(text)).toContain("Transfer-Encoding: chunked");
	expect(contentOf(text)).toBe("hello world");
});

test("a HEAD's content length comes back, and its connection to OpenSearch is used again", async () => {
	await start("HTTP/1.1 200 OK\r\ncontent-length: 1234\r\n\r\n");
	for (let call = 0; call < 3; call++) {
		const text = await answer("HEAD");
		expect(headerLines(text)).toContain("content-length: 1234");
		expect(bodyOf(text)).toBe("");
	}
	expect(upstream.connections).toBe(1);
});

test.each(["204 No Content", "304 Not Modified"])(
	"%s comes back without a body and without waiting for one",
	async (status) => {
		await start(`HTTP/1.1 ${status}\r\nETag: "1"\r\n\r\n`);
		const text = await answer();
		expect(firstLine(text)).toBe(`HTTP/1.1 ${status}`);
		expect(headerLines(text)).toEqual(['ETag: "1"', "Connection: close"]);
		expect(bodyOf(text)).toBe("");
	},
);

test("OpenSearch's own errors come back at once and are not tried again", async () => {
	const body = '{"error":{"type":"rejected_execution_exception"},"status":503}';
	await start(
		`HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
	);
	const text = await answer();
	expect(firstLine(text)).toBe("HTTP/1.1 503 Service Unavailable");
	expect(bodyOf(text)).toBe(body);
	expect(upstream.requests).toHaveLength(1);
});

test("an interim answer is not taken for the answer", async () => {
	await start(
		"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
	);
	const text = await answer();
	expect(firstLine(text)).toBe("HTTP/1.1 200 OK");
	expect(headerLines(text)).toEqual(["content-length: 2", "Connection: close"]);
});

test("an answer that ends with its connection comes back whole", async () => {
	await start((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nhello"));
	expect(contentOf(await answer())).toBe("hello");
});

test("an answer with more headers than usual comes back", async () => {
	const warnings = Array.from(
		{ length: 300 },
		(_, n) => `Warning: 299 OpenSearch "${n} ${"x".repeat(200)}"`,
	);
	await start(
		["HTTP/1.1 200 OK", ...warnings, "content-length: 0", "", ""].join("\r\n"),
	);
	expect(headerLines(await answer()).slice(0, 300)).toEqual(warnings);
});

test("a refusal that comes before the body was sent reaches the client, whose connection goes on", async () => {
	const refusal =
		"HTTP/1.1 413 Request Entity Too Large\r\ncontent-length: 0\r\n\r\n";
	const fine = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
	let calls = 0;
	await start(
		(socket) => socket.write(calls++ === 0 ? refusal : fine),
		headersComplete,
	);
	const size = 8 * 1_048_576;
	const { text } = await sendOnWire(
		proxy.port,
		[
			`POST /i/_bulk HTTP/1.1\r\nHost: h\r\nContent-Length: ${size}\r\n\r\n`,
			"x".repeat(size),
			"GET /i HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
		],
		(received) => received.endsWith("{}"),
	);
	expect(firstLine(text)).toBe("HTTP/1.1 413 Request Entity Too Large");
	expect(text).toMatch(/HTTP\/1\.1 200 OK.*\{\}$/s);
});
