import { gunzipSync, inflateSync } from "node:zlib";
import { isObject } from "../../ingest/json.ts";
import { SidecarError } from "../errors.ts";
import type { HeldAnswer } from "./exchange.ts";

/**
 * What OpenSearch says of a document on which a guard has failed, in the words of the processor that the guard stands for:
 * 500 and `fail_processor_exception` are 400 and `illegal_argument_exception`. Any other answer is passed over.
 *
 * @param reason why a processor failed on the document; undefined where none did
 * @throws SidecarError bad_request
 */
export function raiseGuardFailure(
	answer: HeldAnswer,
	reason: string | undefined,
): void {
	if (reason !== undefined && guardReason(textOf(answer)) === reason)
		throw new SidecarError("bad_request", reason);
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
	const at = headers.findIndex(
		(header, index) =>
			index % 2 === 0 && header.toLowerCase() === "content-encoding",
	);
	const encoding = at < 0 ? "" : (headers[at + 1] ?? "");
	if (encoding === "gzip") return gunzipSync(body).toString("utf8");
	if (encoding === "deflate") return inflateSync(body).toString("utf8");
	return body.toString("utf8");
}
