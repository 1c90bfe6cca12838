import type { TrustedUrls } from "./trusted-url.ts";

/** What a download may do, how long, and how much of it. */
export interface DownloadOptions {
	/** The URL, and every one that it redirects to, has to hold a match. */
	trusted: TrustedUrls;
	/** Whether addresses that the internet does not reach may be connected to. */
	allowPrivateAddresses: boolean;
	/** Of the file. */
	maxBytes: number;
	/** Lower-case hexadecimal; another content is refused. */
	sha256?: string | undefined;
	connectTimeoutMs: number;
	/** How long a server may be silent, before its answer or within it. */
	idleTimeoutMs: number;
	totalTimeoutMs: number;
	/** Redirects that are followed in a row. */
	maxRedirects: number;
	/** Attempts after the first one; what arrived before is kept where the server allows it. */
	maxRetries: number;
	/** Wait before the first retry, milliseconds; each one after it waits about twice as long. */
	retryWaitMs: number;
	/** Ends the download with the signal's reason. */
	signal: AbortSignal;
	/** Told of every attempt that failed and is followed by another one. */
	onRetry?: (event: {
		reason: string;
		attempt: number;
		waitMs: number;
	}) => void;
}

/** A file that arrived whole. */
export interface Downloaded {
	sizeBytes: number;
	/** Lower-case hexadecimal. */
	sha256: string;
}
