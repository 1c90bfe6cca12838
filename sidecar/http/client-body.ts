import type { IncomingMessage } from "node:http";
import { pipeline, Readable, type Transform } from "node:stream";
import { createGunzip, createInflate } from "node:zlib";
import type { FastifyRequest } from "fastify";
import { SidecarError } from "../errors.ts";
import type { BodyBudget } from "./body-budget.ts";
import { CollectedBody } from "./collected-body.ts";
import { ForwardedBody } from "./forwarded-body.ts";

/** The content encodings that OpenSearch accepts. */
const decoders: ReadonlyMap<string, () => Transform> = new Map([
	["gzip", createGunzip],
	["x-gzip", createGunzip],
	["deflate", createInflate],
	["x-deflate", createInflate],
]);

/** A bound on a body that is read whole, and the setting that it comes from. */
export interface BodyLimit {
	bytes: number;
	setting: string;
	/** Of all bodies together; a body is counted as it arrives, with the memory that it takes inflated. */
	budget?: BodyBudget;
}

/** Whether a body comes with a request, by its framing (RFC 9112, section 6.3): methods do not matter. */
export function hasBody({ headers }: IncomingMessage): boolean {
	return (
		headers["transfer-encoding"] !== undefined ||
		Number(headers["content-length"] ?? 0) > 0
	);
}

/**
 * The bytes of a client's body, inflated while they pass.
 *
 * @throws SidecarError bad_request for a body that is not what its encoding says, or an encoding that OpenSearch
 * does not accept either
 */
export async function* bytesOf(
	request: FastifyRequest,
): AsyncGenerator<Buffer> {
	try {
		yield* openBody(request);
	} catch (error) {
		throw isZlibError(error) ? notValid(encodingOf(request), error) : error;
	}
}

/** Whether a client's body was sent in an encoding, known or not. */
export function isEncoded(request: FastifyRequest): boolean {
	return encodingOf(request) !== undefined;
}

/** A client's body, inflated. @throws SidecarError as {@link bytesOf} does, too_large past the limit, too_many_requests past the budget */
export function readBody(
	request: FastifyRequest,
	limit: BodyLimit,
): Promise<Buffer> {
	return collect(bytesOf(request), request, limit);
}

/**
 * A body that was read as it was sent, inflated; undefined where it is not what its encoding says: OpenSearch then
 * says what it makes of it.
 *
 * @throws SidecarError too_large past the limit, too_many_requests past the budget
 */
export async function inflate(
	request: FastifyRequest,
	body: Buffer,
	limit: BodyLimit,
): Promise<Buffer | undefined> {
	const encoding = encodingOf(request);
	if (encoding === undefined) return body;
	const decoder = decoders.get(encoding)?.();
	if (!decoder) return undefined;
	try {
		const inflated = decode(Readable.from([body]), decoder);
		return await collect(inflated, request, limit);
	} catch (error) {
		if (isZlibError(error)) return undefined;
		throw error;
	}
}

function openBody(request: FastifyRequest): Readable {
	const body = new ForwardedBody(request.raw);
	const encoding = encodingOf(request);
	if (encoding === undefined) return body;
	const decoder = decoders.get(encoding)?.();
	if (!decoder) {
		body.destroy();
		throw new SidecarError(
			"bad_request",
			`content-encoding ${encoding} is not supported: gzip and deflate are`,
		);
	}
	return decode(body, decoder);
}

/** How it ends reaches whoever reads what comes out, as its error. */
function decode(body: Readable, decoder: Transform): Readable {
	return pipeline(body, decoder, () => undefined);
}

function encodingOf({ raw }: FastifyRequest): string | undefined {
	const encoding = raw.headers["content-encoding"]?.trim().toLowerCase();
	return encoding === "" || encoding === "identity" ? undefined : encoding;
}

async function collect(
	bytes: AsyncIterable<Buffer>,
	{ raw }: FastifyRequest,
	limit: BodyLimit,
): Promise<Buffer> {
	const body = new CollectedBody((size) => limit.budget?.take(raw, size));
	for await (const piece of bytes) {
		if (body.length + piece.length > limit.bytes) throw tooLarge(limit);
		body.append(piece);
	}
	return body.bytes;
}

/** The refusal of a body past its limit. */
export function tooLarge({ setting, bytes }: BodyLimit): SidecarError {
	return new SidecarError(
		"too_large",
		`the body is larger than ${setting} allows: ${bytes} bytes`,
	);
}

function notValid(encoding: string | undefined, cause: unknown): SidecarError {
	return new SidecarError("bad_request", `the body is not valid ${encoding}`, {
		cause,
	});
}

function isZlibError(error: unknown): boolean {
	return (
		error instanceof Error &&
		"code" in error &&
		typeof error.code === "string" &&
		error.code.startsWith("Z_")
	);
}
