import { once } from "node:events";
import {
	createServer,
	get,
	type IncomingMessage,
	request as post,
	type RequestListener,
	type Server,
} from "node:http";
import { Readable } from "node:stream";
import { afterEach, expect, test } from "vitest";
import { type ProxyServer, startProxy } from "../helpers/proxy-server.ts";
import { listening, until } from "../helpers/proxy-wire.ts";

const mebibyte = 1_048_576;
const size = 512 * mebibyte;
const block = Buffer.alloc(mebibyte, "x");
let upstream: Server;
let proxy: ProxyServer;

async function start(answer: RequestListener): Promise<void> {
	upstream = createServer(answer);
	const port = await listening(upstream);
	proxy = await startProxy({ url: `http://127.0.0.1:${port}` });
}

afterEach(async () => {
	await proxy.close();
	upstream.closeAllConnections();
	upstream.close();
	await once(upstream, "close");
});

/** The most memory of this process, over what it was at first, while `work` ran. It has both ends in it. */
async function growth(work: () => Promise<void>): Promise<number> {
	const before = process.memoryUsage.rss();
	let most = before;
	const timer = setInterval(() => {
		most = Math.max(most, process.memoryUsage.rss());
	}, 5);
	try {
		await work();
	} finally {
		clearInterval(timer);
	}
	return most - before;
}

/** Writes `total` bytes as fast as they are taken; counts those that were. */
async function* blocks(total: number, count: { bytes: number }) {
	for (let sent = 0; sent < total; sent += block.length) {
		yield block;
		count.bytes += block.length;
	}
}

async function countBytes(stream: AsyncIterable<Buffer>): Promise<number> {
	let bytes = 0;
	for await (const chunk of stream) bytes += chunk.length;
	return bytes;
}

test("a large export passes through without staying in memory", async () => {
	await start((_request, response) => {
		Readable.from(blocks(size, { bytes: 0 })).pipe(response);
	});
	let received = 0;
	const grown = await growth(async () => {
		const [response] = await once(get(`${proxy.url}/i`), "response");
		received = await countBytes(response);
	});
	expect(received).toBe(size);
	expect(grown).toBeLessThan(size / 4);
});

test("a large upload passes through without staying in memory", async () => {
	await start(async (request, response) => {
		response.end(String(await countBytes(request)));
	});
	let answer = "";
	const grown = await growth(async () => {
		const upload = post(`${proxy.url}/_bulk`, { method: "POST" });
		Readable.from(blocks(size, { bytes: 0 })).pipe(upload);
		const [response] = await once(upload, "response");
		for await (const chunk of response) answer += chunk;
	});
	expect(answer).toBe(String(size));
	expect(grown).toBeLessThan(size / 4);
});

test("a client that reads slowly slows OpenSearch down, and gets everything in the end", async () => {
	const sent = { bytes: 0 };
	await start((_request, response) => {
		Readable.from(blocks(size, sent)).pipe(response);
	});
	const [response]: IncomingMessage[] = await once(
		get(`${proxy.url}/i`),
		"response",
	);
	if (!response) throw new Error("No response");
	response.pause();
	await settled(() => sent.bytes);
	expect(sent.bytes).toBeLessThan(64 * mebibyte);
	expect(await countBytes(response)).toBe(size);
});

test("an OpenSearch that reads slowly slows the client down, and gets everything in the end", async () => {
	const sent = { bytes: 0 };
	let incoming: IncomingMessage | undefined;
	await start(async (request, response) => {
		request.pause();
		incoming = request;
		await settled(() => sent.bytes);
		const before = sent.bytes;
		response.end(`${before} ${await countBytes(request)}`);
	});
	const upload = post(`${proxy.url}/_bulk`, { method: "POST" });
	Readable.from(blocks(size, sent)).pipe(upload);
	await until(() => incoming !== undefined);
	const [response] = await once(upload, "response");
	let answer = "";
	for await (const chunk of response) answer += chunk;
	const [before, received] = answer.split(" ").map(Number);
	expect(before).toBeLessThan(64 * mebibyte);
	expect(received).toBe(size);
});

/** Waits until a count has grown, and then has not for a while. */
async function settled(count: () => number): Promise<void> {
	let last = 0;
	let since = performance.now();
	while (last === 0 || performance.now() - since < 200) {
		await new Promise((resolve) => setImmediate(resolve));
		if (count() === last) continue;
		last = count();
		since = performance.now();
	}
}
