import type { FastifyRequest } from "fastify";
import { withParameters } from "../http/query-parameters.ts";
import { knownParameters } from "./client-timeout.ts";

/** Where and as what a body is sent that came in a URL: what becomes of it may be too long for one. */
export interface BodyAddress {
	/** Path and query, percent-encoded. */
	readonly url: string;
	readonly contentType: string;
}

const json = /^\s*application\/(json|x-ndjson)\s*(;|$)/i;
const ofBody: ReadonlySet<string> = new Set(["source", "source_content_type"]);

/** The JSON body that the parameter `source` holds: OpenSearch reads it where a request has no other. */
export function bodyInUrl({ originalUrl }: FastifyRequest): {
	body: Buffer | undefined;
	address?: BodyAddress;
} {
	if (!originalUrl.includes("source")) return { body: undefined };
	const parameters = knownParameters(originalUrl);
	const source = parameters.get("source");
	const contentType = parameters.get("source_content_type") ?? "";
	if (source === undefined || !json.test(contentType))
		return { body: undefined };
	const url = withParameters(originalUrl, (name) => !ofBody.has(name));
	return { body: Buffer.from(source), address: { url, contentType } };
}
