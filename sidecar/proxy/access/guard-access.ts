import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { isObject } from "../../../ingest/json.ts";
import type { AccessGate } from "./access-gate.ts";
import type { GuardedUpstream } from "./guarded-upstream.ts";
import { mayBeForbidden } from "./index-expression.ts";
import { definitionUrl } from "./searched-view.ts";
import {
	deleteOtherTemplates,
	matchesOwnTemplates,
} from "./template-deletion.ts";

interface Guards {
	gate: AccessGate;
	upstream: GuardedUpstream;
}

/**
 * Keeps the requests of a scope away from the sidecar's own indices, before anything else is made of them: those that
 * name one are refused, wildcards are kept from matching them. Bodies are read where they are sent on, by
 * {@link GuardedUpstream}.
 */
export function guardAccess(
	scope: FastifyInstance,
	{ gate, upstream }: Guards,
): void {
	scope.addHook("onRequest", (request, reply, done) => {
		const { originalUrl } = request;
		// Most requests: nobody has to be waited for.
		if (
			!matchesOwnTemplates(request) &&
			definitionUrl(originalUrl) === undefined &&
			gate.isPlain(originalUrl)
		)
			done();
		else guard(request, reply, { gate, upstream }).then(() => done(), done);
	});
}

async function guard(
	request: FastifyRequest,
	reply: FastifyReply,
	{ gate, upstream }: Guards,
): Promise<void> {
	if (matchesOwnTemplates(request)) {
		await deleteOtherTemplates(request, reply, upstream);
		return;
	}
	const { url, index } = await gate.url(
		request.originalUrl,
		upstream.renderer(request),
	);
	await checkSearchedView(request, { gate, upstream });
	if (url !== request.originalUrl) redirect(request, url, index);
}

/** A view that there is not, OpenSearch itself does not find; one whose definition can't be read can't be judged. */
async function checkSearchedView(
	request: FastifyRequest,
	{ gate, upstream }: Guards,
): Promise<void> {
	const { originalUrl } = request;
	const url = definitionUrl(originalUrl);
	if (url === undefined) return;
	const options = { method: "GET", url, json: true };
	const { status, body } = await upstream.read(request, options);
	if (status === 200) await gate.view(body, originalUrl);
	else if (status !== 404 && status !== 401) throw mayBeForbidden(url);
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
