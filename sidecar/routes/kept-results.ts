import type { FastifyPluginAsync } from "fastify";
import { formatAnswers } from "../http/response-format.ts";
import type { KeptResults } from "../services/kept-results.ts";
import { refuseUndeclaredParameters } from "./declared-parameters.ts";
import { leaveBodies } from "./json-bodies.ts";

/** `/_sidecar/…/cache/_clear`: every sidecar forgets the results that it keeps. Bodies are not read. */
export function keptResultsRoutes(results: KeptResults): FastifyPluginAsync {
	return async (app) => {
		formatAnswers(app);
		refuseUndeclaredParameters(app);
		leaveBodies(app);

		app.post("/_sidecar/cache/_clear", () => results.clear());

		app.post<{ Params: { model_id: string } }>(
			"/_sidecar/models/:model_id/cache/_clear",
			({ params }) => results.clear(params.model_id),
		);
	};
}
