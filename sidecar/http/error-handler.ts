import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { CallerRefused, errorEnvelope, SidecarError } from "../errors.ts";

/**
 * Makes OpenSearch's error envelope of whatever a handler threw. Below 500 the reason reaches the client; from
 * 500 on the log has it with its causes, and the client what is said about it in words.
 */
export function answerError(
	error: FastifyError | SidecarError | CallerRefused,
	request: FastifyRequest,
	reply: FastifyReply,
): FastifyReply {
	if (error instanceof CallerRefused) {
		const { status, contentType, challenge, body } = error.answer;
		if (challenge !== undefined) reply.header("www-authenticate", challenge);
		return reply.status(status).header("content-type", contentType).send(body);
	}
	const known = asSidecarError(error);
	if (known.status >= 500) request.log.error({ err: known }, known.message);
	else request.log.debug({ err: known }, known.message);
	if (known.code === "too_many_requests" || known.code === "throttled")
		reply.header(
			"retry-after",
			Math.max(1, Math.ceil((known.retryAfterMs ?? 0) / 1_000)),
		);
	return reply
		.status(known.status)
		.header("content-type", "application/json; charset=UTF-8")
		.send(JSON.stringify(errorEnvelope(known)));
}

function asSidecarError(error: FastifyError | SidecarError): SidecarError {
	if (error instanceof SidecarError) return error;
	const cause = { cause: error };
	const { statusCode = 500 } = error;
	if (statusCode === 413)
		return new SidecarError("too_large", error.message, cause);
	if (statusCode === 429)
		return new SidecarError("too_many_requests", error.message, cause);
	if (statusCode >= 400 && statusCode < 500)
		return new SidecarError("bad_request", error.message, cause);
	return new SidecarError("internal", "the sidecar failed", cause);
}
