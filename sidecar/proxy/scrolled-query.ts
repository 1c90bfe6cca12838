import type { QueryParameters } from "../http/query-parameters.ts";
import { knownParameters } from "./client-timeout.ts";
import type { SentQuery } from "./sent-query.ts";

/** The search of what works on all the documents that it finds: OpenSearch scrolls through them. */
export function byScroll(target: string | undefined, url: string): SentQuery {
	const parameters: QueryParameters = new Map([
		...knownParameters(url),
		["scroll", ""],
	]);
	return { target, parameters, answersHits: false };
}
