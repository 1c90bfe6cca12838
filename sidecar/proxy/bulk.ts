import { Readable } from "node:stream";
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { LineTooLong, readItems, splitLines } from "../../ingest/bulk-lines.ts";
import { SidecarError } from "../errors.ts";
import { bytesOf } from "../http/client-body.ts";
import { clientSignal } from "../http/client-signal.ts";
import { truncatedTextsHeaders } from "../http/truncated-texts.ts";
import type { CallerService } from "../services/callers.ts";
import type { IngestService } from "../services/ingest.ts";
import type { PipelineService } from "../services/pipelines.ts";
import { TruncatedTexts } from "../services/truncated-texts.ts";
import { clientTimeoutMs } from "./client-timeout.ts";
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
					const timeoutMs = clientTimeoutMs(request.originalUrl);
					const truncated = new TruncatedTexts();
					const lines = splitLines(bytesOf(request), lineLimit);
					const body = ingest.bulk(readItems(lines), {
						index: request.params.index,
						pipeline: request.query.pipeline,
						signal: clientSignal(reply),
						timeoutMs,
						truncated,
					});
					const begun = await begin(named(body, request));
					return upstream.forward(request, reply, {
						body: Readable.from(begun, { objectMode: false }),
						addedHeaders: () => truncatedTextsHeaders(truncated.count),
					});
				},
			});
	};
}

/** Waits for the first bytes of a body, so that one that is refused as a whole is nothing that OpenSearch hears of. */
async function begin(
	body: AsyncGenerator<Buffer>,
): Promise<AsyncIterable<Buffer>> {
	let first: IteratorResult<Buffer> | undefined = await body.next();
	return {
		[Symbol.asyncIterator]: () => ({
			async next() {
				const result = first ?? (await body.next());
				first = undefined;
				return result;
			},
			return: () => body.return(undefined),
		}),
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
