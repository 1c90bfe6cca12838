import type { FastifyReply } from "fastify";

/** nginx's status for a request whose client did not wait; it is seen in logs and metrics only. */
const clientClosedRequest = 499;

/** A signal that aborts when the client goes away before it has its answer. */
export function clientSignal({ raw }: FastifyReply): AbortSignal {
	const controller = new AbortController();
	const gone = () => {
		if (!raw.writableFinished)
			controller.abort(new Error("The client is gone"));
	};
	if (raw.destroyed) gone();
	else raw.once("close", gone);
	return controller.signal;
}

/** Whether nobody is left to be answered. */
export function isClientGone({ raw, request }: FastifyReply): boolean {
	return raw.destroyed || request.raw.socket.destroyed;
}

/** Ends a request whose client is gone. */
export function endUnanswered(reply: FastifyReply): FastifyReply {
	reply.raw.statusCode = clientClosedRequest;
	return reply.hijack();
}
