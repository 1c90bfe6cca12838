import { once } from "node:events";
import { createServer } from "node:net";
import { Worker } from "node:worker_threads";
import { afterEach, expect, test } from "vitest";
import { type ProxyServer, startProxy } from "../helpers/proxy-server.ts";
import {
	bodyOf,
	firstLine,
	headersComplete,
	listening,
	sendOnWire,
	startWireServer,
	type WireServer,
} from "../helpers/proxy-wire.ts";

const good = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
const get = "GET /i HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
});

async function serve(
	answer: Parameters<typeof startWireServer>[0],
	complete?: Parameters<typeof startWireServer>[1],
): Promise<WireServer> {
	const server = await startWireServer(answer, complete);
	closers.push(server.close);
	return server;
}

async function proxyTo(
	url: string,
	limits: { connectTimeoutMs?: number; silenceTimeoutMs?: number } = {},
): Promise<ProxyServer> {
	const proxy = await startProxy({ url, ...limits });
	closers.push(proxy.close);
	return proxy;
}

/** Expects OpenSearch's envelope, and that the next call is served: by whom does not matter. */
async function expectEnvelope(
	text: string,
	{ status, type, reason }: { status: number; type: string; reason: RegExp },
): Promise<void> {
	expect(Number(firstLine(text).split(" ")[1])).toBe(status);
	const envelope = JSON.parse(bodyOf(text));
	expect(envelope).toEqual({
		error: {
			root_cause: [{ type, reason: expect.stringMatching(reason) }],
			type,
			reason: expect.stringMatching(reason),
		},
		status,
	});
	expect(JSON.stringify(envelope)).not.toMatch(/secret|password/);
}

/** Fails on the first call, and is fine afterwards. */
function failsOnce(
	fail: (socket: import("node:net").Socket) => void,
): (socket: import("node:net").Socket) => void {
	let calls = 0;
	return (socket) => {
		if (calls++ === 0) fail(socket);
		else socket.write(good);
	};
}

async function freePort(): Promise<number> {
	const server = createServer();
	const port = await listening(server);
	server.close();
	await once(server, "close");
	return port;
}

test("an OpenSearch that is down is a 503, and no reason to fail once it is up", async () => {
	const port = await freePort();
	const proxy = await proxyTo(`http://user:password@127.0.0.1:${port}`);
	const { text } = await sendOnWire(proxy.port, get);
	await expectEnvelope(text, {
		status: 503,
		type: "service_unavailable_exception",
		reason: /cannot be reached.*ECONNREFUSED/,
	});
	const server = createServer((socket) => {
		socket.on("data", () => socket.end(good));
	});
	server.listen(port, "127.0.0.1");
	await once(server, "listening");
	closers.push(async () => void server.close());
	expect(firstLine((await sendOnWire(proxy.port, get)).text)).toBe(
		"HTTP/1.1 200 OK",
	);
});

test("a refused connection is a 503 for a client that is sending a body", async () => {
	const proxy = await proxyTo(`http://127.0.0.1:${await freePort()}`);
	const size = 4 * 1_048_576;
	const { text } = await sendOnWire(proxy.port, [
		`POST /_bulk HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`,
		"x".repeat(size),
	]);
	await expectEnvelope(text, {
		status: 503,
		type: "service_unavailable_exception",
		reason: /cannot be reached/,
	});
});

test("a host name that does not exist is a 503", async () => {
	const proxy = await proxyTo("http://opensearch.invalid:9200");
	await expectEnvelope((await sendOnWire(proxy.port, get)).text, {
		status: 503,
		type: "service_unavailable_exception",
		reason: /cannot be reached/,
	});
});

test("an OpenSearch that accepts no connection is a 503 after the connect timeout", async () => {
	const { port, close } = await startDeafServer();
	closers.push(close);
	const proxy = await proxyTo(`http://127.0.0.1:${port}`, {
		connectTimeoutMs: 300,
	});
	await expectEnvelope((await sendOnWire(proxy.port, get)).text, {
		status: 503,
		type: "service_unavailable_exception",
		reason: /no connection within 300 ms/,
	});
});

test.each([
	[
		"resets the connection",
		(s: import("node:net").Socket) => s.resetAndDestroy(),
	],
	["closes the connection", (s: import("node:net").Socket) => s.end()],
	[
		"dies within its headers",
		(s: import("node:net").Socket) => s.end("HTTP/1.1 200 OK\r\ncontent-ty"),
	],
	[
		"answers something that is not HTTP",
		(s: import("node:net").Socket) => s.write("password=secret\r\n\r\n"),
	],
	[
		"answers headers that cannot be passed on",
		(s: import("node:net").Socket) =>
			s.write("HTTP/1.1 200 OK\r\nx: \x01\r\n\r\n"),
	],
	[
		"answers with endless headers",
		(s: import("node:net").Socket) =>
			s.write(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(2_000_000)}\r\n\r\n`),
	],
])(
	"an OpenSearch that %s is a 502, and the next call is served",
	async (_what, fail) => {
		const upstream = await serve(failsOnce(fail));
		const proxy = await proxyTo(upstream.url);
		await expectEnvelope((await sendOnWire(proxy.port, get)).text, {
			status: 502,
			type: "bad_gateway_exception",
			reason: /broke before its answer/,
		});
		expect(firstLine((await sendOnWire(proxy.port, get)).text)).toBe(
			"HTTP/1.1 200 OK",
		);
	},
);

test("an OpenSearch that never answers is a 504 that names the timeout, and the call is given up", async () => {
	const upstream = await serve(failsOnce(() => undefined));
	const proxy = await proxyTo(upstream.url, { silenceTimeoutMs: 200 });
	await expectEnvelope((await sendOnWire(proxy.port, get)).text, {
		status: 504,
		type: "gateway_timeout_exception",
		reason: /silent for 200 ms/,
	});
	expect(firstLine((await sendOnWire(proxy.port, get)).text)).toBe(
		"HTTP/1.1 200 OK",
	);
	expect(upstream.connections).toBe(2);
});

test("an OpenSearch that stops to take a body is a 504", async () => {
	const upstream = await serve((socket) => socket.pause(), headersComplete);
	const proxy = await proxyTo(upstream.url, { silenceTimeoutMs: 300 });
	const size = 64 * 1_048_576;
	const { text } = await sendOnWire(
		proxy.port,
		[
			`POST /_bulk HTTP/1.1\r\nHost: h\r\nContent-Length: ${size}\r\n\r\n`,
			"x".repeat(size),
		],
		(received) => received.endsWith("}"),
	);
	await expectEnvelope(text, {
		status: 504,
		type: "gateway_timeout_exception",
		reason: /silent for 300 ms/,
	});
});

test("a client that sends slowly is not taken for a silent OpenSearch", async () => {
	const upstream = await serve(good);
	const proxy = await proxyTo(upstream.url, { silenceTimeoutMs: 150 });
	const { connect } = await import("node:net");
	const socket = connect(proxy.port, "127.0.0.1");
	let text = "";
	socket.on("data", (chunk) => {
		text += chunk.toString("latin1");
	});
	socket.write(
		"POST /i HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 4\r\n\r\n",
	);
	for (const byte of "abcd") {
		// The pause itself is what is tested: three times as long as OpenSearch may be silent.
		await new Promise((resolve) => setTimeout(resolve, 450));
		socket.write(byte);
	}
	await once(socket, "close");
	expect(firstLine(text)).toBe("HTTP/1.1 200 OK");
	expect(upstream.requests[0]).toMatch(/abcd$/);
});

test.each([
	[
		"dies",
		(s: import("node:net").Socket) =>
			void s.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhello"),
	],
	[
		"resets the connection",
		(s: import("node:net").Socket) =>
			void s.write(
				"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
				() => s.resetAndDestroy(),
			),
	],
	[
		"closes the connection between two chunks",
		(s: import("node:net").Socket) =>
			void s.end(
				"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
			),
	],
	[
		"falls silent",
		(s: import("node:net").Socket) =>
			void s.write(
				"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
			),
	],
])(
	"an answer of an OpenSearch that %s within it is not taken for a whole one",
	async (_what, fail) => {
		const upstream = await serve(failsOnce(fail));
		const proxy = await proxyTo(upstream.url, { silenceTimeoutMs: 300 });
		const { text, closed } = await sendOnWire(
			proxy.port,
			"GET /i HTTP/1.1\r\nHost: h\r\n\r\n",
		);
		expect(closed).toBe(true);
		expect(firstLine(text)).toBe("HTTP/1.1 200 OK");
		expect(text).not.toMatch(/0\r\n\r\n$/);
		expect(firstLine((await sendOnWire(proxy.port, get)).text)).toBe(
			"HTTP/1.1 200 OK",
		);
	},
);

/** A port whose queue of connections is full, and stays so: its thread listens, and never accepts. */
async function startDeafServer(): Promise<{
	port: number;
	close(): Promise<void>;
}> {
	const worker = new Worker(
		`const { parentPort } = require("node:worker_threads");
		const server = require("node:net").createServer();
		server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
			parentPort.postMessage(server.address().port);
			setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
		});`,
		{ eval: true },
	);
	const [port] = await once(worker, "message");
	const { connect } = await import("node:net");
	const fillers = Array.from({ length: 8 }, () =>
		connect(port, "127.0.0.1").on("error", () => undefined),
	);
	await once(fillers[0] ?? worker, "connect");
	return {
		port,
		close: async () => {
			for (const filler of fillers) filler.destroy();
			await worker.terminate();
		},
	};
}
