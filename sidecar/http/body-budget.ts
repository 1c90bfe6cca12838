import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import { SidecarError } from "../errors.ts";

/**
 * The bytes of all bodies that are held whole at the same time, from when they arrive until their requests are over:
 * clients that send a body and never its end can't fill the sidecar's memory, however many they are.
 */
export class BodyBudget {
	readonly #bytes: number;
	readonly #setting: string;
	/** Of every request that is not over. */
	readonly #held = new Map<IncomingMessage, number>();
	#total = 0;

	/** @param setting that the bytes come from */
	constructor(bytes: number, setting: string) {
		this.#bytes = bytes;
		this.#setting = setting;
	}

	/** Bytes that are held now. */
	get total(): number {
		return this.#total;
	}

	/** A request has begun: what is taken for it is counted from now on. */
	open(request: IncomingMessage): void {
		this.#held.set(request, 0);
	}

	/** Counts bytes for a request that is not over. @throws SidecarError too_many_requests where they are more than is left */
	take(request: IncomingMessage, bytes: number): void {
		const held = this.#held.get(request);
		if (held === undefined) return;
		if (this.#total + bytes > this.#bytes)
			throw new SidecarError(
				"too_many_requests",
				`the bodies of all requests together are larger than ${this.#setting} allows: ${this.#bytes} bytes`,
			);
		this.#total += bytes;
		this.#held.set(request, held + bytes);
	}

	/** A request is over: what was counted for it is free, and what still comes of it is dropped uncounted. */
	giveBack(request: IncomingMessage): void {
		this.#total -= this.#held.get(request) ?? 0;
		this.#held.delete(request);
	}
}

/**
 * Has each request of a server give back what was counted for it. Not in Fastify's `onResponse`, which does not come
 * for a client that went away.
 */
export function giveBodiesBack(
	server: FastifyInstance,
	budget: BodyBudget,
): void {
	server.addHook("onRequest", ({ raw }, reply, done) => {
		budget.open(raw);
		reply.raw.once("close", () => budget.giveBack(raw));
		done();
	});
}
