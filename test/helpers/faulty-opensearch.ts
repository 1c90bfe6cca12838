import {
	createServer,
	type IncomingMessage,
	request,
	type ServerResponse,
} from "node:http";
import { buffer } from "node:stream/consumers";
import { opensearchUrl } from "./opensearch.ts";
import { listening } from "./proxy-wire.ts";

/** What goes wrong with a request. */
export interface Fault {
	/** It does not get to OpenSearch; this is answered. */
	status?: number;
	/** The envelope's `error`, for a status. */
	error?: { type: string; reason: string };
	/** It gets to OpenSearch, and the connection breaks in place of the answer. */
	loses?: boolean;
	/** Of the answer only so many bytes arrive before the connection breaks. */
	cutsAfter?: number;
	/** It goes on when this resolves. */
	holds?: Promise<unknown>;
	/** The answer goes back when this resolves. */
	holdsAnswer?: () => Promise<unknown>;
}

/** The real OpenSearch behind a connection that is not reliable. */
export interface FaultyOpenSearch {
	url: string;
	/** Decides for each request; undefined lets everything pass. */
	fault: ((request: IncomingMessage) => Fault | undefined) | undefined;
	close(): void;
}

/** A fault for the first `times` requests that match, and how many there were. */
export function onFirst(
	matches: (request: IncomingMessage) => boolean,
	fault: Fault,
	times = 1,
): { fault: (request: IncomingMessage) => Fault | undefined; seen: number } {
	const first = {
		seen: 0,
		fault: (asked: IncomingMessage) =>
			matches(asked) && first.seen++ < times ? fault : undefined,
	};
	return first;
}

export async function startFaultyOpenSearch(): Promise<FaultyOpenSearch> {
	const server = createServer((asked, response) => {
		forward(asked, response, faulty.fault?.(asked) ?? {}).catch(() =>
			asked.socket.destroy(),
		);
	});
	const faulty: FaultyOpenSearch = {
		url: `http://127.0.0.1:${await listening(server)}`,
		fault: undefined,
		close() {
			server.close();
			server.closeAllConnections();
		},
	};
	return faulty;
}

async function forward(
	asked: IncomingMessage,
	response: ServerResponse,
	fault: Fault,
): Promise<void> {
	// A test's bodies are small enough to be held; so OpenSearch never gets half of one.
	const body = await buffer(asked);
	await fault.holds;
	if (fault.status !== undefined) {
		const { status, error = { type: "fault", reason: "made for a test" } } =
			fault;
		response.writeHead(status, { "content-type": "application/json" });
		response.end(JSON.stringify({ error, status }));
		return;
	}
	const answer = await send(asked, body);
	const content = await buffer(answer);
	if (fault.loses) {
		asked.socket.destroy();
		return;
	}
	await fault.holdsAnswer?.();
	response.writeHead(answer.statusCode ?? 500, answer.headers);
	if (fault.cutsAfter === undefined) {
		response.end(content);
		return;
	}
	response.write(content.subarray(0, fault.cutsAfter), () =>
		asked.socket.destroy(),
	);
}

function send(asked: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
	const { "transfer-encoding": _encoding, ...headers } = asked.headers;
	return new Promise((resolve, reject) => {
		request(`${opensearchUrl()}${asked.url}`, {
			method: asked.method,
			headers: { ...headers, "content-length": body.length },
		})
			.once("response", resolve)
			.once("error", reject)
			.end(body);
	});
}
