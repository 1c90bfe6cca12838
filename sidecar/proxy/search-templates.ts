import type { FastifyPluginAsync, FastifyReply } from "fastify";
import type { QueryParameters } from "../http/query-parameters.ts";
import { MultiSearch } from "../search/multi-search.ts";
import { SearchTemplate } from "../search/search-template.ts";
import type { SearchRequest } from "../services/search/search-plan.ts";
import type { SearchService } from "../services/search/search-service.ts";
import { knownParameters } from "./client-timeout.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import {
	readSearch,
	type SearchRouteOptions,
	sendPlanned,
} from "./planned-search.ts";
import { sendPlannedSearches } from "./planned-searches.ts";
import { answerQueries, type QueryRequest } from "./query-route.ts";
import { eachOf, readSearches, requestsIn } from "./read-searches.ts";
import { renderedSearches } from "./rendered-searches.ts";

const noQuery = Buffer.from("{}");

/** Parameters that OpenSearch reads of a template's URL: the others mean a search that the template takes the place of. */
const ofTemplate: ReadonlySet<string> = new Set([
	"allow_no_indices",
	"ccs_minimize_roundtrips",
	"expand_wildcards",
	"ignore_throttled",
	"ignore_unavailable",
	"preference",
	"rest_total_hits_as_int",
	"routing",
	"scroll",
	"search_pipeline",
	"search_type",
	"typed_keys",
]);

/** `_search/template`: what the template makes is planned as any search. */
export function searchTemplate(
	options: SearchRouteOptions,
): FastifyPluginAsync {
	const { upstream, search } = options;
	return async (app) => {
		keepBodiesRaw(app);
		answerQueries(app, "_search/template", answer);
	};

	async function answer(
		request: QueryRequest,
		reply: FastifyReply,
	): Promise<FastifyReply> {
		const { sent, body, address } = await readSearch(request, options);
		if (!body) return upstream.forward(request, reply, sent);
		const asked = {
			body,
			target: request.params.index,
			parameters: parametersOf(request.originalUrl),
			answersHits: true,
		};
		const template = await concernedTemplate(asked, search);
		if (!template) return upstream.forward(request, reply, sent);
		const { rendered, terms } = await renderedSearches(request, reply, {
			templates: [template],
			options,
		});
		const [made] = rendered;
		const plan = made && (await search.plan({ ...asked, body: made }, terms));
		if (!plan) return upstream.forward(request, reply, sent);
		return sendPlanned(request, reply, {
			plan: { ...plan, body: template.of(plan.body) },
			terms,
			options,
			address,
		});
	}
}

/** `_msearch/template`, likewise. */
export function searchTemplates(
	options: SearchRouteOptions,
): FastifyPluginAsync {
	const { upstream, search } = options;
	return async (app) => {
		keepBodiesRaw(app);
		answerQueries(app, "_msearch/template", answer);
	};

	async function answer(
		request: QueryRequest,
		reply: FastifyReply,
	): Promise<FastifyReply> {
		const { sent, body, address } = await readSearches(request, options);
		const searches = body && MultiSearch.read(body);
		const asked = requestsIn(
			searches,
			request,
			parametersOf(request.originalUrl),
		);
		const templates = await eachOf(asked, (one) =>
			concernedTemplate(one, search),
		);
		if (!searches || !templates.some(Boolean))
			return upstream.forward(request, reply, sent);
		const { rendered, terms } = await renderedSearches(request, reply, {
			templates,
			options,
		});
		const planned = await search.planAll(
			asked.map((one, place) => ({
				...one,
				body: rendered[place] ?? Buffer.of(),
			})),
			terms,
		);
		return sendPlannedSearches(request, reply, {
			searches,
			planned,
			lineOf: ({ body }, place) => templates[place]?.of(body) ?? body,
			sent,
			address,
			terms,
			options,
		});
	}
}

/** The template that a request's body is, if there may be anything to do for its search, or for the answer. */
async function concernedTemplate(
	request: SearchRequest,
	search: SearchService,
): Promise<SearchTemplate | undefined> {
	const template = SearchTemplate.read(request.body);
	const concerns =
		template?.mayConcern ||
		(await search.isConcernedBy({ ...request, body: noQuery }));
	return concerns ? template : undefined;
}

function parametersOf(url: string): QueryParameters {
	return new Map(
		[...knownParameters(url)].filter(([name]) => ofTemplate.has(name)),
	);
}
