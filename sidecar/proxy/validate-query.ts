import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { SidecarError } from "../errors.ts";
import { readFlag } from "../http/query-parameters.ts";
import { madeAnswer, readWish, sendJson } from "./changed-answer.ts";
import { knownParameters } from "./client-timeout.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import type { SearchRouteOptions } from "./planned-search.ts";
import { answerQueries } from "./query-route.ts";
import { sendQuery } from "./sent-query.ts";

/** `_validate/query`: a query that can't be run is an answer, and no failure. */
export function validateQuery(options: SearchRouteOptions): FastifyPluginAsync {
	return async (app) => {
		keepBodiesRaw(app);
		answerQueries(app, "_validate/query", async (request, reply) => {
			const query = {
				target: request.params.index,
				parameters: knownParameters(request.originalUrl),
				answersHits: false,
			};
			try {
				return await sendQuery(request, reply, { query, options });
			} catch (error) {
				if (error instanceof SidecarError && isOfQuery(error))
					return answerInvalid(request, reply, error);
				throw error;
			}
		});
	};
}

/** Whether it says that the query is wrong, or what it names: anything else may pass. */
function isOfQuery({ status, code }: SidecarError): boolean {
	return (status === 400 || status === 404) && code !== "bad_parameter";
}

/** As OpenSearch does it: what can't be parsed is told only to who asks for an explanation. */
function answerInvalid(
	request: FastifyRequest,
	reply: FastifyReply,
	{ code, message }: SidecarError,
): FastifyReply {
	const { parameters, format } = readWish(request);
	const explains = readFlag(parameters.get("explain"));
	const unparsed = {
		valid: false,
		...(explains && { error: `ParsingException[${message}]` }),
	};
	const unprepared = {
		_shards: { total: 0, successful: 0, failed: 0 },
		valid: false,
		explanations: [{ valid: false, error: message }],
	};
	const json = JSON.stringify(code === "bad_query" ? unparsed : unprepared);
	return sendJson(reply, madeAnswer(200, json), { json, format });
}
