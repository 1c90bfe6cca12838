import type { FastifyInstance } from "fastify";

const models = "/_plugins/_ml/models";

/** Routes under the names that ml-commons gave up, and their present names. */
export const oldNames: ReadonlyMap<string, string> = new Map([
	[`${models}/_upload`, `${models}/_register`],
	[
		`${models}/:model_id/:version/_upload`,
		`${models}/:model_id/:version/_register`,
	],
	[`${models}/meta`, `${models}/_register_meta`],
	[
		`${models}/:model_id/chunk/:chunk_number`,
		`${models}/:model_id/upload_chunk/:chunk_number`,
	],
	[`${models}/:model_id/_load`, `${models}/:model_id/_deploy`],
	[`${models}/:model_id/_unload`, `${models}/:model_id/_undeploy`],
	[`${models}/_unload`, `${models}/_undeploy`],
]);

/** The release whose API this is; `unknown` stands where OpenSearch has the hash of its build. */
const agent = "OpenSearch-3.6.0-unknown";

/** Makes the answers of a scope's routes say that a name is old, in the header and words of OpenSearch. */
export function warnOfOldNames(scope: FastifyInstance): void {
	scope.addHook("onRequest", async ({ method, routeOptions }, reply) => {
		const { url = "" } = routeOptions;
		const present = oldNames.get(url);
		if (present === undefined || method !== "POST") return;
		const text = `[POST ${inBraces(url)}] is deprecated! Use [POST ${inBraces(present)}] instead.`;
		reply.header("warning", `299 ${agent} "${text}"`);
	});
}

function inBraces(url: string): string {
	return url.replaceAll(/:(\w+)/g, "{$1}");
}
