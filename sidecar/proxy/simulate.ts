import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { utf8Text } from "../../ingest/body-text.ts";
import { type BodyLimit, hasBody } from "../http/client-body.ts";
import { clientSignal } from "../http/client-signal.ts";
import { readFlag } from "../http/query-parameters.ts";
import { truncatedTextsHeaders } from "../http/truncated-texts.ts";
import type { CallerService } from "../services/callers.ts";
import { TruncatedTexts } from "../services/truncated-texts.ts";
import type { SimulationService } from "../services/writes/simulation.ts";
import type { WriteRequest } from "../services/writes/write-request.ts";
import { readWish, sendJson } from "./changed-answer.ts";
import { passNone, readInflated } from "./changed-body.ts";
import { clientCall } from "./client-call.ts";
import { clientTimeoutMs } from "./client-timeout.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import type { Upstream } from "./upstream.ts";

export interface SimulateOptions {
	upstream: Upstream;
	simulation: SimulationService;
	callers: CallerService;
	bodyLimit: BodyLimit;
}

const nothingToSimulate =
	'{"pipeline":{"processors":[]},"docs":[{"_source":{}}]}';

interface SimulateRequest {
	Params: { id?: string };
}

/** `_ingest/pipeline/_simulate`: what a pipeline makes of documents, with the sidecar's processors in it. */
export function simulate(options: SimulateOptions): FastifyPluginAsync {
	const { upstream, simulation, callers, bodyLimit } = options;
	return async (app) => {
		keepBodiesRaw(app);
		for (const url of [
			"/_ingest/pipeline/_simulate",
			"/_ingest/pipeline/:id/_simulate",
		])
			app.route<SimulateRequest>({
				method: ["GET", "POST"],
				url,
				handler: answer,
			});
	};

	async function answer(
		request: FastifyRequest<SimulateRequest>,
		reply: FastifyReply,
	): Promise<FastifyReply> {
		if (!hasBody(request.raw)) return upstream.forward(request, reply);
		const { sent, body } = await readInflated(request, bodyLimit, passNone);
		const text = body && utf8Text(body);
		const plan =
			text === undefined
				? undefined
				: await simulation.plan(request.params.id, text);
		if (!plan) return upstream.forward(request, reply, sent);
		const { plainUrl: url, format, parameters } = readWish(request);
		await callers.identify(request.raw.headers);
		// The processors before an embedding are tried with the sidecar's own rights: not for who may not simulate at all.
		const allowed = await upstream.read(request, {
			method: "POST",
			url: "/_ingest/pipeline/_simulate",
			body: nothingToSimulate,
			json: true,
		});
		if (allowed.status !== 200)
			return sendJson(reply, allowed, { json: allowed.body, format });
		const write: WriteRequest = {
			index: undefined,
			pipeline: undefined,
			signal: clientSignal(reply),
			timeoutMs: clientTimeoutMs(request.originalUrl),
			truncated: new TruncatedTexts(),
			call: clientCall(upstream, request),
		};
		const { answer, json } = await simulation.run(plan, {
			write,
			verbose: readFlag(parameters.get("verbose")),
			ask: (asked) => upstream.read(request, { url, body: asked, json: true }),
		});
		reply.headers(truncatedTextsHeaders(write.truncated.count));
		return sendJson(reply, answer, { json, format });
	}
}
