import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { buildConnector, errors, Pool } from "undici";
import type { UpstreamTls } from "../../schemas/upstream-tls.ts";
import { SidecarError } from "../errors.ts";
import { hasBody } from "../http/client-body.ts";
import { endUnanswered, isClientGone } from "../http/client-signal.ts";
import { ForwardedBody } from "../http/forwarded-body.ts";
import {
	AnswerTooLong,
	Connection,
	Exchange,
	type ExchangeOptions,
	type HeldAnswer,
	type Outcome,
} from "./exchange.ts";
import { answerHeaders, requestHeaders } from "./hop-by-hop.ts";
import { Silence } from "./silence.ts";
import { silentUpstream, upstreamFailure } from "./upstream-failure.ts";

export interface UpstreamOptions {
	/** OpenSearch: scheme, host and port. */
	url: string;
	connectTimeoutMs: number;
	/** Unless given, certificates are checked against the authorities that Node.js knows. */
	tls?: UpstreamTls;
	/** How long OpenSearch may be silent while it is its turn, before its answer or within it. */
	silenceTimeoutMs: number;
	/** Bytes of an answer that is read whole. */
	answerLimit: number;
}

/** A body that is sent instead of the client's, and where to. */
export interface Replacement {
	/** A stream is sent as it is read, while the answer may already be coming. It is destroyed at the end. */
	body: Buffer | string | Readable;
	/** Path and query, percent-encoded. Without it: the client's. */
	url?: string;
	/** The body is the client's own, read before: the headers that describe its bytes hold for it. */
	asSent?: boolean;
	/** Of a body that the client had sent in its URL. Without it: the client's own header. */
	contentType?: string;
	/** Headers that the answer gets besides OpenSearch's own; asked for when its answer begins. */
	addedHeaders?(): Readonly<Record<string, string>>;
}

/** Which answers are looked at before they go on: without it none. */
export interface Holding {
	holds?(status: number): boolean;
}

/** Whether there is another body. */
export function isReplacement<T extends Partial<Replacement>>(
	given: T,
): given is T & Replacement {
	return given.body !== undefined;
}

/** OpenSearch's default of http.max_content_length. */
const maxContentLength = 104_857_600;

/** What is asked instead of what the client asked, on the client's behalf. */
export interface Inquiry {
	/** Without it: the client's. */
	method?: string;
	/** Path and query, percent-encoded. Without it: the client's. */
	url?: string;
	/** Without it: none. A stream is destroyed at the end. */
	body?: string | Buffer | Readable;
	/** Whether the answer is to be JSON, whatever the client accepts; the URL must not ask for anything else. */
	json?: boolean;
	/** Whose abortion ends the call. */
	signal?: AbortSignal;
}

/** An answer that was read whole. */
export interface ReadAnswer {
	status: number;
	contentType: string;
	/** The headers that are for the client, but for those that describe the body. */
	headers: Record<string, string | string[]>;
	body: string;
}

/** OpenSearch, as the receiver of what clients send. */
export class Upstream {
	readonly #options: UpstreamOptions;
	readonly #pool: Pool;

	constructor(options: UpstreamOptions) {
		this.#options = options;
		const connect = buildConnector({
			timeout: options.connectTimeoutMs,
			...options.tls,
		});
		this.#pool = new Pool(options.url, {
			// As many connections as requests in flight: none waits for another.
			connections: null,
			factory: (origin) =>
				new Connection(origin, {
					connect,
					pipelining: 1,
					keepAliveTimeout: 30_000,
					maxHeaderSize: 1_048_576,
					// Undici's own timeouts count a slow client against OpenSearch; `Silence` does not.
					headersTimeout: 0,
					bodyTimeout: 0,
				}),
		});
	}

	/**
	 * Sends the client's request on to OpenSearch and its answer back, both untouched and neither buffered: only
	 * the headers of a connection differ. `replacement` swaps the body and, if given, path and query;
	 * `content-length`, `content-encoding` and `transfer-encoding` are then the replacement's own. The call is
	 * cancelled when the client goes away.
	 *
	 * A handler that makes a replacement stream out of the client's body must read it through `ForwardedBody`.
	 *
	 * @returns the reply, already answered, after the last byte of the answer was handed on
	 * @throws SidecarError `upstream_unavailable`, `upstream_broken` or `upstream_timeout`; `too_large` for a
	 * replacement stream that OpenSearch stopped to take past `http.max_content_length`; and the very error of a
	 * replacement stream that failed: always before the answer was begun. An answer that breaks off later destroys
	 * the client's connection and throws nothing.
	 */
	async forward(
		request: FastifyRequest,
		reply: FastifyReply,
		replacement?: Replacement,
	): Promise<FastifyReply> {
		await this.ask(request, reply, replacement);
		return reply;
	}

	/**
	 * Does what {@link forward} does, but for answers that the caller wants to look at: those are returned, whole, as they
	 * came, and nothing of them is handed on; {@link handOn} does that.
	 *
	 * @returns undefined where the reply is answered already
	 * @throws SidecarError as {@link forward}; `upstream_broken` too for an answer past the limit
	 */
	async ask(
		request: FastifyRequest,
		reply: FastifyReply,
		given: Partial<Replacement> & Holding = {},
	): Promise<HeldAnswer | undefined> {
		const { body, readBytes, answered } = await this.#exchange(
			request,
			reply,
			given,
		);
		if (answered.error === undefined) return answered.held;
		if (isClientGone(reply)) {
			endUnanswered(reply);
			return undefined;
		}
		if (answered.error instanceof AnswerTooLong)
			throw new SidecarError(
				"upstream_broken",
				`${answered.error.message}, which SIDECAR_ANSWER_LIMIT sets`,
			);
		if (body instanceof ForwardedBody && body.sourceError)
			throw body.sourceError;
		if (readBytes > maxContentLength && isCut(body, answered.error))
			throw new SidecarError(
				"too_large",
				`OpenSearch closed the connection after ${readBytes} bytes of the body, as it is after embedding: its http.max_content_length, ${maxContentLength} bytes by default, allows no more`,
				{ cause: answered.error },
			);
		throw upstreamFailure(answered.error, {
			sent: answered.sent,
			connectTimeoutMs: this.#options.connectTimeoutMs,
		});
	}

	/**
	 * OpenSearch's answer to the client's own request, or to another one with the client's own headers, read whole,
	 * for a route that has to change it.
	 *
	 * @throws SidecarError `upstream_unavailable`, `upstream_broken` or `upstream_timeout`; `upstream_broken` too for an
	 * answer past the limit; the reason of a signal that is aborted
	 */
	async read(
		request: FastifyRequest,
		{ method, url, body, json = false, signal }: Inquiry = {},
	): Promise<ReadAnswer> {
		const { connectTimeoutMs, silenceTimeoutMs } = this.#options;
		try {
			const answer = await this.#pool.request({
				path: url ?? request.originalUrl,
				method: method ?? request.method,
				headers: requestHeaders(request.raw.rawHeaders, {
					replaced: true,
					plain: true,
					json,
				}),
				body: body ?? null,
				signal: signal ?? null,
				// The answer is read whole, so its parser need not be paused before it is: see `Connection`.
				highWaterMark: Number.MAX_SAFE_INTEGER,
				headersTimeout: silenceTimeoutMs,
				bodyTimeout: silenceTimeoutMs,
			});
			const contentType = answer.headers["content-type"];
			return {
				status: answer.statusCode,
				contentType: String(contentType ?? "application/json"),
				headers: answerHeaders(answer.headers),
				body: await this.#text(answer.body),
			};
		} catch (error) {
			signal?.throwIfAborted();
			if (error instanceof SidecarError) throw error;
			if (isTimeout(error)) throw silentUpstream(silenceTimeoutMs);
			throw upstreamFailure(error, { sent: true, connectTimeoutMs });
		}
	}

	async #text(body: AsyncIterable<Uint8Array>): Promise<string> {
		const { answerLimit } = this.#options;
		const pieces: Uint8Array[] = [];
		let length = 0;
		for await (const piece of body) {
			length += piece.length;
			if (length > answerLimit)
				throw new SidecarError(
					"upstream_broken",
					`OpenSearch's answer is larger than SIDECAR_ANSWER_LIMIT allows: ${answerLimit} bytes`,
				);
			pieces.push(piece);
		}
		return Buffer.concat(pieces, length).toString("utf8");
	}

	/** Waits for the calls in flight, then closes the connections. */
	async close(): Promise<void> {
		await this.#pool.close();
	}

	#exchange(
		request: FastifyRequest,
		reply: FastifyReply,
		given: Partial<Replacement> & Holding,
	): Promise<Exchanged> {
		const replacement = isReplacement(given) ? given : undefined;
		return new Promise((resolve) => {
			const { silenceTimeoutMs, answerLimit } = this.#options;
			const silence = new Silence(silenceTimeoutMs, () =>
				exchange.abort(silentUpstream(silenceTimeoutMs)),
			);
			const replaced = replacement?.body;
			const body = bodyOf(request.raw, silence, replaced);
			let readBytes = 0;
			if (replaced instanceof Readable && !replacement?.asSent)
				replaced.on("data", (chunk) => {
					readBytes += Buffer.byteLength(chunk);
				});
			const clientGone = () => exchange.abort(new Error("The client is gone"));
			const exchange = new Exchange(reply, silence, {
				addedHeaders: replacement?.addedHeaders,
				holds: given.holds,
				holdLimit: answerLimit,
				settle(outcome) {
					reply.raw.off("close", clientGone);
					if (body instanceof ForwardedBody) body.destroy();
					if (replaced instanceof Readable) replaced.destroy();
					resolve({ answered: outcome, body, readBytes });
				},
			});
			reply.raw.once("close", clientGone);
			if (reply.raw.destroyed) clientGone();
			const options: ExchangeOptions = {
				exchange,
				path: replacement?.url ?? request.originalUrl,
				method: request.method,
				headers: requestHeaders(request.raw.rawHeaders, {
					replaced: replacement !== undefined && !replacement.asSent,
					contentType: replacement?.contentType,
				}),
				body,
				// Undici gives a connection up after HEAD, and after a GET with a body. OpenSearch handles both.
				reset: false,
			};
			this.#pool.dispatch(options, exchange);
		});
	}
}

/**
 * Whether OpenSearch closed the connection on which it was still sent a body. A write that fails says so by itself,
 * even where the last bytes had left the body for the socket.
 */
function isCut(body: Body, error: Error): boolean {
	if (!(body instanceof ForwardedBody) || !("code" in error)) return false;
	if (error.code === "EPIPE") return true;
	return (
		!body.readableEnded &&
		(error.code === "ECONNRESET" || error.code === "UND_ERR_SOCKET")
	);
}

function isTimeout(error: unknown): boolean {
	return (
		error instanceof errors.HeadersTimeoutError ||
		error instanceof errors.BodyTimeoutError
	);
}

type Body = Buffer | string | ForwardedBody | null;

interface Exchanged {
	answered: Outcome;
	body: Body;
	/** Of a replacement stream that is not the client's own: how much of it was taken, 0 otherwise. */
	readBytes: number;
}

function bodyOf(
	request: IncomingMessage,
	silence: Silence,
	replacement: Replacement["body"] | undefined,
): Body {
	if (typeof replacement === "string" || Buffer.isBuffer(replacement))
		return replacement;
	if (replacement === undefined && !hasBody(request)) return null;
	return new ForwardedBody(replacement ?? request, {
		awaitReader: () => silence.awaitOpenSearch(),
		awaitSource: () => silence.awaitClient(),
	});
}
