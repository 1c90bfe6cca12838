import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { PredictBody } from "../../schemas/predict.ts";
import { SidecarError } from "../errors.ts";
import { callerName } from "../http/caller.ts";
import type { BodyLimit } from "../http/client-body.ts";
import { clientSignal } from "../http/client-signal.ts";
import { truncatedTextsHeaders } from "../http/truncated-texts.ts";
import { Deadline } from "../services/deadline.ts";
import { readFunctionName } from "../services/function-name.ts";
import type { PredictionService } from "../services/prediction.ts";
import { readTimeout } from "../services/time-value.ts";
import { TruncatedTexts } from "../services/truncated-texts.ts";
import { readJsonBodies } from "./json-bodies.ts";

export interface PredictRoutesOptions {
	prediction: PredictionService;
	/** Time for an answer where the client does not say how long it waits, milliseconds. */
	timeoutMs: number;
	bodyLimit: BodyLimit;
}

/** A model's own algorithm counts, whatever the path says, as in ml-commons. */
const Params = Type.Object({
	model_id: Type.String(),
	algorithm: Type.Optional(Type.String()),
});

/** How long the client waits. */
const Parameters = Type.Object({ timeout: Type.Optional(Type.String()) });

/** `_predict`, in both its forms. */
export function predictRoutes(
	options: PredictRoutesOptions,
): FastifyPluginAsyncTypebox {
	const { prediction, timeoutMs, bodyLimit } = options;
	return async (app) => {
		readJsonBodies(app, bodyLimit);
		for (const url of [
			"/_plugins/_ml/models/:model_id/_predict",
			"/_plugins/_ml/_predict/:algorithm/:model_id",
		])
			app.post(
				url,
				{
					schema: {
						params: Params,
						querystring: Parameters,
						body: PredictBody,
					},
				},
				async (request, reply) => {
					const { params, query, body } = request;
					if (!body)
						throw new SidecarError(
							"bad_definition",
							"request body is required",
						);
					if (params.algorithm !== undefined)
						readFunctionName(params.algorithm);
					const truncated = new TruncatedTexts();
					const answer = await prediction.predict(params.model_id, body, {
						user: callerName(request),
						terms: {
							signal: clientSignal(reply),
							deadline: Deadline.after(readTimeout(query.timeout) ?? timeoutMs),
							truncated,
						},
					});
					return reply
						.headers(truncatedTextsHeaders(truncated.count))
						.header("content-type", "application/json; charset=UTF-8")
						.send(answer);
				},
			);
	};
}
