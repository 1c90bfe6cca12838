import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import {
	type BodyLimit,
	inflate,
	isEncoded,
	tooLarge,
} from "../http/client-body.ts";
import { CollectedBody } from "../http/collected-body.ts";
import { ForwardedBody } from "../http/forwarded-body.ts";
import type { Upstream } from "./upstream.ts";

export interface BodyChange {
	upstream: Upstream;
	limit: BodyLimit;
	/** Makes another body of the client's; undefined where it goes on as it was sent. */
	change(body: Buffer): Promise<Buffer | string | undefined>;
	/**
	 * Whether a body past the limit goes on unread, judged by its bytes up to there; without it none does. It is
	 * not asked about bodies in an encoding.
	 */
	passLarge?(prefix: Buffer): boolean;
	/** Headers that OpenSearch's answer gets besides its own, where the body was changed. */
	addedHeaders?(): Readonly<Record<string, string>>;
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
	{ upstream, limit, change, passLarge, addedHeaders }: BodyChange,
): Promise<FastifyReply> {
	const raw = await readUpTo(request, limit, (prefix) =>
		Boolean(!isEncoded(request) && passLarge?.(prefix)),
	);
	const body = Buffer.isBuffer(raw) && (await inflate(request, raw, limit));
	const changed = body ? await change(body) : undefined;
	return upstream.forward(
		request,
		reply,
		changed === undefined
			? { body: raw, asSent: true }
			: { body: changed, ...(addedHeaders && { addedHeaders }) },
	);
}

/**
 * A client's body as it was sent: its bytes or, past the limit, a stream of what was read and of what is still to
 * come, if `pass` allows that.
 *
 * @throws SidecarError too_large past the limit otherwise, too_many_requests past the budget
 */
export async function readUpTo(
	{ raw }: FastifyRequest,
	limit: BodyLimit,
	pass: (prefix: Buffer) => boolean,
): Promise<Buffer | Readable> {
	const source = new ForwardedBody(raw);
	// By hand: a loop that is left destroys what it iterates over.
	const rest: AsyncIterator<Buffer> = source[Symbol.asyncIterator]();
	const body = new CollectedBody((size) => limit.budget?.take(raw, size));
	try {
		while (body.length <= limit.bytes) {
			const { done, value } = await rest.next();
			if (done) return body.bytes;
			body.append(value);
		}
	} catch (error) {
		source.destroy();
		throw error;
	}
	const prefix = body.bytes;
	if (!pass(prefix)) {
		source.destroy();
		throw tooLarge(limit);
	}
	return Readable.from(
		(async function* () {
			yield prefix;
			yield* { [Symbol.asyncIterator]: () => rest };
		})(),
		{ objectMode: false },
	);
}
