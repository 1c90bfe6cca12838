import type { FastifyReply } from "fastify";

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
