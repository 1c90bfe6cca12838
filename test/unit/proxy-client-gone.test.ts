import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type ProxyServer, startProxy } from "../helpers/proxy-server.ts";
import {
	firstLine,
	headersComplete,
	sendOnWire,
	startWireServer,
	until,
	type WireServer,
} from "../helpers/proxy-wire.ts";

const good = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
const get = "GET /i HTTP/1.1\r\nHost: h\r\n\r\n";
let upstream: WireServer;
let proxy: ProxyServer;

async function start(answer: (socket: Socket, call: number) => void) {
	let calls = 0;
	upstream = await startWireServer(
		(socket) => answer(socket, calls++),
		headersComplete,
	);
	proxy = await startProxy({ url: upstream.url });
}

afterEach(async () => {
	await proxy.close();
	await upstream.close();
});

async function client(request: string): Promise<Socket> {
	const socket = connect(proxy.port, "127.0.0.1");
	socket.on("error", () => socket.destroy());
	await once(socket, "connect");
	socket.write(request, "latin1");
	return socket;
}

/** OpenSearch saw the call end, and the proxy still works. */
async function expectCancelled(calls = 1): Promise<void> {
	await until(() => upstream.closed === calls);
	const { text } = await sendOnWire(proxy.port, get, (t) => t.endsWith("{}"));
	expect(firstLine(text)).toBe("HTTP/1.1 200 OK");
}

test("a search whose client has left is cancelled in OpenSearch", async () => {
	await start((socket, call) => call > 0 && socket.write(good));
	const socket = await client(get);
	await until(() => upstream.requests.length === 1);
	socket.destroy();
	await expectCancelled();
});

test("an upload whose client dies in the middle is cut off, and never looks whole to OpenSearch", async () => {
	await start((socket, call) => call > 0 && socket.write(good));
	const socket = await client(
		"POST /i/_bulk HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
	);
	await until(() => upstream.requests.length === 1);
	expect(upstream.closed).toBe(0);
	socket.resetAndDestroy();
	await expectCancelled();
	expect(upstream.requests[0]).not.toMatch(/0\r\n\r\n$/);
});

test("an export whose client dies in the middle is cancelled in OpenSearch", async () => {
	await start((socket, call) => {
		socket.write(
			call > 0
				? good
				: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
		);
	});
	const socket = await client(get);
	await once(socket, "data");
	socket.destroy();
	await expectCancelled();
});

test("an export whose client stopped reading, and then died, is cancelled in OpenSearch", async () => {
	const block = Buffer.alloc(1_048_576, "x");
	await start((socket, call) => {
		if (call > 0) return void socket.write(good);
		socket.write(
			`HTTP/1.1 200 OK\r\ncontent-length: ${1_000 * block.length}\r\n\r\n`,
		);
		const fill = (): void => {
			while (socket.write(block));
		};
		socket.on("drain", fill);
		fill();
	});
	const socket = await client(get);
	await once(socket, "data");
	socket.pause();
	socket.destroy();
	await expectCancelled();
});

test("a hundred clients that leave leave no connection behind", async () => {
	await start((socket, call) => call >= 100 && socket.write(good));
	const sockets = await Promise.all(
		Array.from({ length: 100 }, () => client(get)),
	);
	await until(() => upstream.requests.length === 100);
	for (const socket of sockets) socket.destroy();
	await expectCancelled(100);
});
