import type { FastifyRequest } from "fastify";
import type { ClientCall } from "../services/writes/client-call.ts";
import type { Upstream } from "./upstream.ts";

/**
 * Calls to OpenSearch in the name of whoever sent a request.
 *
 * @param signal whose abortion ends them: OpenSearch then gives up what it was asked
 */
export function clientCall(
	upstream: Upstream,
	request: FastifyRequest,
	signal?: AbortSignal,
): ClientCall {
	return ({ method, url, body, signal: own }) => {
		const ending =
			signal && own ? AbortSignal.any([signal, own]) : (own ?? signal);
		return upstream.read(request, {
			method,
			url,
			json: true,
			...(body !== undefined && { body }),
			...(ending && { signal: ending }),
		});
	};
}
