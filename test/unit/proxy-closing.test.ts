import { once } from "node:events";
import type { Socket } from "node:net";
import { fastify } from "fastify";
import { afterEach, expect, test } from "vitest";
import { PeerClient } from "../../sidecar/peers/peer-client.ts";
import { Upstream } from "../../sidecar/proxy/upstream.ts";
import { type ProxyServer, startProxy } from "../helpers/proxy-server.ts";
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
const get = "GET /i HTTP/1.1\r\nHost: h\r\n\r\n";
/** One fits into what a connection reads ahead, and none into what it writes without waiting. */
const block = "x".repeat(48 * 1_024);
const whole = block.repeat(2);

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
});

async function serve(
	answer: Parameters<typeof startWireServer>[0],
): Promise<WireServer> {
	const server = await startWireServer(answer, headersComplete);
	closers.push(server.close);
	return server;
}

interface Framing {
	framing: string;
	head: string;
	piece(data: string): string;
	end: string;
	/** Whether nothing but the connection's end says that the answer is whole. */
	byClose: boolean;
}

const asIs = (data: string) => data;
const asChunk = (data: string) => `${data.length.toString(16)}\r\n${data}\r\n`;
const length = `content-length: ${whole.length}`;
const framings: Framing[] = [
	{
		framing: "with a length",
		head: `HTTP/1.1 200 OK\r\nconnection: close\r\n${length}`,
		piece: asIs,
		end: "",
		byClose: false,
	},
	{
		framing: "with a length, on a connection that was to stay",
		head: `HTTP/1.1 200 OK\r\n${length}`,
		piece: asIs,
		end: "",
		byClose: false,
	},
	{
		framing: "in chunks",
		head: "HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked",
		piece: asChunk,
		end: "0\r\n\r\n",
		byClose: false,
	},
	{
		framing: "that ends with its connection",
		head: "HTTP/1.1 200 OK",
		piece: asIs,
		end: "",
		byClose: true,
	},
	{
		framing: "of HTTP/1.0 with a length",
		head: `HTTP/1.0 200 OK\r\n${length}`,
		piece: asIs,
		end: "",
		byClose: false,
	},
	{
		framing: "of HTTP/1.0 that ends with its connection",
		head: "HTTP/1.0 200 OK",
		piece: asIs,
		end: "",
		byClose: true,
	},
];

/** What comes at first, and what comes with the end of the connection, while the client reads nothing. */
const moments = [
	{ moment: "after the whole answer", first: whole, last: "" },
	{ moment: "with its last bytes", first: block, last: block },
	{ moment: "in the middle of it", first: block, last: "" },
	{ moment: "in the middle of it, with bytes", first: block, last: "x" },
];

const cases = framings.flatMap((framing) =>
	moments.flatMap((moment) =>
		["closes", "resets"].map((verb) => ({ ...framing, ...moment, verb })),
	),
);

/** Starts a server whose first answer is `answer`, and a proxy whose first client reads nothing until `readOn`. */
async function start(answer: (socket: Socket) => void): Promise<{
	upstream: WireServer;
	proxy: ProxyServer;
	readOn(): void;
}> {
	let calls = 0;
	const upstream = await serve((socket) => {
		if (calls++ === 0) answer(socket);
		else socket.write(good);
	});
	let client: Socket | undefined;
	const proxy = await startProxy({
		url: upstream.url,
		replace: ({ raw }) => {
			// As if the system's buffers were full.
			if (!client) {
				client = raw.socket;
				client.cork();
			}
			return undefined;
		},
	});
	closers.push(proxy.close);
	return { upstream, proxy, readOn: () => client?.uncork() };
}

/** So many turns of the event loop that all that was sent on loopback has arrived. */
async function arrived(): Promise<void> {
	let turns = 0;
	await until(() => turns++ > 200);
}

/** Whether an answer says of itself that it is complete. */
function isWhole(text: string): boolean {
	if (!headersComplete(text)) return false;
	const declared = headerLines(text)
		.map((line) => /^content-length: (\d+)$/i.exec(line)?.[1])
		.find((value) => value !== undefined);
	return declared === undefined
		? text.endsWith("\r\n0\r\n\r\n")
		: bodyOf(text).length === Number(declared);
}

test.each(cases)(
	"a server that $verb the connection $moment, one $framing, does not end the sidecar, and the client is not deceived",
	async ({ head, piece, end, byClose, first, last, verb }) => {
		const complete = first.length + last.length === whole.length;
		const pieces = first === whole ? [block, block] : [first];
		let done = false;
		const { proxy, readOn } = await start(async (socket) => {
			socket.write(`${head}\r\n\r\n`);
			for (const data of pieces) {
				socket.write(piece(data));
				await arrived();
			}
			if (last !== "") socket.write(piece(last));
			if (complete) socket.write(end);
			if (verb === "closes") socket.end();
			else {
				// The system may tell of a reset that comes with bytes as if it were an end.
				await arrived();
				socket.resetAndDestroy();
			}
			await arrived();
			done = true;
		});
		const answer = sendOnWire(proxy.port, get, isWhole);
		await until(() => done);
		readOn();
		const { text, closed } = await answer;
		if (verb === "closes" && (complete || byClose)) {
			expect(isWhole(text)).toBe(true);
			expect(contentOf(text)).toBe(first + last);
		} else if (!complete || byClose) {
			expect(isWhole(text)).toBe(false);
			expect(closed).toBe(true);
		} else if (isWhole(text)) expect(contentOf(text)).toBe(whole);
		else expect(closed).toBe(true);
		const next = await sendOnWire(proxy.port, get, (t) => t.endsWith("{}"));
		expect(firstLine(next.text)).toBe("HTTP/1.1 200 OK");
	},
);

test("a slow client's connection to OpenSearch serves the next client", async () => {
	let done = false;
	const { upstream, proxy, readOn } = await start(async (socket) => {
		socket.write(`HTTP/1.1 200 OK\r\n${length}\r\n\r\n${whole}`);
		await arrived();
		done = true;
	});
	const answer = sendOnWire(proxy.port, get, isWhole);
	await until(() => done);
	readOn();
	expect(bodyOf((await answer).text)).toBe(whole);
	for (let call = 0; call < 3; call++) {
		const next = await sendOnWire(proxy.port, get, (t) => t.endsWith("{}"));
		expect(firstLine(next.text)).toBe("HTTP/1.1 200 OK");
	}
	expect(upstream.connections).toBe(1);
});

test("a slow client that leaves cancels an answer that is held back for it", async () => {
	let done = false;
	const { upstream, proxy, readOn } = await start(async (socket) => {
		socket.write(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${whole}`);
		await arrived();
		done = true;
	});
	const { connect } = await import("node:net");
	const socket = connect(proxy.port, "127.0.0.1");
	await once(socket, "connect");
	socket.write(get);
	await until(() => done);
	socket.resetAndDestroy();
	await until(() => upstream.closed === 1);
	readOn();
	const next = await sendOnWire(proxy.port, get, (t) => t.endsWith("{}"));
	expect(firstLine(next.text)).toBe("HTTP/1.1 200 OK");
});

const large = JSON.stringify({ text: "x".repeat(1_000_000) });

/** Comes in one piece with the end of its connection. */
const largeAnswer = (socket: Socket) =>
	void socket.end(
		`HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: ${large.length}\r\n\r\n${large}`,
	);

/** A server whose `/i` tells how much of the upstream's answer the sidecar has read. */
async function readingUpTo(answerLimit: number) {
	const server = await serve(largeAnswer);
	const upstream = new Upstream({
		url: server.url,
		connectTimeoutMs: 5_000,
		silenceTimeoutMs: 30_000,
		answerLimit,
	});
	const app = fastify();
	app.get("/i", async (request) => (await upstream.read(request)).body.length);
	closers.push(
		() => upstream.close(),
		() => app.close(),
	);
	return app;
}

test("an answer that the sidecar reads for itself may end with its connection", async () => {
	const app = await readingUpTo(large.length);
	for (let call = 0; call < 20; call++) {
		const { body } = await app.inject("/i");
		expect(Number(body)).toBe(large.length);
	}
});

test("an answer that the sidecar reads for itself does not fill its memory", async () => {
	const app = await readingUpTo(large.length - 1);
	const { body } = await app.inject("/i");
	expect(body).toContain("SIDECAR_ANSWER_LIMIT");
});

test("another sidecar's answer may end with its connection", async () => {
	const server = await serve(largeAnswer);
	const peers = new PeerClient();
	closers.push(() => peers.close());
	const peer = { id: "other", address: server.url, secret: "s" };
	for (let call = 0; call < 20; call++) {
		const { text } = await peers.call(peer, {
			method: "GET",
			path: "/profile",
			timeoutMs: 5_000,
		});
		expect(text).toBe(large);
	}
});
