import { errors } from "undici";
import { SidecarError } from "../errors.ts";

/** Node.js's codes for a certificate that can't be trusted, or is another host's, or for no TLS at all. */
const tlsFailures: ReadonlySet<string | undefined> = new Set([
	"CERT_HAS_EXPIRED",
	"CERT_NOT_YET_VALID",
	"CERT_REVOKED",
	"CERT_REJECTED",
	"CERT_SIGNATURE_FAILURE",
	"CERT_UNTRUSTED",
	"DEPTH_ZERO_SELF_SIGNED_CERT",
	"ERR_SSL_WRONG_VERSION_NUMBER",
	"ERR_TLS_CERT_ALTNAME_INVALID",
	"INVALID_CA",
	"INVALID_PURPOSE",
	"SELF_SIGNED_CERT_IN_CHAIN",
	"UNABLE_TO_GET_ISSUER_CERT",
	"UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
	"UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

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
	if (tlsFailures.has(codeIn(error)))
		return new SidecarError(
			"upstream_broken",
			`OpenSearch's certificate is not accepted${codeOf(error)}: see OPENSEARCH_CA_FILE and OPENSEARCH_URL`,
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
	const code = codeIn(error);
	return code === undefined ? "" : ` (${code})`;
}

function codeIn(error: unknown): string | undefined {
	return error instanceof Error &&
		"code" in error &&
		typeof error.code === "string"
		? error.code
		: undefined;
}
