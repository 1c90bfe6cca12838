import type { FastifyReply, FastifyRequest } from "fastify";
import { utf8Text } from "../../ingest/body-text.ts";
import { type BodyLimit, hasBody } from "../http/client-body.ts";
import type { PipelineService } from "../services/writes/pipelines.ts";
import { sendJson, wishUnlessRefused } from "./changed-answer.ts";
import { passNone, readInflated } from "./changed-body.ts";
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
	const { sent, body } = await readInflated(request, limit, passNone);
	const text = body && utf8Text(body);
	const stored = text === undefined ? undefined : storedForm(text);
	return stored === undefined ? sent : { body: stored };
}

/** A request that changes pipelines, or what goes through some. */
export interface SentChange {
	upstream: Upstream;
	pipelines: PipelineService;
	/** What is sent; without it, the request as it is. */
	sent?: Replacement | undefined;
	/** What follows its success. */
	after?: (() => Promise<void>) | undefined;
}

/** A client hears of a change after all sidecars have forgotten what was before. */
export async function sendChange(
	request: FastifyRequest,
	reply: FastifyReply,
	{ upstream, pipelines, sent, after }: SentChange,
): Promise<FastifyReply> {
	let held: Awaited<ReturnType<Upstream["ask"]>>;
	try {
		held = await upstream.ask(request, reply, { ...sent, holds: () => true });
		if (held && held.status < 300) await after?.();
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
	originals(answer: string): string | Promise<string>;
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
	const json = answer.status < 300 ? await originals(answer.body) : answer.body;
	// Asked again, it comes as it is: an error, or what is stored as it was written.
	return json === answer.body
		? upstream.forward(request, reply)
		: sendJson(reply, answer, { json, format });
}
