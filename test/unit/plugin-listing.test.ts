import { type FastifyInstance, fastify } from "fastify";
import { Type } from "typebox";
import { afterEach, describe, expect, it } from "vitest";
import { answerError } from "../../sidecar/http/error-handler.ts";
import { pluginListing } from "../../sidecar/proxy/plugin-listing.ts";
import { withProvidedPlugins } from "../../sidecar/proxy/provided-plugins.ts";
import { proxyServerOptions } from "../../sidecar/proxy/server-options.ts";
import { Upstream } from "../../sidecar/proxy/upstream.ts";
import { readFixture } from "../helpers/fixture.ts";

const { plugins: recorded } = readFixture(
	"ml-commons/cluster-settings.json",
	Type.Object({
		plugins: Type.Object({
			nodes: Type.Object({
				nodes: Type.Record(
					Type.String(),
					Type.Object({
						name: Type.String(),
						version: Type.String(),
						plugins: Type.Array(Type.Object({ name: Type.String() })),
					}),
				),
			}),
			tables: Type.Array(
				Type.Object({
					query: Type.String(),
					contentType: Type.String(),
					body: Type.String(),
				}),
			),
		}),
	}),
);
const provided = ["opensearch-ml", "opensearch-neural-search"];

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
});

async function listen(server: FastifyInstance): Promise<string> {
	ends.push(() => server.close());
	return await server.listen({ host: "127.0.0.1", port: 0 });
}

/** Lists of plugins as a sidecar answers them before an OpenSearch that answers as recorded. */
async function listing(answers: {
	nodes: unknown;
	table: { contentType: string; body: string };
	nodesStatus?: number;
}): Promise<string> {
	const openSearch = fastify();
	openSearch.get("/_cat/plugins", (_request, reply) =>
		reply
			.header("content-type", answers.table.contentType)
			.send(answers.table.body),
	);
	openSearch.get("/_nodes/plugins", (_request, reply) =>
		reply.status(answers.nodesStatus ?? 200).send(answers.nodes),
	);
	const upstream = new Upstream({
		url: await listen(openSearch),
		connectTimeoutMs: 5_000,
		silenceTimeoutMs: 5_000,
		answerLimit: 1_000_000,
	});
	ends.push(() => upstream.close());
	const sidecar = fastify(proxyServerOptions);
	sidecar.setErrorHandler(answerError);
	sidecar.register(pluginListing(upstream));
	return await listen(sidecar);
}

/** The recorded nodes without the plugins that the sidecar provides. */
function withoutProvided() {
	return {
		nodes: Object.fromEntries(
			Object.entries(recorded.nodes.nodes).map(([id, node]) => [
				id,
				{
					...node,
					plugins: node.plugins.filter(({ name }) => !provided.includes(name)),
				},
			]),
		),
	};
}

async function answerTo(url: string) {
	const answer = await fetch(url);
	return {
		contentType: answer.headers.get("content-type"),
		body: await answer.text(),
	};
}

describe("_cat/plugins", () => {
	it.each(recorded.tables)(
		"to the byte as OpenSearch writes it: $query",
		async ({ query, contentType, body }) => {
			const table = { contentType, body };
			const url = await listing({ nodes: recorded.nodes, table });
			expect(await answerTo(`${url}/_cat/plugins${query}`)).toEqual(table);
		},
	);

	it.each(
		recorded.tables.filter(
			({ query }) => !/[=,](d|description|\*)/.test(query),
		),
	)(
		"tells clients what ml-commons and neural-search would: $query",
		async ({ query, contentType, body }) => {
			const table = { contentType, body: "less" };
			const url = await listing({ nodes: withoutProvided(), table });
			expect(await answerTo(`${url}/_cat/plugins${query}`)).toEqual({
				contentType,
				body,
			});
		},
	);

	it("is OpenSearch's own where its nodes can't be asked", async () => {
		const table = { contentType: "text/plain; charset=UTF-8", body: "own\n" };
		const url = await listing({ nodes: {}, table, nodesStatus: 403 });
		expect(await answerTo(`${url}/_cat/plugins`)).toEqual(table);
	});
});

describe("the plugins of nodes", () => {
	const own = '{"name":"opensearch-knn"}';

	it("name what the sidecar provides, among the others by name, and keep all else", () => {
		const node = `"n1":{"version":"3.6.0","plugins":[${own},{"name":"opensearch-sql"}],"total":9223372036854775807}`;
		const answer = withProvidedPlugins(`{"nodes":{${node}},"x":1.0}`);
		expect(answer).toContain('"total":9223372036854775807}},"x":1.0}');
		expect(namesIn(answer)).toEqual([
			"opensearch-knn",
			"opensearch-ml",
			"opensearch-neural-search",
			"opensearch-sql",
		]);
		expect(answer).toContain('"version":"3.6.0.0"');
	});

	it("name nothing twice, and nothing where plugins were not asked for", () => {
		const has = JSON.stringify(recorded.nodes);
		expect(withProvidedPlugins(has)).toBe(has);
		const http = '{"nodes":{"n1":{"version":"3.6.0","http":{}}}}';
		expect(withProvidedPlugins(http)).toBe(http);
	});

	it("are named for a node that has none", () => {
		const answer = withProvidedPlugins(
			'{"nodes":{"n1":{"version":"3.0.0-beta1","plugins":[]}}}',
		);
		expect(namesIn(answer)).toEqual(provided);
		expect(answer).toContain('"version":"3.0.0.0-beta1"');
	});

	function namesIn(answer: string): string[] {
		return [...answer.matchAll(/"name":"([^"]+)"/g)].map(([, name]) =>
			String(name),
		);
	}
});
