import { Readable } from "node:stream";
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { LineTooLong, readItems, splitLines } from "../../ingest/bulk-lines.ts";
import { SidecarError } from "../errors.ts";
import { bytesOf } from "../http/client-body.ts";
import { clientSignal } from "../http/client-signal.ts";
import type { CallerService } from "../services/callers.ts";
import type { IngestService } from "../services/ingest.ts";
import type { PipelineService } from "../services/pipelines.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import type { Upstream } from "./upstream.ts";

export interface BulkOptions {
	upstream: Upstream;
	ingest: IngestService;
	pipelines: PipelineService;
	callers: CallerService;
	/** One line at most, in bytes. */
	lineLimit: number;
}

interface BulkRequest {
	Params: { index?: string };
	Querystring: { pipeline?: string };
}

/**
 * `_bulk`: documents are embedded while the body passes, group after group, and go on to OpenSearch in the one
 * request they came in, so that its answer is the client's answer.
 */
export function bulk(options: BulkOptions): FastifyPluginAsync {
	const { upstream, ingest, pipelines, callers, lineLimit } = options;
	return async (app) => {
		keepBodiesRaw(app);
		for (const url of ["/_bulk", "/:index/_bulk"])
			app.route<BulkRequest>({
				method: ["POST", "PUT"],
				url,
				handler: async (request, reply) => {
					if (!(await pipelines.anyGuarded()))
						return upstream.forward(request, reply);
					// Models work for nobody whom OpenSearch does not know.
					await callers.identify(request.raw.headers);
					const lines = splitLines(bytesOf(request), lineLimit);
					const body = ingest.bulk(readItems(lines), {
						index: request.params.index,
						pipeline: request.query.pipeline,
						signal: clientSignal(reply),
					});
					return upstream.forward(request, reply, {
						body: Readable.from(named(body, request), { objectMode: false }),
					});
				},
			});
	};
}

/** Gives the one error of the pure part a meaning for the client. */
async function* named(
	body: AsyncIterable<Buffer>,
	request: FastifyRequest,
): AsyncGenerator<Buffer> {
	try {
		yield* body;
	} catch (error) {
		if (!(error instanceof LineTooLong)) throw error;
		request.log.info({ err: error }, "bulk refused");
		throw new SidecarError(
			"too_large",
			`${error.message}, which SIDECAR_BULK_LINE_LIMIT sets`,
			{ cause: error },
		);
	}
}
