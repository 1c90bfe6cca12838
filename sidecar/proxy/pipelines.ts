import { isUtf8 } from "node:buffer";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { unguardPipelinesText } from "../../ingest/pipelines/guard-text.ts";
import { type BodyLimit, hasBody, inflate } from "../http/client-body.ts";
import { guardedPipeline } from "../services/writes/guarded-pipeline.ts";
import type { PipelineService } from "../services/writes/pipelines.ts";
import { sendJson, wishUnlessRefused } from "./changed-answer.ts";
import { readUpTo } from "./changed-body.ts";
import { handOn } from "./exchange.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import type { Replacement, Upstream } from "./upstream.ts";

export interface PipelineRoutesOptions {
	upstream: Upstream;
	pipelines: PipelineService;
	bodyLimit: BodyLimit;
}

interface PipelineRequest {
	Params: { id: string };
}

/** `_ingest/pipeline`: the cluster stores guards where a client wrote the sidecar's processors, and reads back what it wrote. */
export function pipelines(options: PipelineRoutesOptions): FastifyPluginAsync {
	const { upstream, pipelines, bodyLimit } = options;
	return async (app) => {
		keepBodiesRaw(app);
		app.put<PipelineRequest>("/_ingest/pipeline/:id", async (request, reply) =>
			change(request, reply, await storedForm(request)),
		);
		app.delete("/_ingest/pipeline/:id", (request, reply) =>
			change(request, reply, {}),
		);
		app.get("/_ingest/pipeline", answerOriginals);
		app.get("/_ingest/pipeline/:id", answerOriginals);
	};

	/** What is sent on in the place of a pipeline's definition. */
	async function storedForm(
		request: FastifyRequest<PipelineRequest>,
	): Promise<Replacement | Record<string, never>> {
		const { id } = request.params;
		if (isReserved(id)) return {};
		const raw = await readUpTo(request, bodyLimit, () => false);
		const body =
			Buffer.isBuffer(raw) && (await inflate(request, raw, bodyLimit));
		const guarded =
			body && isUtf8(body)
				? guardedPipeline(id, body.toString("utf8").replace(/^\ufeff/, ""))
				: undefined;
		return guarded === undefined
			? { body: raw, asSent: true }
			: { body: guarded };
	}

	/** A client hears that a pipeline is another one after all sidecars have forgotten what it was before. */
	async function change(
		request: FastifyRequest,
		reply: FastifyReply,
		sent: Replacement | Record<string, never>,
	): Promise<FastifyReply> {
		let held: Awaited<ReturnType<Upstream["ask"]>>;
		try {
			held = await upstream.ask(request, reply, { ...sent, holds: () => true });
		} finally {
			if (held?.status !== 401 && held?.status !== 403)
				await pipelines.changed();
		}
		return held ? handOn(reply, held) : reply;
	}

	async function answerOriginals(
		request: FastifyRequest,
		reply: FastifyReply,
	): Promise<FastifyReply> {
		const wish = hasBody(request.raw) ? undefined : wishUnlessRefused(request);
		if (!wish || !(await pipelines.anyGuarded()))
			return upstream.forward(request, reply);
		const { plainUrl: url, format } = wish;
		const answer = await upstream.read(request, { url, json: true });
		const json = unguardPipelinesText(answer.body);
		// Asked again, it comes as it is: an error, or pipelines without a guard.
		return json === answer.body
			? upstream.forward(request, reply)
			: sendJson(reply, answer, { json, format });
	}
}

/** Names under `_ingest/pipeline` that may be OpenSearch's own, as `_simulate` is. */
function isReserved(id: string): boolean {
	return id.startsWith("_");
}
