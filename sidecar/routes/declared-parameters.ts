import type { FastifyInstance, RouteOptions } from "fastify";
import { readQuery } from "../http/query-parameters.ts";
import { decodedPath } from "../http/request-uri.ts";
import {
	commonParameters,
	unknownParameters,
} from "../http/unknown-parameters.ts";

/**
 * Makes every route of a scope refuse query parameters that it does not declare, as OpenSearch does: once the body is
 * found to be good, and before anything is done. What a route declares are the properties of its `querystring` and
 * `params` schemas and the parameters of its path.
 */
export function refuseUndeclaredParameters(scope: FastifyInstance): void {
	scope.addHook("onRoute", (route) => {
		const taken = new Set([...commonParameters, ...declaredBy(route)]);
		const others = [route.preHandler ?? []].flat();
		route.preHandler = [
			async ({ originalUrl }) => {
				if (!originalUrl.includes("?")) return;
				const refusal = unknownParameters(
					decodedPath(originalUrl),
					readQuery(originalUrl).keys(),
					taken,
				);
				if (refusal) throw refusal;
			},
			...others,
		];
	});
}

function declaredBy({ url, schema }: RouteOptions): string[] {
	const inPath = [...url.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
	return [
		...inPath,
		...propertiesOf(schema?.params),
		...propertiesOf(schema?.querystring),
	];
}

function propertiesOf(schema: unknown): string[] {
	if (typeof schema !== "object" || schema === null) return [];
	if (!("properties" in schema)) return [];
	const { properties } = schema;
	return typeof properties === "object" && properties !== null
		? Object.keys(properties)
		: [];
}
