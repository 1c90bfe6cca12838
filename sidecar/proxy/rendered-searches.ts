import type { FastifyReply, FastifyRequest } from "fastify";
import type { SearchTemplate } from "../search/search-template.ts";
import type { SearchTerms } from "../services/search/search-plan.ts";
import { renderTemplates } from "../services/search/template-rendering.ts";
import { type SearchRouteOptions, termsOf } from "./planned-search.ts";

/** The searches that templates make, and on what terms they are planned. */
export interface RenderedSearches {
	/** Undefined for a template that makes none. */
	rendered: readonly (Buffer | undefined)[];
	terms: SearchTerms;
}

/**
 * Has a request's templates rendered, in the name of its caller.
 *
 * @throws SidecarError, CallerRefused
 */
export async function renderedSearches(
	request: FastifyRequest,
	reply: FastifyReply,
	{
		templates,
		options,
	}: {
		templates: readonly (SearchTemplate | undefined)[];
		options: SearchRouteOptions;
	},
): Promise<RenderedSearches> {
	const { upstream, callers, bodyLimit } = options;
	await callers.identify(request.raw.headers);
	const terms = termsOf(request, reply, upstream);
	const made = await renderTemplates(templates, {
		call: terms.call,
		limit: bodyLimit,
	});
	return {
		rendered: made.map((search) =>
			search === undefined ? undefined : Buffer.from(search),
		),
		terms,
	};
}
