import { Readable } from "node:stream";
import { afterEach, expect, test } from "vitest";
import { SidecarError } from "../../sidecar/errors.ts";
import { ForwardedBody } from "../../sidecar/http/forwarded-body.ts";
import {
	type ProxyServer,
	type ProxyServerOptions,
	startProxy,
} from "../helpers/proxy-server.ts";
import {
	bodyOf,
	contentOf,
	firstLine,
	headerLines,
	headersComplete,
	sendOnWire,
	startWireServer,
	until,
	type WireServer,
} from "../helpers/proxy-wire.ts";

const good = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
let upstream: WireServer;
let proxy: ProxyServer;

async function start(
	replace: NonNullable<ProxyServerOptions["replace"]>,
	{
		answer = good,
		complete,
	}: {
		answer?: Parameters<typeof startWireServer>[0];
		complete?: Parameters<typeof startWireServer>[1];
	} = {},
): Promise<void> {
	upstream = await startWireServer(answer, complete);
	proxy = await startProxy({ url: upstream.url, replace });
}

afterEach(async () => {
	await proxy.close();
	await upstream.close();
});

async function post(body: string, headers = ""): Promise<string> {
	const { text } = await sendOnWire(
		proxy.port,
		`POST /i/_bulk?refresh=true HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: application/x-ndjson\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`,
	);
	return text;
}

test.each([
	["a buffer", (text: string) => Buffer.from(text)],
	["a string", (text: string) => text],
	[
		"a stream",
		(text: string) => Readable.from([text.slice(0, 3), text.slice(3)]),
	],
])(
	"a body replaced by %s goes on as what it is now, not as what the client declared",
	async (_what, make) => {
		await start(() => ({ body: make("embedded é\n") }));
		const text = await post(
			"12345678901234567890",
			"Content-Encoding: gzip\r\n",
		);
		expect(firstLine(text)).toBe("HTTP/1.1 200 OK");
		const request = upstream.requests[0] ?? "";
		expect(firstLine(request)).toBe("POST /i/_bulk?refresh=true HTTP/1.1");
		expect(contentOf(request)).toBe(
			Buffer.from("embedded é\n").toString("latin1"),
		);
		const headers = headerLines(request).join("\n");
		expect(headers).toMatch(/Content-Type: application\/x-ndjson/);
		expect(headers).not.toMatch(/content-encoding/i);
		expect(headers).not.toMatch(/content-length: 20/i);
	},
);

test("an empty replacement goes on as an empty body", async () => {
	await start(() => ({ body: "" }));
	expect(firstLine(await post("{}"))).toBe("HTTP/1.1 200 OK");
	expect(headerLines(upstream.requests[0] ?? "")).toContain(
		"content-length: 0",
	);
});

test("path and query can be replaced too", async () => {
	await start(() => ({ body: "{}", url: "/a%2Fb/_search?pipeline=_none" }));
	await post("{}");
	expect(firstLine(upstream.requests[0] ?? "")).toBe(
		"POST /a%2Fb/_search?pipeline=_none HTTP/1.1",
	);
});

test("a replaced body is sent while the client's is still coming", async () => {
	let passed = 0;
	await start(
		(request) => ({
			body: new ForwardedBody(request.raw).map((chunk) => {
				passed++;
				return chunk;
			}),
		}),
		{ complete: (text) => text.endsWith("0\r\n\r\n") },
	);
	const { connect } = await import("node:net");
	const socket = connect(proxy.port, "127.0.0.1");
	let text = "";
	socket.on("data", (chunk) => {
		text += chunk.toString("latin1");
	});
	socket.write(
		"POST /_bulk HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n",
	);
	for (let line = 1; line <= 3; line++) {
		socket.write("5\r\nline\n\r\n");
		await until(() => passed === line);
	}
	socket.write("0\r\n\r\n");
	await until(() => text.endsWith("{}"));
	expect(contentOf(upstream.requests[0] ?? "")).toBe("line\nline\nline\n");
	socket.destroy();
});

test.each([
	["before its first byte", ""],
	["in the middle", "line\n"],
])(
	"a client whose body turns out bad %s is told why, and OpenSearch never sees a whole body",
	async (_when, before) => {
		const refusal = new SidecarError("too_large", "The line is too long");
		await start(
			() => ({
				body: Readable.from(
					(async function* () {
						if (before) {
							yield before;
							await until(() => upstream.requests.length > 0);
						}
						throw refusal;
					})(),
				),
			}),
			{ complete: headersComplete, answer: () => undefined },
		);
		const text = await post("x");
		expect(firstLine(text)).toBe("HTTP/1.1 413 Payload Too Large");
		expect(JSON.parse(bodyOf(text))).toMatchObject({
			error: { reason: "The line is too long" },
		});
		if (before) await until(() => upstream.closed === 1);
		expect(upstream.requests.join()).not.toMatch(/0\r\n\r\n$/);
	},
);

test("a refusal by OpenSearch in the middle of a replaced body reaches the client", async () => {
	const refusal =
		"HTTP/1.1 413 Request Entity Too Large\r\ncontent-length: 0\r\n\r\n";
	let source: Readable | undefined;
	await start(
		(request) => {
			source = new ForwardedBody(request.raw).map((chunk) => chunk);
			return { body: source };
		},
		{ complete: headersComplete, answer: refusal },
	);
	const text = await post("x".repeat(4 * 1_048_576));
	expect(firstLine(text)).toBe("HTTP/1.1 413 Request Entity Too Large");
	await until(() => source?.destroyed === true);
});

test("a replacement that fails after OpenSearch has answered does not end the sidecar", async () => {
	let fail = (_error: Error): void => undefined;
	await start(
		() => {
			const body = new Readable({
				read() {},
				destroy(_error, callback) {
					callback(new Error("too late"));
				},
			});
			body.push("x");
			fail = (error) => body.destroy(error);
			return { body };
		},
		{ complete: headersComplete },
	);
	expect(firstLine(await post("x"))).toBe("HTTP/1.1 200 OK");
	fail(new Error("later still"));
	expect(firstLine(await post("x"))).toBe("HTTP/1.1 200 OK");
});

test("the work on a body stops when its client has left", async () => {
	let stopped = false;
	await start(
		() => ({
			body: Readable.from(
				(async function* () {
					try {
						for (;;) {
							yield "x";
							await new Promise((resolve) => setImmediate(resolve));
						}
					} finally {
						stopped = true;
					}
				})(),
			),
		}),
		{ complete: headersComplete, answer: () => undefined },
	);
	const { connect } = await import("node:net");
	const socket = connect(proxy.port, "127.0.0.1");
	socket.write("POST /_bulk HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
	await until(() => upstream.requests.length > 0);
	socket.destroy();
	await until(() => stopped && upstream.closed === 1);
	expect(stopped).toBe(true);
});

const block = Buffer.alloc(1_048_576, "x");

test.each([
	[
		"past OpenSearch's limit is a 413 that says so",
		101,
		413,
		"max_content_length",
	],
	["before that is a 502", 50, 502, "broke before its answer"],
])(
	"a replaced body that is cut off %s",
	async (_what, mebibytes, status, reason) => {
		await start(
			() => ({
				body: Readable.from(
					(async function* () {
						for (;;) yield block;
					})(),
					{ objectMode: false },
				),
			}),
			{
				complete: headersComplete,
				answer: (socket) => {
					let received = 0;
					socket.removeAllListeners("data");
					socket.on("data", (chunk) => {
						received += chunk.length;
						if (received > mebibytes * block.length) socket.resetAndDestroy();
					});
				},
			},
		);
		const envelope = JSON.parse(bodyOf(await post("x")));
		expect(envelope.status).toBe(status);
		expect(envelope.error.reason).toContain(reason);
	},
);

test("what is added to an answer comes with OpenSearch's own headers, and is asked for when the answer begins", async () => {
	let cut = 0;
	const body = Readable.from(
		(async function* () {
			yield "one\n";
			cut = 3;
			yield "two\n";
		})(),
	);
	await start(
		() => ({ body, addedHeaders: () => ({ "X-Cut": String(cut) }) }),
		{
			answer: "HTTP/1.1 201 Created\r\nX-Own: y\r\ncontent-length: 2\r\n\r\n{}",
		},
	);
	const text = await post("x");
	expect(firstLine(text)).toBe("HTTP/1.1 201 Created");
	expect(headerLines(text)).toEqual(
		expect.arrayContaining(["X-Own: y", "X-Cut: 3"]),
	);
});
