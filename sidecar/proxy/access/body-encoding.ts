import { Readable, type Transform } from "node:stream";
import {
	constants,
	createGunzip,
	createInflate,
	createInflateRaw,
} from "node:zlib";
import type { FastifyRequest } from "fastify";
import { SidecarError } from "../../errors.ts";
import { type BodyLimit, tooLarge } from "../../http/client-body.ts";

/** `opaque` is what OpenSearch may be able to read, and this sidecar is not. What no server knows is no encoding. */
export type BodyEncoding = "none" | "gzip" | "deflate" | "opaque";

/** Netty, in OpenSearch, reads these where it finds the libraries; of several headers it takes the first. */
const known = /gzip|deflate|snappy|br|zstd/;

/** How the bytes of a client's body are encoded. */
export function bodyEncoding({ raw }: FastifyRequest): BodyEncoding {
	const value = raw.headers["content-encoding"]?.trim().toLowerCase() ?? "";
	if (value === "gzip" || value === "x-gzip") return "gzip";
	if (value === "deflate" || value === "x-deflate") return "deflate";
	return known.test(value) ? "opaque" : "none";
}

/**
 * What OpenSearch sees of a body in an encoding: as much as can be inflated, even where its end is missing or wrong.
 * Undefined where nothing can be.
 *
 * @throws SidecarError too_large past the limit, bad_request for an opaque encoding
 */
export async function inflated(
	body: Buffer,
	encoding: BodyEncoding,
	limit: BodyLimit,
): Promise<Buffer | undefined> {
	if (encoding === "none") return body;
	if (encoding === "opaque")
		throw new SidecarError(
			"bad_request",
			"a body that names indices may be sent in the content-encoding gzip or deflate, and in no other",
		);
	const decoder = decoderOf(body, encoding);
	const parts: Buffer[] = [];
	let length = 0;
	try {
		for await (const part of Readable.from([body]).pipe(decoder)) {
			length += part.length;
			if (length > limit.bytes) throw tooLarge(limit);
			parts.push(part);
		}
	} catch (error) {
		if (error instanceof SidecarError) throw error;
		if (length === 0) return undefined;
	}
	return Buffer.concat(parts);
}

function decoderOf(
	[first = 0, second = 0]: Buffer,
	encoding: "gzip" | "deflate",
): Transform {
	const options = { finishFlush: constants.Z_SYNC_FLUSH };
	if (encoding === "gzip") return createGunzip(options);
	const hasHeader = (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
	return hasHeader ? createInflate(options) : createInflateRaw(options);
}
