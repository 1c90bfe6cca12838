import type { FastifyReply, FastifyRequest } from "fastify";
import { type BodyLimit, inflate, readRawBody } from "../http/client-body.ts";
import type { Upstream } from "./upstream.ts";

export interface BodyChange {
	upstream: Upstream;
	limit: BodyLimit;
	/** Makes another body of the client's; undefined where it goes on as it was sent. */
	change(body: Buffer): Promise<Buffer | string | undefined>;
}

/**
 * Reads a client's body whole and sends on what is made of it. What can't be read, or needs no change, goes on byte
 * for byte.
 *
 * @throws SidecarError too_large past the limit, and what `change` and {@link Upstream.forward} throw
 */
export async function forwardChanged(
	request: FastifyRequest,
	reply: FastifyReply,
	{ upstream, limit, change }: BodyChange,
): Promise<FastifyReply> {
	const raw = await readRawBody(request, limit);
	const body = await inflate(request, raw, limit);
	const changed = body && (await change(body));
	return upstream.forward(
		request,
		reply,
		changed === undefined ? { body: raw, asSent: true } : { body: changed },
	);
}
