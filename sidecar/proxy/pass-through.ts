import { METHODS } from "node:http";
import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import type { Upstream } from "./upstream.ts";

/**
 * Routes everything that no other route took to OpenSearch, untouched: every method but CONNECT, every path.
 * The instance must have been made with `proxyServerOptions`.
 */
export function passThrough(upstream: Upstream): FastifyPluginAsync {
	return async (app) => {
		keepBodiesRaw(app);
		for (const method of METHODS)
			if (method !== "CONNECT" && !app.supportedMethods.includes(method))
				app.addHttpMethod(method, { hasBody: true });
		app.all("*", (request, reply) => upstream.forward(request, reply));
	};
}

/**
 * Makes this scope leave bodies alone: `request.body` is undefined, `request.raw` has every byte, and any
 * content type is let through, malformed ones included, since it is for OpenSearch to refuse it. The client's own
 * `content-type` is in `request.raw.headers`; `request.headers` has one that Fastify can read.
 */
export function keepBodiesRaw(app: FastifyInstance): void {
	app.removeAllContentTypeParsers();
	app.addContentTypeParser("*", (_request, _payload, done) => done(null));
	// Fastify answers 415 by itself to a content type that it cannot read, before any parser is asked.
	app.addHook("onRequest", (request, _reply, done) => {
		request.headers = { "content-type": "application/octet-stream" };
		done();
	});
}
