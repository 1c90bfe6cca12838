import fastify, {
	type FastifyBaseLogger,
	type FastifyInstance,
	LogController,
} from "fastify";
import { type BodyBudget, giveBodiesBack } from "../http/body-budget.ts";
import { answerError } from "../http/error-handler.ts";
import type { Metrics } from "../metrics.ts";
import { proxyServerOptions } from "../proxy/server-options.ts";

/** As OpenSearch writes it. */
const jsonType = "application/json; charset=UTF-8";

/** A server without routes: how requests are read, errors answered, and every answer is measured and logged. */
export function createServer(
	logger: FastifyBaseLogger,
	{ metrics, bodies }: { metrics: Metrics; bodies: BodyBudget },
): FastifyInstance {
	const server = fastify({
		...proxyServerOptions,
		loggerInstance: logger,
		logController: new LogController({ disableRequestLogging: true }),
		requestIdHeader: "x-request-id",
		ajv: {
			customOptions: {
				coerceTypes: false,
				removeAdditional: false,
				useDefaults: false,
			},
		},
	});
	server.setErrorHandler(answerError);
	giveBodiesBack(server, bodies);
	server.addHook("onSend", async (_request, reply) => {
		if (reply.getHeader("content-type") === "application/json; charset=utf-8")
			reply.header("content-type", jsonType);
	});
	server.addHook("onResponse", async (request, reply) => {
		const { method, routeOptions } = request;
		const { statusCode, elapsedTime } = reply;
		const route = routeOptions.url ?? "unknown";
		metrics.requests.observe(
			{ route, method, status: statusCode },
			elapsedTime / 1000,
		);
		request.log.debug({ method, route, statusCode, elapsedTime }, "answered");
	});
	return server;
}
