import type { FastifyInstance, FastifyRequest } from "fastify";
import { isObject } from "../../../ingest/json.ts";
import type { Upstream } from "../upstream.ts";
import type { AccessGate } from "./access-gate.ts";
import {
	deleteOtherTemplates,
	matchesOwnTemplates,
} from "./template-deletion.ts";

/**
 * Keeps the requests of a scope away from the sidecar's own indices, before anything else is made of them: those that
 * name one are refused, wildcards are kept from matching them. Bodies are read where they are sent on, by
 * {@link GuardedUpstream}.
 */
export function guardAccess(
	scope: FastifyInstance,
	{ gate, upstream }: { gate: AccessGate; upstream: Upstream },
): void {
	scope.addHook("onRequest", async (request, reply) => {
		if (matchesOwnTemplates(request))
			return deleteOtherTemplates(request, reply, upstream);
		const { url, index } = await gate.url(request.originalUrl);
		if (url !== request.originalUrl) redirect(request, url, index);
	});
}

/** What follows sees the changed URL as the client's. */
function redirect(
	request: FastifyRequest,
	url: string,
	index: string | undefined,
): void {
	Object.defineProperty(request, "originalUrl", { value: url });
	if (
		index !== undefined &&
		isObject(request.params) &&
		"index" in request.params
	)
		request.params.index = index;
}
