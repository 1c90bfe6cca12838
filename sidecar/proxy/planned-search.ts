import type { FastifyReply, FastifyRequest } from "fastify";
import {
	type BodyLimit,
	hasBody,
	inflate,
	isEncoded,
} from "../http/client-body.ts";
import { clientSignal } from "../http/client-signal.ts";
import { searchHeaders } from "../http/search-headers.ts";
import type { CallerService } from "../services/callers.ts";
import type {
	SearchPlan,
	SearchService,
	SearchTerms,
} from "../services/search/search-service.ts";
import { TruncatedTexts } from "../services/truncated-texts.ts";
import { readUpTo } from "./changed-body.ts";
import { clientCall } from "./client-call.ts";
import type { Replacement, Upstream } from "./upstream.ts";

export interface SearchRouteOptions {
	upstream: Upstream;
	search: SearchService;
	callers: CallerService;
	bodyLimit: BodyLimit;
	/** Whether answers say how long the models took. */
	tellsEmbedMs: boolean;
}

/** A search as it was sent, and its body where it may be the sidecar's to rewrite. */
export interface ReadSearch {
	/** As it came. */
	sent: Replacement | undefined;
	/** Inflated; undefined where the search goes on as it came. */
	body: Buffer | undefined;
}

/**
 * Reads a search. One past the limit goes on unread unless the sidecar has to rewrite it, as far as can be seen.
 *
 * @throws SidecarError too_large, too_many_requests
 */
export async function readSearch(
	request: FastifyRequest,
	{ search, bodyLimit }: SearchRouteOptions,
): Promise<ReadSearch> {
	if (!hasBody(request.raw)) return { sent: undefined, body: undefined };
	const raw = await readUpTo(
		request,
		bodyLimit,
		(prefix) => !isEncoded(request) && !search.concerns(prefix),
	);
	const sent = { body: raw, asSent: true };
	const body = Buffer.isBuffer(raw) && (await inflate(request, raw, bodyLimit));
	return { sent, body: body || undefined };
}

/** On what terms a client's searches are planned. */
export function termsOf(
	request: FastifyRequest,
	reply: FastifyReply,
	upstream: Upstream,
): SearchTerms {
	return {
		signal: clientSignal(reply),
		truncated: new TruncatedTexts(),
		call: clientCall(upstream, request),
	};
}

/** Sends a planned search on and its answer back. */
export function sendPlanned(
	request: FastifyRequest,
	reply: FastifyReply,
	planned: {
		plan: SearchPlan;
		terms: SearchTerms;
		options: SearchRouteOptions;
		/** Path and query. Without it: the client's. */
		url?: string;
	},
): Promise<FastifyReply> {
	const { plan, terms, options, url } = planned;
	return options.upstream.forward(request, reply, {
		body: plan.body,
		...(url !== undefined && { url }),
		addedHeaders: () =>
			searchHeaders({
				embedMs: options.tellsEmbedMs ? plan.embedMs : undefined,
				truncatedTexts: terms.truncated.count,
				warnings: [],
			}),
	});
}
