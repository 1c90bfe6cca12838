import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A server below HTTP: what it received is what was on the wire, one character a byte. */
export interface WireServer {
	url: string;
	/** The requests that were complete, in the order of their ends. */
	requests: string[];
	/** How many connections were opened so far. */
	connections: number;
	/** How many of them were closed again. */
	closed: number;
	close(): Promise<void>;
}

/** Whether the bytes so far are a whole request. */
export type Complete = (received: string) => boolean;

/** The headers are there, whatever body is to come. */
export const headersComplete: Complete = (received) =>
	received.includes("\r\n\r\n");

/** The body is there too, by the framing that the headers declare. */
export const wholeRequest: Complete = (received) => {
	if (!headersComplete(received)) return false;
	const body = bodyOf(received);
	const lines = headerLines(received).map((line) => line.toLowerCase());
	if (lines.includes("transfer-encoding: chunked"))
		return body.endsWith("\r\n0\r\n\r\n");
	const length = lines.find((line) => line.startsWith("content-length: "));
	return body.length >= Number(length?.slice(16) ?? 0);
};

/**
 * @param answer bytes, one character a byte, or what to do with the connection; called for each whole request
 */
export async function startWireServer(
	answer: string | ((socket: Socket) => void),
	complete: Complete = wholeRequest,
): Promise<WireServer> {
	const sockets = new Set<Socket>();
	const requests: string[] = [];
	const state = { connections: 0, closed: 0 };
	const server = createServer((socket) => {
		state.connections++;
		sockets.add(socket);
		let received = "";
		socket.on("error", () => socket.destroy());
		socket.on("close", () => {
			sockets.delete(socket);
			state.closed++;
		});
		socket.on("data", (chunk) => {
			received += chunk.toString("latin1");
			if (!complete(received)) return;
			requests.push(received);
			received = "";
			if (typeof answer === "string") socket.write(answer, "latin1");
			else answer(socket);
		});
	});
	const port = await listening(server);
	return {
		url: `http://127.0.0.1:${port}`,
		requests,
		get connections() {
			return state.connections;
		},
		get closed() {
			return state.closed;
		},
		close: async () => {
			for (const socket of sockets) socket.destroy();
			server.close();
			await once(server, "close");
		},
	};
}

export async function listening(
	server: ReturnType<typeof createServer>,
): Promise<number> {
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return addressOf(server).port;
}

function addressOf(server: ReturnType<typeof createServer>): AddressInfo {
	const address = server.address();
	if (address === null || typeof address === "string")
		throw new Error("The server does not listen on a port");
	return address;
}

export interface WireAnswer {
	text: string;
	/** Whether the connection was closed, and not just finished with. */
	closed: boolean;
}

/**
 * Sends bytes, one character a byte, and reads until the connection closes or `until` holds.
 */
export async function sendOnWire(
	port: number,
	request: string | readonly string[],
	until: (answer: string) => boolean = () => false,
): Promise<WireAnswer> {
	const socket = connect(port, "127.0.0.1");
	let text = "";
	let closed = false;
	const done = new Promise<void>((resolve) => {
		socket.on("data", (chunk) => {
			text += chunk.toString("latin1");
			if (until(text)) resolve();
		});
		socket.on("close", () => {
			closed = true;
			resolve();
		});
		socket.on("error", () => resolve());
	});
	await once(socket, "connect");
	for (const part of [request].flat()) socket.write(part, "latin1");
	await done;
	socket.destroy();
	return { text, closed };
}

/** The header lines of a message, without its first line. */
export function headerLines(message: string): string[] {
	return (message.split("\r\n\r\n", 1)[0] ?? "").split("\r\n").slice(1);
}

export function firstLine(message: string): string {
	return message.split("\r\n", 1)[0] ?? "";
}

export function bodyOf(message: string): string {
	return message.slice(message.indexOf("\r\n\r\n") + 4);
}

/** A message's body without the framing of chunks, if it has one. */
export function contentOf(message: string): string {
	let rest = bodyOf(message);
	if (!/^transfer-encoding: chunked$/im.test(headerLines(message).join("\n")))
		return rest;
	let content = "";
	for (;;) {
		const lineEnd = rest.indexOf("\r\n");
		const size = Number.parseInt(rest.slice(0, lineEnd), 16);
		if (!(size > 0)) return content;
		content += rest.slice(lineEnd + 2, lineEnd + 2 + size);
		rest = rest.slice(lineEnd + 4 + size);
	}
}

/** Waits until a condition holds; the test's own time limit is the limit. */
export async function until(condition: () => boolean): Promise<void> {
	while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
