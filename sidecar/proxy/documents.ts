import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { unseenReason } from "../../ingest/pipelines/guard-processor.ts";
import { type BodyLimit, inflate } from "../http/client-body.ts";
import { clientSignal } from "../http/client-signal.ts";
import { truncatedTextsHeaders } from "../http/truncated-texts.ts";
import type { CallerService } from "../services/callers.ts";
import { TruncatedTexts } from "../services/truncated-texts.ts";
import type { IngestService } from "../services/writes/ingest.ts";
import type { PipelineService } from "../services/writes/pipelines.ts";
import type { WriteRequest } from "../services/writes/write-request.ts";
import { readUpTo } from "./changed-body.ts";
import { clientCall } from "./client-call.ts";
import { clientTimeoutMs } from "./client-timeout.ts";
import { handOn } from "./exchange.ts";
import {
	guardReason,
	mayBeGuards,
	raiseGuardFailure,
	textOf,
} from "./guard-failure.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import type { Upstream } from "./upstream.ts";

export interface DocumentsOptions {
	upstream: Upstream;
	ingest: IngestService;
	pipelines: PipelineService;
	callers: CallerService;
	/** One document. */
	limit: BodyLimit;
}

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
export function documents(options: DocumentsOptions): FastifyPluginAsync {
	const { upstream, ingest, pipelines, callers, limit } = options;
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
					return send({ request, reply, write, id });
				},
			});
	};

	async function send({
		request,
		reply,
		write,
		id,
	}: Exchange): Promise<FastifyReply> {
		const raw = await readUpTo(request, limit, () => false);
		const body = Buffer.isBuffer(raw)
			? await inflate(request, raw, limit)
			: undefined;
		if (!body)
			return upstream.forward(request, reply, { body: raw, asSent: true });
		// What is known of the index's pipelines may be old: then a guard refuses the document, and all is done once more.
		for (let isAgain = false; ; isAgain = true) {
			const concerned = await ingest.concerns(write);
			if (concerned) await callers.identify(request.raw.headers);
			const document = concerned
				? await ingest.document(body, id, write)
				: undefined;
			const held = await upstream.ask(request, reply, {
				...(document
					? { body: document.render() }
					: { body: raw, asSent: true }),
				addedHeaders: () => truncatedTextsHeaders(write.truncated.count),
				holds: mayBeGuards,
			});
			if (!held) return reply;
			if (!isAgain && guardReason(textOf(held))?.includes(unseenReason)) {
				pipelines.forget();
				continue;
			}
			raiseGuardFailure(held, document?.failure);
			return handOn(reply, held);
		}
	}
}

interface Exchange {
	request: FastifyRequest;
	reply: FastifyReply;
	write: WriteRequest;
	id: string | undefined;
}
