import type { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { isObject } from "../../ingest/json.ts";
import { RefusedCall } from "../errors.ts";
import { type BodyLimit, hasBody } from "../http/client-body.ts";
import { type QueryParameters, readFlag } from "../http/query-parameters.ts";
import { truncatedTextsHeaders } from "../http/truncated-texts.ts";
import type { RawMembers } from "../search/raw-json.ts";
import {
	readBody,
	rehearsal,
	type ScrollPlan,
} from "../services/by-scroll/scroll-plan.ts";
import type { ScrollService } from "../services/by-scroll/scroll-service.ts";
import { TruncatedTexts } from "../services/truncated-texts.ts";
import type { CallAnswer } from "../services/writes/client-call.ts";
import { madeAnswer, ofForm, readWish, sendJson } from "./changed-answer.ts";
import { readInflated } from "./changed-body.ts";
import { clientCall } from "./client-call.ts";
import type { Upstream } from "./upstream.ts";

/** A client's body, as a reindex or an update by query has it. */
export interface ScrollBody {
	/** Undefined for what is no JSON object, or too large to be one that is run here. */
	members: RawMembers | undefined;
	/** Sends the request on as it came. */
	forward(): Promise<FastifyReply>;
}

/** @throws SidecarError too_many_requests past the budget */
export async function readScrollBody(
	request: FastifyRequest,
	reply: FastifyReply,
	{ upstream, bodyLimit }: { upstream: Upstream; bodyLimit: BodyLimit },
): Promise<ScrollBody> {
	if (!hasBody(request.raw))
		return {
			members: new Map(),
			forward: () => upstream.forward(request, reply),
		};
	const { sent, body } = await readInflated(request, bodyLimit, () => true);
	return {
		members: body ? readBody(body.toString("utf8")) : undefined,
		forward: () => upstream.forward(request, reply, sent),
	};
}

export interface ScrollExchange {
	request: FastifyRequest;
	reply: FastifyReply;
	upstream: Upstream;
	service: ScrollService;
	action: "reindex" | "update";
	body: RawMembers;
	readPlan(parameters: QueryParameters): ScrollPlan;
}

/**
 * Has OpenSearch look at a request, and carries it out if that accepts it. The client may go away meanwhile: the work goes
 * on, as in OpenSearch.
 */
export async function runScroll(
	exchange: ScrollExchange,
): Promise<FastifyReply> {
	const { request, reply, upstream, service, action, body } = exchange;
	const { parameters, format } = readWish(request);
	const waits = readFlag(parameters.get("wait_for_completion"), true);
	const tried = rehearsal(action, body, parameters);
	const judged = await upstream.read(request, {
		url: urlOf(request, tried.parameters),
		body: tried.body,
		json: true,
	});
	if (judged.status !== 200)
		return sendJson(reply, judged, { json: judged.body, format });
	const truncated = new TruncatedTexts();
	const order = {
		plan: exchange.readPlan(parameters),
		slices: slicesIn(judged.body),
		call: clientCall(upstream, request),
		sendBulk: (url: string, lines: Buffer | Readable) =>
			upstream.read(request, { method: "POST", url, body: lines, json: true }),
		truncated,
	};
	const send = ({ status, body: json }: CallAnswer) => {
		reply.headers(truncatedTextsHeaders(truncated.count));
		return sendJson(reply, madeAnswer(status, json), { json, format });
	};
	if (!waits) {
		const task = await service.start(order);
		return send({ status: 200, body: JSON.stringify({ task }) });
	}
	try {
		return send(await service.run(order));
	} catch (error) {
		if (error instanceof RefusedCall) return send(error.answer);
		throw error;
	}
}

function urlOf(
	{ originalUrl }: FastifyRequest,
	parameters: QueryParameters,
): string {
	const [path = ""] = originalUrl.split("?", 1);
	const kept = [...parameters].filter(
		([name]) => !ofForm.has(name) && name !== "human",
	);
	const query = new URLSearchParams(kept).toString();
	return query === "" ? path : `${path}?${query}`;
}

/** Into how many slices OpenSearch divides the work; undefined where it does not. */
function slicesIn(answer: string): number | undefined {
	const parsed: unknown = JSON.parse(answer);
	const slices = isObject(parsed) ? parsed.slices : undefined;
	return Array.isArray(slices) && slices.length > 0 ? slices.length : undefined;
}
