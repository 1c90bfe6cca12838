import type { FastifyPluginAsync, FastifyReply } from "fastify";
import { RankEvaluation } from "../search/rank-evaluation.ts";
import { knownParameters } from "./client-timeout.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import { readSearch, type SearchRouteOptions } from "./planned-search.ts";
import { answerQueries, type QueryRequest } from "./query-route.ts";
import { renderedSearches } from "./rendered-searches.ts";
import { headersOf, notesOf } from "./search-notes.ts";

/** `_rank_eval`: its searches, and those that its templates make, are planned as any others. */
export function rankEval(options: SearchRouteOptions): FastifyPluginAsync {
	const { upstream, search } = options;
	return async (app) => {
		keepBodiesRaw(app);
		answerQueries(app, "_rank_eval", answer);
	};

	async function answer(
		request: QueryRequest,
		reply: FastifyReply,
	): Promise<FastifyReply> {
		const { sent, body, address } = await readSearch(request, options);
		const evaluation = body && RankEvaluation.read(body);
		const searches = evaluation?.searches ?? [];
		const templates = searches.map((one) =>
			"template" in one ? one.template : undefined,
		);
		const concerns = templates.some(Boolean) || (body && search.concerns(body));
		if (!evaluation || !concerns) return upstream.forward(request, reply, sent);
		const { rendered, terms } = await renderedSearches(request, reply, {
			templates,
			options,
		});
		const planned = await search.planAll(
			searches.map((one, place) => ({
				body:
					"search" in one
						? Buffer.from(one.search)
						: (rendered[place] ?? Buffer.of()),
				target: request.params.index,
				parameters: knownParameters(request.originalUrl),
				answersHits: false,
			})),
			terms,
		);
		const failed = planned.find(({ error }) => error)?.error;
		if (failed) throw failed;
		const bodies = new Map(
			planned.flatMap(({ plan }, place) =>
				plan ? [[place, plan.body] as const] : [],
			),
		);
		if (bodies.size === 0) return upstream.forward(request, reply, sent);
		return upstream.forward(request, reply, {
			body: evaluation.render(bodies),
			...address,
			addedHeaders: () => headersOf(notesOf(planned), terms, options),
		});
	}
}
