import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { SidecarError } from "../errors.ts";
import type { Downloaded } from "./options.ts";

/** A file that is being written, with the hash of what is in it. Holds one piece of it at a time. */
export class PartialFile {
	readonly #handle: FileHandle;
	readonly #maxBytes: number;
	#hash: Hash = createHash("sha256");
	#size = 0;

	private constructor(handle: FileHandle, maxBytes: number) {
		this.#handle = handle;
		this.#maxBytes = maxBytes;
	}

	/** @param path must be free */
	static async create(path: string, maxBytes: number): Promise<PartialFile> {
		// Appending: after it was cut to nothing, writing goes on at its beginning.
		return new PartialFile(await open(path, "ax", 0o600), maxBytes);
	}

	/** Bytes so far. */
	get size(): number {
		return this.#size;
	}

	/** @throws SidecarError bad_request past the limit; internal where it can't be written */
	async append(piece: Uint8Array): Promise<void> {
		this.requireRoom(this.#size + piece.byteLength);
		try {
			await this.#handle.appendFile(piece);
		} catch (cause) {
			throw new SidecarError(
				"internal",
				`the download can't be written to the cache folder after ${this.#size} bytes${codeOf(cause)}`,
				{ cause },
			);
		}
		this.#hash.update(piece);
		this.#size += piece.byteLength;
	}

	/** @throws SidecarError bad_request where so many bytes are too many */
	requireRoom(bytes: number): void {
		if (bytes > this.#maxBytes)
			throw new SidecarError(
				"bad_request",
				`Model file size exceeds the limit of ${this.#maxBytes} bytes: ${bytes}`,
			);
	}

	/** Forgets everything so far. */
	async restart(): Promise<void> {
		await this.#handle.truncate(0);
		this.#hash = createHash("sha256");
		this.#size = 0;
	}

	/** What is in it now; more may follow. */
	content(): Downloaded {
		return { sizeBytes: this.#size, sha256: this.#hash.copy().digest("hex") };
	}

	close(): Promise<void> {
		return this.#handle.close();
	}
}

/** The system's code of an error, in brackets; nothing where it has none. */
export function codeOf(error: unknown): string {
	return error instanceof Error &&
		"code" in error &&
		typeof error.code === "string"
		? ` (${error.code})`
		: "";
}
