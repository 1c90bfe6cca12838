import { isUtf8 } from "node:buffer";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import {
	guardPipelineText,
	unguardPipelinesText,
} from "../../ingest/guard-text.ts";
import { InvalidDefinition } from "../../ingest/invalid-definition.ts";
import { SidecarError } from "../errors.ts";
import { type BodyLimit, hasBody } from "../http/client-body.ts";
import type { PipelineService } from "../services/pipelines.ts";
import { forwardChanged } from "./changed-body.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import type { Upstream } from "./upstream.ts";

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

		app.put<PipelineRequest>(
			"/_ingest/pipeline/:id",
			async (request, reply) => {
				const { id } = request.params;
				const answer = isReserved(id)
					? await upstream.forward(request, reply)
					: await forwardChanged(request, reply, {
							upstream,
							limit: bodyLimit,
							change: async (body) => guardedForm(id, body),
						});
				pipelines.forget();
				return answer;
			},
		);

		app.delete("/_ingest/pipeline/:id", async (request, reply) => {
			const answer = await upstream.forward(request, reply);
			pipelines.forget();
			return answer;
		});

		app.get("/_ingest/pipeline", answerOriginals);
		app.get<PipelineRequest>("/_ingest/pipeline/:id", (request, reply) =>
			isReserved(request.params.id)
				? upstream.forward(request, reply)
				: answerOriginals(request, reply),
		);
	};

	async function answerOriginals(
		request: FastifyRequest,
		reply: FastifyReply,
	): Promise<FastifyReply> {
		if (hasBody(request.raw) || !(await pipelines.anyGuarded()))
			return upstream.forward(request, reply);
		const { status, contentType, body } = await upstream.read(request);
		const originals = unguardPipelinesText(body);
		// Asked again, it comes as it is: an error, a format that is no text, or pipelines without a guard.
		if (originals === body) return upstream.forward(request, reply);
		return reply
			.status(status)
			.header("content-type", contentType)
			.send(originals);
	}
}

/** Names under `_ingest/pipeline` that may be OpenSearch's own, as `_simulate` is. */
function isReserved(id: string): boolean {
	return id.startsWith("_");
}

/** Undefined for what the cluster can store as it is, or has to refuse itself. */
function guardedForm(id: string, body: Buffer): string | undefined {
	if (!isUtf8(body)) return undefined;
	try {
		return guardPipelineText(id, body.toString("utf8").replace(/^\ufeff/, ""));
	} catch (cause) {
		if (!(cause instanceof InvalidDefinition)) throw cause;
		const code =
			cause.type === "parse_exception" ? "bad_definition" : "bad_request";
		throw new SidecarError(code, cause.message, { cause });
	}
}
