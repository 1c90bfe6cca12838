import type { FastifyReply } from "fastify";
import type { Dispatcher } from "undici";
import { responseHeaders } from "./hop-by-hop.ts";
import type { Silence } from "./silence.ts";

/** How a call ended: `error` is there if it failed before an answer was begun. */
export interface Outcome {
	error?: Error;
	/** Whether the call was handed to a connection. */
	sent: boolean;
}

/**
 * One call to OpenSearch and its answer, which is written to the client as it comes. An answer that breaks off
 * after its headers takes the client's connection along, so that it cannot be taken for a whole one.
 */
export class Exchange implements Dispatcher.DispatchHandler {
	readonly #reply: FastifyReply;
	readonly #silence: Silence;
	readonly #settle: (outcome: Outcome) => void;
	#controller: Dispatcher.DispatchController | undefined;
	#abortedWith: Error | undefined;
	#begun = false;

	constructor(
		reply: FastifyReply,
		silence: Silence,
		settle: (outcome: Outcome) => void,
	) {
		this.#reply = reply;
		this.#silence = silence;
		this.#settle = settle;
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
		_headers: unknown,
		statusMessage?: string,
	): void {
		this.#silence.awaitOpenSearch();
		if (status < 200) return;
		const { rawHeaders } = controller;
		const client = this.#reply.raw;
		client.sendDate = false;
		const headers = Array.isArray(rawHeaders)
			? responseHeaders(rawHeaders)
			: [];
		client.writeHead(status, statusMessage ?? "", headers);
		this.#reply.hijack();
		this.#begun = true;
		client.on("drain", () => {
			this.#silence.awaitOpenSearch();
			controller.resume();
		});
	}

	onResponseData(
		controller: Dispatcher.DispatchController,
		chunk: Buffer,
	): void {
		if (this.#reply.raw.write(chunk)) {
			this.#silence.awaitOpenSearch();
		} else {
			this.#silence.awaitClient();
			controller.pause();
		}
	}

	onResponseEnd(): void {
		this.#silence.stop();
		this.#reply.raw.end();
		this.#settle({ sent: true });
	}

	onResponseError(
		_controller: Dispatcher.DispatchController,
		error: Error,
	): void {
		this.#silence.stop();
		const sent = this.#controller !== undefined;
		if (!this.#begun) {
			this.#settle({ error, sent });
			return;
		}
		const client = this.#reply.raw;
		if (!client.destroyed)
			this.#reply.log.warn({ err: error }, "OpenSearch's answer broke off");
		client.destroy();
		this.#settle({ sent });
	}
}
