import { gunzipSync, inflateSync } from "node:zlib";
import type { Failure } from "../../ingest/failure.ts";
import { isObject } from "../../ingest/json.ts";
import { codeOf, SidecarError } from "../errors.ts";
import type { HeldAnswer } from "./exchange.ts";

/**
 * What OpenSearch says of a document on which a guard has failed, in the words of the processor that the guard stands for.
 * Any other answer is passed over.
 *
 * @param failure of a processor on the document; undefined where none failed
 * @throws SidecarError
 */
export function raiseGuardFailure(
	answer: HeldAnswer,
	failure: Failure | undefined,
): void {
	if (!failure || guardReason(textOf(answer)) !== failure.reason) return;
	const code = codeOf(failure);
	if (code) throw new SidecarError(code, failure.reason);
}

/** Why a `fail` processor refused a document; undefined for any other answer. */
export function guardReason(body: string): string | undefined {
	if (!body.includes("fail_processor_exception")) return undefined;
	try {
		const parsed: unknown = JSON.parse(body);
		const error = isObject(parsed) ? parsed.error : undefined;
		return isObject(error) && error.type === "fail_processor_exception"
			? String(error.reason)
			: undefined;
	} catch {
		// In another format: the client reads it as OpenSearch wrote it.
		return undefined;
	}
}

/** Whether an answer may be a guard's. */
export function mayBeGuards(status: number): boolean {
	return status === 500;
}

/** The body of an answer that was held, decoded; as it is where the encoding is none that OpenSearch uses. */
export function textOf({ headers, body }: HeldAnswer): string {
	const encoding = encodingIn(headers);
	if (encoding === "gzip") return gunzipSync(body).toString("utf8");
	if (encoding === "deflate") return inflateSync(body).toString("utf8");
	return body.toString("utf8");
}

/** Whether a text may stand in an answer that was held; it does where the answer is not encoded. */
export function mayMention(
	{ headers, body }: HeldAnswer,
	text: string,
): boolean {
	return encodingIn(headers) !== "" || body.includes(text);
}

function encodingIn(headers: readonly string[]): string {
	const at = headers.findIndex(
		(header, index) =>
			index % 2 === 0 && header.toLowerCase() === "content-encoding",
	);
	return at < 0 ? "" : (headers[at + 1] ?? "");
}
