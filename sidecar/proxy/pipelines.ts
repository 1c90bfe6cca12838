import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { guardPipeline, unguardPipeline } from "../../ingest/guard.ts";
import { InvalidDefinition } from "../../ingest/invalid-definition.ts";
import { isObject } from "../../ingest/json.ts";
import { SidecarError } from "../errors.ts";
import type { BodyLimit } from "../http/client-body.ts";
import type { PipelineService } from "../services/pipelines.ts";
import { forwardChanged } from "./changed-body.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import type { Upstream } from "./upstream.ts";

export interface PipelineRoutesOptions {
	upstream: Upstream;
	pipelines: PipelineService;
	bodyLimit: BodyLimit;
}

/** `_ingest/pipeline`: the cluster stores guards where a client wrote the sidecar's processors, and reads back what it wrote. */
export function pipelines(options: PipelineRoutesOptions): FastifyPluginAsync {
	const { upstream, pipelines, bodyLimit } = options;
	return async (app) => {
		keepBodiesRaw(app);

		app.put("/_ingest/pipeline/:id", async (request, reply) => {
			const answer = await forwardChanged(request, reply, {
				upstream,
				limit: bodyLimit,
				change: async (body) => guardedForm(body),
			});
			pipelines.forget();
			return answer;
		});

		app.delete("/_ingest/pipeline/:id", async (request, reply) => {
			const answer = await upstream.forward(request, reply);
			pipelines.forget();
			return answer;
		});

		for (const url of ["/_ingest/pipeline", "/_ingest/pipeline/:id"])
			app.get(url, async (request, reply) => {
				if (!(await pipelines.anyGuarded()))
					return upstream.forward(request, reply);
				return answerOriginals(request, reply);
			});
	};

	async function answerOriginals(
		request: FastifyRequest,
		reply: FastifyReply,
	): Promise<FastifyReply> {
		const { status, contentType, body } = await upstream.read(request);
		return reply
			.status(status)
			.header("content-type", contentType)
			.send(originals(body));
	}
}

/** Undefined for what the cluster can store as it is, or has to refuse itself. */
function guardedForm(body: Buffer): string | undefined {
	try {
		const guarded = guardPipeline(parse(body.toString("utf8")));
		return guarded && JSON.stringify(guarded);
	} catch (cause) {
		if (!(cause instanceof InvalidDefinition)) throw cause;
		const code =
			cause.type === "parse_exception" ? "bad_definition" : "bad_request";
		throw new SidecarError(code, cause.message, { cause });
	}
}

function originals(body: string): string {
	const stored = parse(body);
	if (!isObject(stored)) return body;
	return JSON.stringify(
		Object.fromEntries(
			Object.entries(stored).map(([id, pipeline]) => [
				id,
				unguardPipeline(pipeline),
			]),
		),
	);
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
