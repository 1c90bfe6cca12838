import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { hasBody } from "../http/client-body.ts";
import { readFlag } from "../http/query-parameters.ts";
import { type Column, sortRows, tableJson, tableText } from "./cat-table.ts";
import { sendJson, type Wish, wishUnlessRefused } from "./changed-answer.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import {
	byName,
	namesOf,
	providedPlugins,
	withProvidedPlugins,
} from "./provided-plugins.ts";
import type { ReadAnswer, Upstream } from "./upstream.ts";

/** The table of `_cat/plugins`. */
const columns: readonly Column[] = [
	{ name: "id", shown: false },
	{ name: "name", alias: "n", shown: true },
	{ name: "component", alias: "c", shown: true },
	{ name: "version", alias: "v", shown: true },
	{ name: "description", alias: "d", shown: false },
];

/** Parts of a node's information, by which `_nodes/{one of them}` is told from `_nodes/{a node}`. */
const metrics = new Set(
	"settings os process jvm thread_pool transport http plugins ingest aggregations indices search_pipelines".split(
		" ",
	),
);

/** What is below `_nodes` besides the nodes' information. */
const otherCalls = new Set(
	"stats hot_threads hotthreads usage reload_secure_settings".split(" "),
);

const nodesUrl =
	"/_nodes/plugins?filter_path=nodes.*.name,nodes.*.version,nodes.*.plugins.name,nodes.*.plugins.version,nodes.*.plugins.description";

const Nodes = Compile(
	Type.Object({
		nodes: Type.Record(
			Type.String(),
			Type.Object({
				name: Type.String(),
				version: Type.String(),
				plugins: Type.Optional(
					Type.Array(
						Type.Object({
							name: Type.String(),
							version: Type.String(),
							description: Type.Optional(Type.String()),
						}),
					),
				),
			}),
		),
	}),
);

interface NodesRequest {
	Params: { which?: string; node?: string; metrics?: string };
}

/**
 * The lists of plugins, by which clients tell what a cluster can do: what the sidecar provides is named for each node.
 * Answers are read whole; the number of nodes bounds them.
 */
export function pluginListing(upstream: Upstream): FastifyPluginAsync {
	return async (app) => {
		keepBodiesRaw(app);
		app.get("/_cat/plugins", answerTable);
		for (const url of [
			"/_nodes",
			"/_nodes/:which",
			"/_nodes/:node/:metrics",
			"/_nodes/:node/info/:metrics",
		])
			app.get<NodesRequest>(url, (request, reply) =>
				listsPlugins(request.params)
					? answerNodes(request, reply)
					: upstream.forward(request, reply),
			);
	};

	async function answerNodes(
		request: FastifyRequest,
		reply: FastifyReply,
	): Promise<FastifyReply> {
		const wish = hasBody(request.raw) ? undefined : wishUnlessRefused(request);
		if (!wish) return upstream.forward(request, reply);
		const { plainUrl: url, format } = wish;
		const answer = await upstream.read(request, { url, json: true });
		// Asked again, an error comes in the form that OpenSearch gives it.
		if (answer.status !== 200) return upstream.forward(request, reply);
		const json = withProvidedPlugins(answer.body);
		return sendJson(reply, answer, { json, format });
	}

	/** OpenSearch answers first: it judges the caller and the parameters, and says which form the table has. */
	async function answerTable(
		request: FastifyRequest,
		reply: FastifyReply,
	): Promise<FastifyReply> {
		const wish = hasBody(request.raw) ? undefined : wishUnlessRefused(request);
		if (!wish) return upstream.forward(request, reply);
		const answer = await upstream.read(request);
		const asItIs = { json: answer.body, format: undefined };
		// A filter may leave nothing of any row.
		if (answer.status !== 200 || answer.body === "")
			return sendJson(reply, answer, asItIs);
		if (readFlag(wish.parameters.get("help")))
			return sendJson(reply, answer, asItIs);
		const nodes = await upstream.read(request, { url: nodesUrl, json: true });
		if (nodes.status !== 200) return sendJson(reply, answer, asItIs);
		return sendTable(reply, answer, { wish, rows: rowsOf(nodes.body) });
	}
}

function sendTable(
	reply: FastifyReply,
	answer: ReadAnswer,
	{ wish, rows }: { wish: Wish; rows: ReturnType<typeof rowsOf> },
): FastifyReply {
	const { parameters, format } = wish;
	const sorted = sortRows(columns, rows, parameters);
	if (!answer.contentType.startsWith("text/plain")) {
		const json = tableJson(columns, sorted, parameters);
		return sendJson(reply, answer, { json, format });
	}
	const titled = readFlag(parameters.get("v"));
	const text = tableText(columns, sorted, { parameters, titled });
	return sendJson(reply, answer, { json: text, format: undefined });
}

function rowsOf(nodes: string) {
	return Object.entries(Nodes.Parse(JSON.parse(nodes)).nodes).flatMap(
		([id, { name, version, plugins = [] }]) =>
			[...plugins, ...providedPlugins(version, namesOf(plugins))]
				.sort(byName)
				.map((plugin) => ({
					id,
					name,
					component: plugin.name,
					version: plugin.version,
					description: plugin.description ?? "",
				})),
	);
}

function listsPlugins({ which, metrics: asked }: NodesRequest["Params"]) {
	if (asked !== undefined) return holdsPlugins(asked.split(","));
	if (which === undefined) return true;
	if (otherCalls.has(which)) return false;
	const parts = which.split(",");
	// The names of nodes: all there is to know of them.
	if (!parts.every((part) => metrics.has(part))) return true;
	return holdsPlugins(parts);
}

function holdsPlugins(parts: readonly string[]): boolean {
	return parts.includes("plugins") || parts.includes("_all");
}
