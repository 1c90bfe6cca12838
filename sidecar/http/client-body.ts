import type { IncomingMessage } from "node:http";
import { pipeline, type Readable, type Transform } from "node:stream";
import { createGunzip, createInflate } from "node:zlib";
import type { FastifyRequest } from "fastify";
import { SidecarError } from "../errors.ts";
import { ForwardedBody } from "./forwarded-body.ts";

/** The content encodings that OpenSearch accepts. */
const decoders: Readonly<Record<string, () => Transform>> = {
	gzip: createGunzip,
	"x-gzip": createGunzip,
	deflate: createInflate,
	"x-deflate": createInflate,
};

/** A bound on a body that is read whole, and the setting that it comes from. */
export interface BodyLimit {
	bytes: number;
	setting: string;
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
 * @throws SidecarError bad_request for an encoding that OpenSearch does not accept either
 */
export function openBody({ raw }: FastifyRequest): Readable {
	const body = new ForwardedBody(raw);
	const encoding = raw.headers["content-encoding"]?.trim().toLowerCase();
	if (!encoding || encoding === "identity") return body;
	const decoder = decoders[encoding]?.();
	if (!decoder) {
		body.destroy();
		throw new SidecarError(
			"bad_request",
			`content-encoding ${encoding} is not supported: gzip and deflate are`,
		);
	}
	// The outcome reaches whoever reads the decoder, as its error.
	return pipeline(body, decoder, () => undefined);
}

/**
 * A client's body, inflated, as a whole.
 *
 * @throws SidecarError too_large past the limit, bad_request for a body that is not what its encoding says
 */
export async function readBody(
	request: FastifyRequest,
	limit: BodyLimit,
): Promise<Buffer> {
	const pieces: Buffer[] = [];
	let length = 0;
	for await (const piece of bytesOf(request)) {
		length += piece.length;
		if (length > limit.bytes)
			throw new SidecarError(
				"too_large",
				`the body is larger than ${limit.setting} allows: ${limit.bytes} bytes`,
			);
		pieces.push(piece);
	}
	return Buffer.concat(pieces, length);
}

/** The bytes of a client's body, inflated while they pass, with errors that have a meaning for the client. */
export async function* bytesOf(
	request: FastifyRequest,
): AsyncGenerator<Buffer> {
	try {
		yield* openBody(request);
	} catch (error) {
		if (error instanceof SidecarError || !isZlibError(error)) throw error;
		throw new SidecarError(
			"bad_request",
			`the body is not valid ${request.raw.headers["content-encoding"]}`,
			{ cause: error },
		);
	}
}

function isZlibError(error: unknown): boolean {
	return (
		error instanceof Error &&
		"code" in error &&
		typeof error.code === "string" &&
		error.code.startsWith("Z_")
	);
}
