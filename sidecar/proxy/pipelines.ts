import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { unguardPipelinesText } from "../../ingest/pipelines/guard-text.ts";
import { withoutSemanticPipelines } from "../../ingest/semantic/hidden-pipelines.ts";
import type { BodyLimit } from "../http/client-body.ts";
import { guardedPipeline } from "../services/writes/guarded-pipeline.ts";
import type { PipelineService } from "../services/writes/pipelines.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import {
	answerOriginals,
	definitionToStore,
	sendChange,
} from "./stored-pipelines.ts";
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
	const originals = {
		upstream,
		anyStored: () => pipelines.anyGuarded(),
		originals: (text: string) =>
			unguardPipelinesText(withoutSemanticPipelines(text)),
	};
	return async (app) => {
		keepBodiesRaw(app);
		app.put<PipelineRequest>("/_ingest/pipeline/:id", async (request, reply) =>
			sendChange(request, reply, {
				upstream,
				pipelines,
				...(await toStore(request)),
			}),
		);
		app.delete("/_ingest/pipeline/:id", (request, reply) =>
			sendChange(request, reply, { upstream, pipelines }),
		);
		for (const url of ["/_ingest/pipeline", "/_ingest/pipeline/:id"])
			app.get(url, (request, reply) =>
				answerOriginals(request, reply, originals),
			);
	};

	async function toStore(
		request: FastifyRequest<PipelineRequest>,
	): Promise<{ sent?: Replacement }> {
		const { id } = request.params;
		if (isReserved(id)) return {};
		const sent = await definitionToStore(request, bodyLimit, (text) =>
			guardedPipeline(id, text),
		);
		return { sent };
	}
}

/** Names under `_ingest/pipeline` that may be OpenSearch's own, as `_simulate` is. */
function isReserved(id: string): boolean {
	return id.startsWith("_");
}
