import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { PredictBody } from "../../schemas/predict.ts";
import { SidecarError } from "../errors.ts";
import { callerName } from "../http/caller.ts";
import type { BodyLimit } from "../http/client-body.ts";
import { clientSignal } from "../http/client-signal.ts";
import { readFunctionName } from "../services/function-name.ts";
import type { PredictionService } from "../services/prediction.ts";
import { readJsonBodies } from "./json-bodies.ts";

export interface PredictRoutesOptions {
	prediction: PredictionService;
	bodyLimit: BodyLimit;
}

/** A model's own algorithm counts, whatever the path says, as in ml-commons. */
const Params = Type.Object({
	model_id: Type.String(),
	algorithm: Type.Optional(Type.String()),
});

/** `_predict`, in both its forms. */
export function predictRoutes(
	options: PredictRoutesOptions,
): FastifyPluginAsyncTypebox {
	const { prediction, bodyLimit } = options;
	return async (app) => {
		readJsonBodies(app, bodyLimit);
		for (const url of [
			"/_plugins/_ml/models/:model_id/_predict",
			"/_plugins/_ml/_predict/:algorithm/:model_id",
		])
			app.post(
				url,
				{ schema: { params: Params, body: PredictBody } },
				async (request, reply) => {
					const { params, body } = request;
					if (!body)
						throw new SidecarError(
							"bad_definition",
							"request body is required",
						);
					if (params.algorithm !== undefined)
						readFunctionName(params.algorithm);
					const signal = clientSignal(reply);
					const answer = await prediction.predict(params.model_id, body, {
						user: callerName(request),
						signal,
					});
					return reply
						.header("content-type", "application/json; charset=UTF-8")
						.send(answer);
				},
			);
	};
}
