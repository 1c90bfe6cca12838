import { errors } from "undici";
import { SidecarError } from "../errors.ts";

/** What a call to OpenSearch that failed before its answer means for the client. */
export function upstreamFailure(
	error: unknown,
	{ sent, connectTimeoutMs }: { sent: boolean; connectTimeoutMs: number },
): SidecarError {
	if (error instanceof SidecarError) return error;
	// Nothing was tried: this is undici's opinion of the call itself, such as the target `*` of OPTIONS.
	if (error instanceof errors.InvalidArgumentError)
		return new SidecarError(
			"bad_request",
			`The request cannot be passed on to OpenSearch: ${error.message}`,
			{ cause: error },
		);
	if (error instanceof errors.ConnectTimeoutError)
		return new SidecarError(
			"upstream_unavailable",
			`OpenSearch cannot be reached: no connection within ${connectTimeoutMs} ms`,
			{ cause: error },
		);
	if (!sent)
		return new SidecarError(
			"upstream_unavailable",
			`OpenSearch cannot be reached${codeOf(error)}`,
			{ cause: error },
		);
	return new SidecarError(
		"upstream_broken",
		`The connection to OpenSearch broke before its answer${codeOf(error)}`,
		{ cause: error },
	);
}

/** OpenSearch has been silent for too long. */
export function silentUpstream(timeoutMs: number): SidecarError {
	return new SidecarError(
		"upstream_timeout",
		`OpenSearch has been silent for ${timeoutMs} ms`,
	);
}

/** Codes only: the messages of network errors hold addresses, and those of parsers hold what was received. */
function codeOf(error: unknown): string {
	return error instanceof Error &&
		"code" in error &&
		typeof error.code === "string"
		? ` (${error.code})`
		: "";
}
