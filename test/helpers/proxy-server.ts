import { fastify } from "fastify";
import { errorEnvelope, SidecarError } from "../../sidecar/errors.ts";
import { passThrough } from "../../sidecar/proxy/pass-through.ts";
import { proxyServerOptions } from "../../sidecar/proxy/server-options.ts";
import {
	type Replacement,
	Upstream,
	type UpstreamOptions,
} from "../../sidecar/proxy/upstream.ts";

export interface ProxyServer {
	url: string;
	port: number;
	close(): Promise<void>;
}

export interface ProxyServerOptions extends Partial<UpstreamOptions> {
	url: string;
	/** Makes the body that goes on instead of the client's, for every request. */
	replace?: (
		request: Parameters<Upstream["forward"]>[0],
	) => Replacement | undefined;
}

/** A server on a free port of loopback that passes everything on to `url`. */
export async function startProxy({
	replace,
	...options
}: ProxyServerOptions): Promise<ProxyServer> {
	const upstream = new Upstream({
		connectTimeoutMs: 5_000,
		silenceTimeoutMs: 30_000,
		answerLimit: 1_000_000,
		...options,
	});
	const app = fastify({ ...proxyServerOptions, forceCloseConnections: true });
	app.setErrorHandler((error, _request, reply) => {
		const known =
			error instanceof SidecarError
				? error
				: new SidecarError("internal", String(error), { cause: error });
		return reply.code(known.status).send(errorEnvelope(known));
	});
	if (replace)
		app.addHook("preHandler", async (request, reply) => {
			const replacement = replace(request);
			if (replacement) return upstream.forward(request, reply, replacement);
		});
	app.register(passThrough(upstream));
	const url = await app.listen({ host: "127.0.0.1", port: 0 });
	return {
		url,
		port: Number(new URL(url).port),
		close: async () => {
			await app.close();
			await upstream.close();
		},
	};
}
