import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

interface Target {
	Params: { index?: string };
}

/** A request that holds a query, whose path may name an index. */
export type QueryRequest = FastifyRequest<Target>;

/** Has an API answered that takes a query, by GET and POST, of the index in its path or of none. The scope keeps bodies raw. */
export function answerQueries(
	app: FastifyInstance,
	api: string,
	answer: (request: QueryRequest, reply: FastifyReply) => Promise<FastifyReply>,
): void {
	for (const url of [`/${api}`, `/:index/${api}`])
		app.route<Target>({ method: ["GET", "POST"], url, handler: answer });
}
