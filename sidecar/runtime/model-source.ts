import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { SidecarError } from "../errors.ts";

/** Bytes that may wait to be written, so that a disk and the hash work at the same time. */
const heldBytes = 1024 * 1024;

/** A model's archive, wherever it comes from. */
export interface ModelSource {
	/** Of the archive, hexadecimal; the model's name in the cache. */
	sha256: string;
	/** Of the archive. */
	sizeBytes: number;
	/** The archive's bytes; called only if they are needed. */
	open: () => AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>;
}

/** Writes an archive to disk. Throws `bad_request` as soon as its size or hash cannot be right any more. */
export async function receiveArchive(
	{ sha256, sizeBytes, open }: ModelSource,
	archive: string,
): Promise<void> {
	const hash = createHash("sha256");
	let received = 0;
	async function* checked(): AsyncGenerator<Uint8Array> {
		for await (const chunk of await open()) {
			received += chunk.byteLength;
			if (received > sizeBytes) {
				throw changed(`expected ${sizeBytes} bytes, got more`);
			}
			hash.update(chunk);
			yield chunk;
		}
	}
	await pipeline(
		checked,
		createWriteStream(archive, { mode: 0o600, highWaterMark: heldBytes }),
	);
	if (received !== sizeBytes) {
		throw changed(`expected ${sizeBytes} bytes, got ${received}`);
	}
	const found = hash.digest("hex");
	if (found !== sha256) {
		throw changed(`expected sha256 ${sha256}, got ${found}`);
	}
}

function changed(detail: string): SidecarError {
	return new SidecarError("bad_request", `model content changed: ${detail}`);
}
