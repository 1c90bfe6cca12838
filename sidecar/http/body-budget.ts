import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import { SidecarError } from "../errors.ts";

const heldBytes = Symbol("bytes of its body that are held");

declare module "node:http" {
	interface IncomingMessage {
		/**
		 * What is counted for a request in the budget of its server. In a map that requests enter and leave, V8's retired
		 * tables would keep each of them until the next collection of the old generation, and every other one would last long.
		 */
		[heldBytes]?: number;
	}
}

/** Stands for the bytes of a request that is over. */
const over = -1;

/**
 * The bytes of all bodies that are held whole at the same time, from when they arrive until their requests are over:
 * clients that send a body and never its end can't fill the sidecar's memory, however many they are.
 */
export class BodyBudget {
	readonly #bytes: number;
	readonly #setting: string;
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

	/** Counts bytes for a request that is not over. @throws SidecarError too_many_requests where they are more than is left */
	take(request: IncomingMessage, bytes: number): void {
		const held = request[heldBytes] ?? 0;
		if (held === over) return;
		if (this.#total + bytes > this.#bytes)
			throw new SidecarError(
				"too_many_requests",
				`the bodies of all requests together are larger than ${this.#setting} allows: ${this.#bytes} bytes`,
			);
		this.#total += bytes;
		request[heldBytes] = held + bytes;
	}

	/** A request is over: what was counted for it is free, and what still comes of it is dropped uncounted. */
	giveBack(request: IncomingMessage): void {
		const held = request[heldBytes] ?? 0;
		if (held !== over) this.#total -= held;
		request[heldBytes] = over;
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
		reply.raw.once("close", () => budget.giveBack(raw));
		done();
	});
}
