import type { FastifyPluginAsync } from "fastify";
import type { BodyLimit } from "../http/client-body.ts";
import { clientSignal } from "../http/client-signal.ts";
import { truncatedTextsHeaders } from "../http/truncated-texts.ts";
import type { CallerService } from "../services/callers.ts";
import type { IngestService } from "../services/ingest.ts";
import { TruncatedTexts } from "../services/truncated-texts.ts";
import { forwardChanged } from "./changed-body.ts";
import { clientTimeoutMs } from "./client-timeout.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import type { Upstream } from "./upstream.ts";

export interface DocumentsOptions {
	upstream: Upstream;
	ingest: IngestService;
	callers: CallerService;
	/** One document. */
	limit: BodyLimit;
}

interface DocumentRequest {
	Params: { index: string; id?: string };
	Querystring: { pipeline?: string };
}

const routes = [
	{ method: ["POST"], url: "/:index/_doc" },
	{ method: ["POST", "PUT"], url: "/:index/_doc/:id" },
	{ method: ["POST", "PUT"], url: "/:index/_create/:id" },
];

/** `_doc` and `_create`: one document, embedded where its pipeline asks for it. */
export function documents(options: DocumentsOptions): FastifyPluginAsync {
	const { upstream, ingest, callers, limit } = options;
	return async (app) => {
		keepBodiesRaw(app);
		for (const { method, url } of routes)
			app.route<DocumentRequest>({
				method,
				url,
				handler: async (request, reply) => {
					const target = {
						index: request.params.index,
						pipeline: request.query.pipeline,
					};
					if (!(await ingest.concerns(target)))
						return upstream.forward(request, reply);
					await callers.identify(request.raw.headers);
					const truncated = new TruncatedTexts();
					const write = {
						...target,
						signal: clientSignal(reply),
						timeoutMs: clientTimeoutMs(request.originalUrl),
						truncated,
					};
					return forwardChanged(request, reply, {
						upstream,
						limit,
						change: (body) => ingest.document(body, request.params.id, write),
						addedHeaders: () => truncatedTextsHeaders(truncated.count),
					});
				},
			});
	};
}
