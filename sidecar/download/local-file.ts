import { constants } from "node:fs";
import { type FileHandle, open, realpath } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { SidecarError } from "../errors.ts";
import { refused } from "./failure.ts";
import type { DownloadOptions } from "./options.ts";
import { codeOf, type PartialFile } from "./partial-file.ts";
import { shownUrl, type TrustedUrls } from "./trusted-url.ts";

/** Bytes that are read at a time. */
const pieceBytes = 1 << 18;

/** Not through a link, and without waiting: a FIFO or a device would keep a thread of the file system for ever. */
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Copies a file of this machine. A link is followed if what it leads to is trusted as well.
 *
 * @throws SidecarError not_found; bad_request for what is no regular file with something in it
 */
export async function copyLocal(
	url: URL,
	file: PartialFile,
	options: Pick<DownloadOptions, "trusted" | "signal">,
): Promise<void> {
	const handle = await openTrusted(url, options.trusted);
	try {
		const stat = await handle.stat();
		if (!stat.isFile()) throw refused(url, "is not a regular file");
		// Files of /proc say so as well, and some of them never end.
		if (stat.size === 0) throw refused(url, "is empty");
		file.requireRoom(stat.size);
		// Not a stream: one that is aborted while nobody listens ends the process.
		const buffer = Buffer.alloc(Math.min(pieceBytes, stat.size));
		while (file.size < stat.size) {
			options.signal.throwIfAborted();
			const length = Math.min(buffer.length, stat.size - file.size);
			const { bytesRead } = await handle.read(buffer, 0, length, file.size);
			if (bytesRead === 0)
				throw refused(url, "became shorter while it was read");
			await file.append(buffer.subarray(0, bytesRead));
		}
	} finally {
		await handle.close();
	}
}

async function openTrusted(
	url: URL,
	trusted: TrustedUrls,
): Promise<FileHandle> {
	if (url.host !== "") throw refused(url, "names a host: file URLs have none");
	try {
		const path = fileURLToPath(url);
		const real = await realpath(path);
		if (real !== path && !trusted.test(pathToFileURL(real).href))
			throw refused(url, "is a link to what can't match trusted url regex");
		return await open(real, flags);
	} catch (cause) {
		if (cause instanceof SidecarError) throw cause;
		const code = codeOf(cause);
		throw new SidecarError(
			code === " (ENOENT)" ? "not_found" : "bad_request",
			`${shownUrl(url)} can't be opened${code}`,
			{ cause },
		);
	}
}
