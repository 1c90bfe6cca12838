import type { IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import type { FastifyReply } from "fastify";
import { type buildConnector, Client, type Dispatcher } from "undici";
import { responseHeaders } from "./hop-by-hop.ts";
import type { Silence } from "./silence.ts";

/**
 * What a connection receives, which can be held back. Undici's own way, pausing its parser, ends the process if the
 * server closes or resets the connection meanwhile (until undici 8: its issue 5360). So its parser is never paused,
 * and what is kept from it is the news that there is something to read.
 */
class Intake {
	#socket: Socket | undefined;
	#held: (() => void)[] = [];
	#failure: Error | undefined;

	/** @param socket that nobody else listens to yet */
	attach(socket: Socket): void {
		this.#socket = socket;
		this.#held = [];
		this.#failure = undefined;
		// Undici takes a reset for the end of an answer that ends with its connection; this comes before.
		socket.on("error", (error) => {
			if (this.#socket === socket) this.#failure = error;
		});
	}

	/** Why the connection broke, if it did. */
	get failure(): Error | undefined {
		return this.#failure;
	}

	/**
	 * From now on the socket keeps what it receives, up to its high water mark (64 KiB) and one read more (64 KiB);
	 * then the server has to wait. The end of the connection is told once all that came before it was taken.
	 */
	hold(): void {
		const socket = this.#socket;
		if (!socket || this.#held.length > 0) return;
		this.#held = socket.listeners("readable").filter(isReader);
		for (const reader of this.#held) socket.off("readable", reader);
	}

	release(): void {
		for (const reader of this.#held) this.#socket?.on("readable", reader);
		this.#held = [];
	}

	/** Releases, and has taken what was received meanwhile: must not be called while an answer is being parsed. */
	resume(): void {
		const held = this.#held.length > 0;
		this.release();
		// The stream by itself would not tell again what it told to nobody.
		if (held) this.#socket?.emit("readable");
	}
}

function isReader(listener: unknown): listener is () => void {
	return typeof listener === "function";
}

/** How an exchange is handed to a pool of connections. */
export interface ExchangeOptions extends Dispatcher.DispatchOptions {
	exchange: Exchange;
}

/** A connection to OpenSearch, whose intake is its exchanges' to hold. */
export class Connection extends Client {
	readonly #intake: Intake;

	constructor(
		origin: URL,
		options: Client.Options & { connect: buildConnector.connector },
	) {
		const intake = new Intake();
		super(origin, {
			...options,
			connect: (target, callback) =>
				options.connect(target, (...result) => {
					if (result[1]) intake.attach(result[1]);
					callback(...result);
				}),
		});
		this.#intake = intake;
	}

	override dispatch(
		options: Dispatcher.DispatchOptions,
		handler: Dispatcher.DispatchHandler,
	): boolean {
		// The handler that comes here is undici's own, around the one that was given to the pool.
		if ("exchange" in options && options.exchange instanceof Exchange)
			options.exchange.intake = this.#intake;
		return super.dispatch(options, handler);
	}
}

/** An answer that was not handed on, as it came. */
export interface HeldAnswer {
	readonly status: number;
	readonly message: string;
	/** Names and values in turns. */
	readonly headers: readonly string[];
	/** In whatever encoding the headers say. */
	readonly body: Buffer;
}

/** How a call ended: `error` is there if it failed before an answer was begun. */
export interface Outcome {
	error?: Error;
	held?: HeldAnswer;
	/** Whether the call was handed to a connection. */
	sent: boolean;
}

export interface ExchangeHooks {
	/** Takes the outcome, once. */
	settle(outcome: Outcome): void;
	/** Headers that the answer gets besides OpenSearch's own. */
	readonly addedHeaders: (() => Readonly<Record<string, string>>) | undefined;
	/** Whether an answer with this status is kept in memory, whole, and not handed on: without it none is. */
	readonly holds: ((status: number) => boolean) | undefined;
	/** Bytes of an answer that is kept. */
	holdLimit: number;
}

/**
 * One call to OpenSearch and its answer, which is written to the client as it comes. An answer that breaks off
 * after its headers takes the client's connection along, so that it cannot be taken for a whole one.
 */
export class Exchange implements Dispatcher.DispatchHandler {
	readonly #reply: FastifyReply;
	readonly #silence: Silence;
	readonly #hooks: ExchangeHooks;
	#controller: Dispatcher.DispatchController | undefined;
	#abortedWith: Error | undefined;
	#begun = false;
	/** Bytes of the answer that are still to come, where it says how many it has. */
	#left = Number.NaN;
	/** Its last piece, which goes on together with its end. */
	#last: Buffer | undefined;
	/** Whether the client has been the slow side once. */
	#slowed = false;
	#held: { head: Omit<HeldAnswer, "body">; parts: Buffer[] } | undefined;
	#heldBytes = 0;
	/** Of the connection that this call is on, as long as it is. */
	intake: Intake | undefined;

	constructor(reply: FastifyReply, silence: Silence, hooks: ExchangeHooks) {
		this.#reply = reply;
		this.#silence = silence;
		this.#hooks = hooks;
	}

	/** Gives the call up; a call that waits for a connection is given up once it has one. */
	abort(reason: Error): void {
		this.#abortedWith = reason;
		this.#controller?.abort(reason);
	}

	onRequestStart(controller: Dispatcher.DispatchController): void {
		this.#controller = controller;
		this.#silence.restart();
		if (this.#abortedWith) controller.abort(this.#abortedWith);
	}

	onResponseStart(
		controller: Dispatcher.DispatchController,
		status: number,
		{ "content-length": length }: IncomingHttpHeaders,
		statusMessage?: string,
	): void {
		this.#silence.awaitOpenSearch();
		if (status < 200) return;
		const { rawHeaders } = controller;
		const headers = Array.isArray(rawHeaders)
			? responseHeaders(rawHeaders)
			: [];
		const added = this.#hooks.addedHeaders?.();
		if (added) headers.push(...Object.entries(added).flat());
		const head = { status, message: statusMessage ?? "", headers };
		if (this.#hooks.holds?.(status)) {
			this.#held = { head, parts: [] };
			return;
		}
		begin(this.#reply, head);
		this.#begun = true;
		this.#left = Number(length);
	}

	onResponseData(
		_controller: Dispatcher.DispatchController,
		chunk: Buffer,
	): void {
		if (this.#held) {
			this.#heldBytes += chunk.length;
			if (this.#heldBytes > this.#hooks.holdLimit)
				this.abort(new AnswerTooLong(this.#hooks.holdLimit));
			else this.#held.parts.push(chunk);
			return;
		}
		this.#left -= chunk.length;
		if (this.#left === 0) {
			this.#last = chunk;
			return;
		}
		if (this.#reply.raw.write(chunk)) {
			this.#silence.awaitOpenSearch();
		} else {
			this.#silence.awaitClient();
			this.intake?.hold();
			this.#awaitDrains();
		}
	}

	#awaitDrains(): void {
		if (this.#slowed) return;
		this.#slowed = true;
		this.#reply.raw.on("drain", () => {
			this.#silence.awaitOpenSearch();
			this.intake?.resume();
		});
	}

	onResponseEnd(): void {
		const broken = this.#leave()?.failure;
		if (broken) {
			this.#fail(broken);
			return;
		}
		this.#silence.stop();
		if (this.#held) {
			const { head, parts } = this.#held;
			const held = { ...head, body: Buffer.concat(parts) };
			this.#hooks.settle({ sent: true, held });
			return;
		}
		this.#reply.raw.end(this.#last);
		this.#hooks.settle({ sent: true });
	}

	onResponseError(
		_controller: Dispatcher.DispatchController,
		error: Error,
	): void {
		this.#leave();
		this.#fail(error);
	}

	/** The connection's next call finds its intake open. */
	#leave(): Intake | undefined {
		const { intake } = this;
		intake?.release();
		this.intake = undefined;
		return intake;
	}

	#fail(error: Error): void {
		this.#silence.stop();
		const sent = this.#controller !== undefined;
		if (!this.#begun) {
			this.#hooks.settle({ error, sent });
			return;
		}
		const client = this.#reply.raw;
		if (!client.destroyed)
			this.#reply.log.warn({ err: error }, "OpenSearch's answer broke off");
		client.destroy();
		this.#hooks.settle({ sent });
	}
}

/** An answer that is to be read whole is longer than it may be. */
export class AnswerTooLong extends Error {
	override readonly name = "AnswerTooLong";

	constructor(limit: number) {
		super(`OpenSearch's answer is longer than ${limit} bytes`);
	}
}

/** Hands on an answer that was held. */
export function handOn(reply: FastifyReply, held: HeldAnswer): FastifyReply {
	begin(reply, held);
	reply.raw.end(held.body);
	return reply;
}

function begin(
	reply: FastifyReply,
	{ status, message, headers }: Omit<HeldAnswer, "body">,
): void {
	reply.raw.sendDate = false;
	reply.raw.writeHead(status, message, [...headers]);
	reply.hijack();
}
