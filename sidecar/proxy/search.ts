import type { FastifyPluginAsync, FastifyReply } from "fastify";
import { wishUnlessRefused } from "./changed-answer.ts";
import { knownParameters } from "./client-timeout.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import {
	readSearch,
	type SearchRouteOptions,
	sendPlanned,
	termsOf,
} from "./planned-search.ts";
import { answerQueries, type QueryRequest } from "./query-route.ts";

/** What OpenSearch takes a search without a body for. */
const noQuery = Buffer.from("{}");

/** `_search`: queries for models become queries that OpenSearch knows. */
export function search(options: SearchRouteOptions): FastifyPluginAsync {
	const { upstream, search, callers } = options;
	return async (app) => {
		keepBodiesRaw(app);
		answerQueries(app, "_search", answer);
	};

	async function answer(
		request: QueryRequest,
		reply: FastifyReply,
	): Promise<FastifyReply> {
		const read = await readSearch(request, options);
		const { sent, address } = read;
		const body = read.body ?? (sent ? undefined : noQuery);
		const asked = body && {
			body,
			target: request.params.index,
			parameters: knownParameters(request.originalUrl),
			answersHits: true,
		};
		if (!asked || !(await search.isConcernedBy(asked)))
			return upstream.forward(request, reply, sent);
		await callers.identify(request.raw.headers);
		const terms = {
			...termsOf(request, reply, upstream),
			// In a form that the sidecar can't write, OpenSearch answers by itself.
			takesAnswers: () => wishUnlessRefused(request) !== undefined,
		};
		const plan = await search.plan(asked, terms);
		return plan
			? sendPlanned(request, reply, { plan, terms, options, address })
			: upstream.forward(request, reply, sent);
	}
}
