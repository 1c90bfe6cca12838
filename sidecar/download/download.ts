import { setTimeout } from "node:timers/promises";
import { SidecarError } from "../errors.ts";
import { Interrupted } from "./failure.ts";
import { HttpTransfer } from "./http-transfer.ts";
import { copyLocal } from "./local-file.ts";
import type { Downloaded, DownloadOptions } from "./options.ts";
import { PartialFile } from "./partial-file.ts";
import { parseTrusted, shownUrl } from "./trusted-url.ts";

const maxWaitMs = 30_000;

/**
 * Brings what a URL (https, http, file) names into a file that is not there yet, and never holds more of it in memory
 * than a few pieces. What is left in the file after an error is of no use, and its caller's to remove.
 *
 * @throws SidecarError with a reason for whoever gave the URL, which shows no credentials; the signal's reason when
 * that ended it
 */
export async function download(
	url: string,
	path: string,
	options: DownloadOptions,
): Promise<Downloaded> {
	const from = parseTrusted(url, options.trusted);
	const { totalTimeoutMs } = options;
	const timeout = AbortSignal.timeout(totalTimeoutMs);
	const signal = AbortSignal.any([options.signal, timeout]);
	const file = await PartialFile.create(path, options.maxBytes);
	try {
		await (from.protocol === "file:" ? copyLocal : downloadHttp)(from, file, {
			...options,
			signal,
		});
		const content = file.content();
		if (options.sha256 !== undefined && content.sha256 !== options.sha256)
			throw new SidecarError("bad_request", "model content changed");
		return content;
	} catch (error) {
		options.signal.throwIfAborted();
		if (!timeout.aborted) throw error;
		throw new SidecarError(
			"upstream_timeout",
			`${shownUrl(from)} was not downloaded within ${totalTimeoutMs} ms: ${file.size} bytes arrived`,
			{ cause: error },
		);
	} finally {
		await file.close();
	}
}

async function downloadHttp(
	url: URL,
	file: PartialFile,
	options: DownloadOptions,
): Promise<void> {
	const transfer = new HttpTransfer(url, file, options);
	for (let attempt = 1; ; attempt++) {
		try {
			return await transfer.attempt();
		} catch (error) {
			if (!(error instanceof Interrupted)) throw error;
			await beforeRetry(error, attempt, options);
		}
	}
}

/** @throws SidecarError where there was the last attempt */
async function beforeRetry(
	error: Interrupted,
	attempt: number,
	{ maxRetries, retryWaitMs, onRetry, signal }: DownloadOptions,
): Promise<void> {
	if (attempt > maxRetries)
		throw new SidecarError(
			"upstream_unavailable",
			`${error.message}; ${attempt} attempts were made`,
			{ cause: error },
		);
	const longest = Math.min(retryWaitMs * 2 ** (attempt - 1), maxWaitMs);
	// Downloads that one failure ended do not all come back at once.
	const waitMs = Math.round(longest * (0.5 + Math.random() / 2));
	onRetry?.({ reason: error.message, attempt, waitMs });
	await setTimeout(waitMs, undefined, { signal });
}
