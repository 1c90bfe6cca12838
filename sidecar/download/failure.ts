import { SidecarError } from "../errors.ts";
import { codeOf } from "./partial-file.ts";
import { shownUrl } from "./trusted-url.ts";

/** A failure that another attempt may not meet. */
export class Interrupted extends Error {
	override readonly name = "Interrupted";
}

/** Answers of servers that have too much to do, or are not well, for now. */
const passingStatus = [408, 425, 429, 500, 502, 503, 504, 507, 509];

const certificateCodes =
	/^(CERT_|ERR_TLS_CERT|ERR_SSL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH)/;

/** What a request, or the reading of its answer, failed with. */
export function transportFailure(url: URL, error: unknown): Error {
	if (error instanceof SidecarError || error instanceof Interrupted)
		return error;
	const code = codeOf(error);
	if (code === " (ENOTFOUND)")
		return refused(url, "can't be reached: no such host", error);
	if (error instanceof URIError)
		return refused(url, "has credentials that are badly encoded", error);
	if (certificateCodes.test(code.slice(2)))
		return refused(url, `has a certificate that is not trusted${code}`, error);
	return new Interrupted(
		`${shownUrl(url)} can't be reached, or broke off${code}`,
		{ cause: error },
	);
}

/** What a status other than that of content means. */
export function statusFailure(url: URL, status: number): Error {
	const reason = `answers with status ${status}`;
	if (passingStatus.includes(status))
		return new Interrupted(`${shownUrl(url)} ${reason}`);
	if (status === 404 || status === 410)
		return new SidecarError("not_found", `${shownUrl(url)} ${reason}`);
	return refused(url, reason);
}

export function refused(
	url: URL,
	reason: string,
	cause?: unknown,
): SidecarError {
	return new SidecarError("bad_request", `${shownUrl(url)} ${reason}`, {
		...(cause !== undefined && { cause }),
	});
}
