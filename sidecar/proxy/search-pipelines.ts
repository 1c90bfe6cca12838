import type { FastifyPluginAsync } from "fastify";
import type { BodyLimit } from "../http/client-body.ts";
import type { SearchPipelineService } from "../services/search/search-pipelines.ts";
import type { PipelineService } from "../services/writes/pipelines.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import {
	answerOriginals,
	definitionToStore,
	sendChange,
} from "./stored-pipelines.ts";
import type { Upstream } from "./upstream.ts";

export interface SearchPipelineRoutesOptions {
	upstream: Upstream;
	/** Forgets what is known of pipelines of both kinds. */
	pipelines: PipelineService;
	searchPipelines: SearchPipelineService;
	bodyLimit: BodyLimit;
}

/** `_search/pipeline`: the cluster stores what it can run of a pipeline, and a client reads back what it wrote. */
export function searchPipelines(
	options: SearchPipelineRoutesOptions,
): FastifyPluginAsync {
	const { upstream, pipelines, searchPipelines, bodyLimit } = options;
	const originals = {
		upstream,
		anyStored: () => searchPipelines.anyStored(),
		originals: (answer: string) => searchPipelines.originals(answer),
	};
	return async (app) => {
		keepBodiesRaw(app);
		app.put("/_search/pipeline/:id", async (request, reply) => {
			const sent = await definitionToStore(request, bodyLimit, (text) =>
				searchPipelines.storedForm(text),
			);
			return sendChange(request, reply, { upstream, pipelines, sent });
		});
		app.delete("/_search/pipeline/:id", (request, reply) =>
			sendChange(request, reply, { upstream, pipelines }),
		);
		for (const url of ["/_search/pipeline", "/_search/pipeline/:id"])
			app.get(url, (request, reply) =>
				answerOriginals(request, reply, originals),
			);
	};
}
