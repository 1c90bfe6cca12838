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

const readable = { "content-type": "application/octet-stream" };
const withoutBody = {
	"content-type": undefined,
	"content-length": undefined,
	"transfer-encoding": undefined,
};

/**
 * Makes this scope leave bodies alone: `request.body` is undefined, `request.raw` has every byte, and any
 * content type is let through, malformed ones included, since it is for OpenSearch to refuse it. The client's own
 * headers are in `request.raw.headers`; by those in `request.headers` Fastify finds nothing to parse.
 */
export function keepBodiesRaw(app: FastifyInstance): void {
	app.removeAllContentTypeParsers();
	app.addContentTypeParser("*", (_request, _payload, done) => done(null));
	// Fastify answers 415 by itself to a content type that it cannot read, before any parser is asked, and 400 to a
	// QUERY without one.
	app.addHook("onRequest", (request, _reply, done) => {
		request.headers = request.method === "QUERY" ? readable : withoutBody;
		done();
	});
}
