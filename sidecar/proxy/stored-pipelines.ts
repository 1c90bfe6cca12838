import { isUtf8 } from "node:buffer";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type BodyLimit, hasBody, inflate } from "../http/client-body.ts";
import type { PipelineService } from "../services/writes/pipelines.ts";
import { sendJson, wishUnlessRefused } from "./changed-answer.ts";
import { readUpTo } from "./changed-body.ts";
import { handOn } from "./exchange.ts";
import type { Replacement, Upstream } from "./upstream.ts";

/*
 * Pipelines of either kind, of ingest or of searches: the cluster stores another form of those that hold processors of the
 * sidecar's, and a client reads back what it wrote.
 */

/**
 * What is sent on in the place of a pipeline's definition.
 *
 * @param storedForm makes the text to store; undefined where the client's own can be sent
 */
export async function definitionToStore(
	request: FastifyRequest,
	limit: BodyLimit,
	storedForm: (text: string) => string | undefined,
): Promise<Replacement> {
	const raw = await readUpTo(request, limit, () => false);
	const body = Buffer.isBuffer(raw) && (await inflate(request, raw, limit));
	const stored =
		body && isUtf8(body)
			? storedForm(body.toString("utf8").replace(/^\ufeff/, ""))
			: undefined;
	return stored === undefined ? { body: raw, asSent: true } : { body: stored };
}

export interface PipelineChange {
	upstream: Upstream;
	pipelines: PipelineService;
	/** What is sent instead of the client's body. */
	sent?: Replacement;
}

/** A client hears that a pipeline is another one after all sidecars have forgotten what it was before. */
export async function changePipeline(
	request: FastifyRequest,
	reply: FastifyReply,
	{ upstream, pipelines, sent }: PipelineChange,
): Promise<FastifyReply> {
	let held: Awaited<ReturnType<Upstream["ask"]>>;
	try {
		held = await upstream.ask(request, reply, { ...sent, holds: () => true });
	} finally {
		if (held?.status !== 401 && held?.status !== 403) await pipelines.changed();
	}
	return held ? handOn(reply, held) : reply;
}

export interface Originals {
	upstream: Upstream;
	/** Whether the cluster stores any pipeline in another form. */
	anyStored(): Promise<boolean>;
	/** OpenSearch's answer as it would be had it stored what clients wrote. */
	originals(answer: string): string;
}

export async function answerOriginals(
	request: FastifyRequest,
	reply: FastifyReply,
	{ upstream, anyStored, originals }: Originals,
): Promise<FastifyReply> {
	const wish = hasBody(request.raw) ? undefined : wishUnlessRefused(request);
	if (!wish || !(await anyStored())) return upstream.forward(request, reply);
	const { plainUrl: url, format } = wish;
	const answer = await upstream.read(request, { url, json: true });
	const json = originals(answer.body);
	// Asked again, it comes as it is: an error, or pipelines that are stored as they were written.
	return json === answer.body
		? upstream.forward(request, reply)
		: sendJson(reply, answer, { json, format });
}
