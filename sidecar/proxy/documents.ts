import type { FastifyPluginAsync } from "fastify";
import { clientSignal } from "../http/client-signal.ts";
import { TruncatedTexts } from "../services/truncated-texts.ts";
import type { WriteRequest } from "../services/writes/write-request.ts";
import { clientCall } from "./client-call.ts";
import { clientTimeoutMs } from "./client-timeout.ts";
import { type GuardedWriteOptions, sendGuarded } from "./guarded-write.ts";
import { keepBodiesRaw } from "./pass-through.ts";

interface DocumentRequest {
	Params: { index: string; id?: string };
	Querystring: { pipeline?: string; routing?: string };
}

const routes = [
	{ method: ["POST"], url: "/:index/_doc" },
	{ method: ["POST", "PUT"], url: "/:index/_doc/:id" },
	{ method: ["POST", "PUT"], url: "/:index/_create/:id" },
];

/** `_doc` and `_create`: one document, embedded where its pipeline asks for it. */
export function documents(options: GuardedWriteOptions): FastifyPluginAsync {
	const { upstream, ingest, pipelines } = options;
	return async (app) => {
		keepBodiesRaw(app);
		for (const { method, url } of routes)
			app.route<DocumentRequest>({
				method,
				url,
				handler: async (request, reply) => {
					if (!(await pipelines.anyGuarded()))
						return upstream.forward(request, reply);
					const { index, id } = request.params;
					const write: WriteRequest = {
						index,
						pipeline: request.query.pipeline,
						routing: request.query.routing,
						signal: clientSignal(reply),
						timeoutMs: clientTimeoutMs(request.originalUrl),
						truncated: new TruncatedTexts(),
						call: clientCall(upstream, request),
					};
					return sendGuarded(options, {
						request,
						reply,
						write,
						prepare: async (body) => {
							const document = await ingest.document(body, id, write);
							return (
								document && {
									body: document.render(),
									failure: document.failure,
								}
							);
						},
					});
				},
			});
	};
}
