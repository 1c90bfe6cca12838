import type { FastifyRequest } from "fastify";
import type { ClientCall } from "../services/writes/client-call.ts";
import type { Upstream } from "./upstream.ts";

/** Calls to OpenSearch in the name of whoever sent a request. */
export function clientCall(
	upstream: Upstream,
	request: FastifyRequest,
): ClientCall {
	return ({ method, url, body }) =>
		upstream.read(request, {
			method,
			url,
			json: true,
			...(body !== undefined && { body }),
		});
}
