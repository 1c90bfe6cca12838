import type { FastifyReply, FastifyRequest } from "fastify";
import type { Failure } from "../../ingest/failure.ts";
import { unseenReason } from "../../ingest/pipelines/guard-processor.ts";
import { SidecarError } from "../errors.ts";
import type { BodyLimit } from "../http/client-body.ts";
import { truncatedTextsHeaders } from "../http/truncated-texts.ts";
import type { CallerService } from "../services/callers.ts";
import type { IngestService } from "../services/writes/ingest.ts";
import type { PipelineService } from "../services/writes/pipelines.ts";
import type { WriteRequest } from "../services/writes/write-request.ts";
import { passNone, readInflated } from "./changed-body.ts";
import { type HeldAnswer, handOn } from "./exchange.ts";
import {
	guardReason,
	mayBeGuards,
	raiseGuardFailure,
	textOf,
} from "./guard-failure.ts";
import type { Upstream } from "./upstream.ts";

/** What every write of one document needs. */
export interface GuardedWriteOptions {
	upstream: Upstream;
	ingest: IngestService;
	pipelines: PipelineService;
	callers: CallerService;
	/** One document. */
	limit: BodyLimit;
}

/** What goes to OpenSearch in the place of a client's body. */
export interface PreparedWrite {
	body: string | Buffer;
	/** Path and query, percent-encoded. Without it: the client's. */
	url?: string;
	/** Why a step failed on the document, which its pipeline will raise. */
	failure?: Failure | undefined;
	/** Why nothing could be made of the document; its pipeline refuses it. */
	refusal?: string;
	/** Where an answer may say that what was prepared no longer fits. */
	retry?: {
		mayBeMeant(status: number): boolean;
		/** Whether all is to be prepared anew, asked of answers that may be meant and of guards'. */
		isWanted(answer: HeldAnswer): boolean;
	};
}

/** A write of one document, and who wants it. */
export interface GuardedWrite {
	request: FastifyRequest;
	reply: FastifyReply;
	write: WriteRequest;
	/** What is sent for a body; undefined where it can only go on as it is. */
	prepare(body: Buffer): Promise<PreparedWrite | undefined>;
}

/**
 * Sends a document on as its pipelines want it. What is known of those may be old: then a guard refuses the document,
 * and all is done once more.
 *
 * @throws SidecarError in the words of the processor that failed on the document, and what `prepare` throws
 */
export async function sendGuarded(
	options: GuardedWriteOptions,
	{ request, reply, write, prepare }: GuardedWrite,
): Promise<FastifyReply> {
	const { upstream, ingest, pipelines, callers, limit } = options;
	const { sent, body } = await readInflated(request, limit, passNone);
	if (!body) return upstream.forward(request, reply, sent);
	for (let isAgain = false; ; ) {
		const concerned = await ingest.concerns(write);
		if (concerned) await callers.identify(request.raw.headers);
		const prepared = concerned ? await prepare(body) : undefined;
		const { url, failure, refusal, retry } = prepared ?? {};
		const held = await upstream.ask(request, reply, {
			...(prepared ? { body: prepared.body } : sent),
			...(url !== undefined && { url }),
			addedHeaders: () => truncatedTextsHeaders(write.truncated.count),
			holds: (status) =>
				mayBeGuards(status) || retry?.mayBeMeant(status) === true,
		});
		if (!held) return reply;
		if (retry?.isWanted(held)) continue;
		const isUnseen = guardReason(textOf(held))?.includes(unseenReason);
		if (isUnseen && refusal !== undefined)
			throw new SidecarError("bad_request", refusal);
		if (isUnseen && !isAgain) {
			pipelines.forget();
			isAgain = true;
			continue;
		}
		raiseGuardFailure(held, failure);
		return handOn(reply, held);
	}
}
