import { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import { readBeginning } from "../http/body-beginning.ts";
import { type BodyLimit, inflate, tooLarge } from "../http/client-body.ts";
import type { Replacement } from "./upstream.ts";

/** A client's body that was read. */
export interface ReadBody {
	/** As it came. */
	readonly sent: Replacement;
	/** Inflated; undefined where it was not read to its end, or is not what its encoding says. */
	readonly body: Buffer | undefined;
}

/** {@link readUpTo}, and what it is without its encoding. */
export async function readInflated(
	request: FastifyRequest,
	limit: BodyLimit,
	pass: (prefix: Buffer) => boolean,
): Promise<ReadBody> {
	const raw = await readUpTo(request, limit, pass);
	const body = Buffer.isBuffer(raw)
		? await inflate(request, raw, limit)
		: undefined;
	return { sent: { body: raw, asSent: true }, body };
}

/** For what is refused where it is past the limit. */
export function passNone(): boolean {
	return false;
}

/**
 * A client's body as it was sent: its bytes or, past the limit, a stream of what was read and of what is still to
 * come, if `pass` allows that.
 *
 * @throws SidecarError too_large past the limit otherwise, too_many_requests past the budget
 */
async function readUpTo(
	{ raw }: FastifyRequest,
	limit: BodyLimit,
	pass: (prefix: Buffer) => boolean,
): Promise<Buffer | Readable> {
	const { bytes: prefix, rest } = await readBeginning(
		raw,
		limit.bytes,
		(size) => limit.budget?.take(raw, size),
	);
	if (!rest) return prefix;
	if (!pass(prefix)) {
		rest.destroy();
		throw tooLarge(limit);
	}
	return Readable.from(
		(async function* () {
			yield prefix;
			yield* rest;
		})(),
		{ objectMode: false },
	);
}
