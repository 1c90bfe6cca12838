import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import {
	CallerRefused,
	errorEnvelope,
	RefusedCall,
	SidecarError,
} from "../errors.ts";
import { endUnanswered, isClientGone } from "./client-signal.ts";

const jsonType = "application/json; charset=UTF-8";

/**
 * Makes OpenSearch's error envelope of whatever a handler threw. Below 500 the reason reaches the client; from
 * 500 on the log has it with its causes, and the client what is said about it in words.
 */
export function answerError(
	error: FastifyError | SidecarError | CallerRefused | RefusedCall,
	request: FastifyRequest,
	reply: FastifyReply,
): FastifyReply {
	if (isClientGone(reply)) {
		request.log.debug({ err: error }, "the client did not wait");
		return endUnanswered(reply);
	}
	if (error instanceof CallerRefused) {
		const { status, contentType, challenge, body } = error.answer;
		if (challenge !== undefined) reply.header("www-authenticate", challenge);
		return reply.status(status).header("content-type", contentType).send(body);
	}
	if (error instanceof RefusedCall)
		return reply
			.status(error.answer.status)
			.header("content-type", jsonType)
			.send(error.answer.body);
	const known = asSidecarError(error);
	if (known.status >= 500) request.log.error({ err: known }, known.message);
	else request.log.debug({ err: known }, known.message);
	const seconds = retrySeconds(known);
	if (seconds !== undefined) reply.header("retry-after", seconds);
	return reply
		.status(known.status)
		.header("content-type", jsonType)
		.send(JSON.stringify(errorEnvelope(known)));
}

/** When it is worth trying again; a disk that is full says nothing about that. */
function retrySeconds({
	status,
	code,
	retryAfterMs,
}: SidecarError): number | undefined {
	if (status !== 429) return undefined;
	if (code === "circuit_open" && retryAfterMs === undefined) return undefined;
	return Math.max(1, Math.ceil((retryAfterMs ?? 0) / 1_000));
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
