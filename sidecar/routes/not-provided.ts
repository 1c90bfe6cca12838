import type { FastifyPluginAsync, HTTPMethods } from "fastify";
import { SidecarError } from "../errors.ts";

const base = "/_plugins/_ml";

/** Routes of ml-commons that the sidecar has no use for. */
interface Family {
	/** What the sidecar does instead, or why there is nothing to do: the end of a sentence. */
	reason: string;
	/** Methods and path below `/_plugins/_ml`. */
	routes: readonly string[];
}

const memory = "/memory_containers/:memory_container_id";
const memories = `${memory}/memories/:memory_type`;

const families: readonly Family[] = [
	{
		reason: "it runs models itself and calls no remote ones",
		routes: [
			"POST /connectors/_create",
			"GET,POST /connectors/_search",
			"GET,PUT,DELETE /connectors/:connector_id",
			"POST /models/:model_id/_batch_predict",
			"POST /models/:model_id/_predict/stream",
		],
	},
	{
		reason: "it runs no agents and none of their tools",
		routes: [
			"POST /agents/_register",
			"GET,POST /agents/_search",
			"GET,PUT,DELETE /agents/:agent_id",
			"POST /agents/:agent_id/_execute",
			"POST /agents/:agent_id/_execute/stream",
			"GET /tools",
			"GET /tools/:tool_name",
			"POST /tools/_execute/:tool_name",
			"GET,POST /mcp",
			"GET /mcp/tools/_list",
			"POST /mcp/tools/_register",
			"POST /mcp/tools/_update",
			"POST /mcp/tools/_remove",
			"GET /context_management",
			"GET,POST,PUT,DELETE /context_management/:template_name",
			"GET /config/:config_id",
		],
	},
	{
		reason: "it keeps no memory of conversations",
		routes: [
			"GET,POST /memory",
			"GET,POST /memory/_search",
			"GET,PUT,DELETE /memory/:memory_id",
			"GET,POST /memory/:memory_id/_search",
			"GET,POST /memory/:memory_id/messages",
			"GET,PUT /memory/message/:message_id",
			"GET /memory/message/:message_id/traces",
			"POST /memory_containers/_create",
			"GET,POST /memory_containers/_search",
			`GET,PUT,DELETE ${memory}`,
			`POST ${memory}/memories`,
			`POST ${memory}/memories/sessions`,
			`GET,POST ${memory}/memories/long-term/_semantic_search`,
			`GET,POST ${memory}/memories/long-term/_hybrid_search`,
			`GET,POST ${memories}/_search`,
			`POST ${memories}/_delete_by_query`,
			`GET,PUT,DELETE ${memories}/:memory_id`,
		],
	},
	{
		reason: "it runs models that are trained already",
		routes: [
			"POST /_train/:algorithm",
			"POST /_train_predict/:algorithm",
			"POST /_execute/:algorithm",
		],
	},
	{
		reason: "it describes no indices by language models",
		routes: [
			"GET /insights/:index_id/:insight_type",
			"GET,PUT /index_insight_config",
		],
	},
];

/** A route of ml-commons that is refused. */
export interface NotProvided {
	methods: HTTPMethods[];
	url: string;
	reason: string;
}

export const notProvided: readonly NotProvided[] = families.flatMap(
	({ reason, routes }) =>
		routes.map((route) => {
			const [methods = "", path = ""] = route.split(" ");
			return { methods: methods.split(","), url: base + path, reason };
		}),
);

/** Refuses what the sidecar does not provide of ml-commons' API, with the route and the reason, bodies unread. */
export const notProvidedRoutes: FastifyPluginAsync = async (scope) => {
	for (const { methods, url, reason } of notProvided) {
		const refuse = async ({ method }: { method: string }): Promise<never> => {
			const route = url.replaceAll(/:(\w+)/g, "{$1}");
			throw new SidecarError(
				"bad_request",
				`[${method} ${route}] is not provided by the sidecar: ${reason}`,
			);
		};
		scope.route({
			method: methods,
			url,
			config: { refuses: true },
			onRequest: refuse,
			handler: refuse,
		});
	}
};
