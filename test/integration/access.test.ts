import { once } from "node:events";
import { type IncomingMessage, request as send } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
	callOpenSearch,
	opensearchUrl,
	uniqueName,
} from "../helpers/opensearch.ts";
import { startSidecar, type TestSidecar } from "../helpers/sidecar.ts";

const hidden = `.ml-sidecar-${uniqueName("secret")}`;
const plain = uniqueName("access");
const alias = uniqueName("backdoor");
const secret = `secret-${crypto.randomUUID()}`;
let sidecar: TestSidecar;

beforeAll(async () => {
	sidecar = await startSidecar();
	await callOpenSearch("PUT", `/${hidden}`, {
		settings: { "index.hidden": true, number_of_replicas: 0 },
	});
	await callOpenSearch("PUT", `/${plain}`, {
		settings: { number_of_replicas: 0 },
	});
	await callOpenSearch("PUT", `/${hidden}/_doc/1?refresh=true`, {
		text: secret,
		tags: ["a"],
	});
	await callOpenSearch("PUT", `/${plain}/_doc/1?refresh=true`, {
		text: "nothing",
		tags: ["a"],
	});
});

beforeAll(async () => {
	const source =
		'{"query":{"terms":{"tags":{"index":"{{where}}{{rest}}","id":"{{id}}","path":"tags"}}}}';
	await callOpenSearch("PUT", `/_scripts/${stored}`, {
		script: { lang: "mustache", source },
	});
});

afterAll(async () => {
	await sidecar.close();
	await callOpenSearch("DELETE", `/_scripts/${stored}`);
	await callOpenSearch("DELETE", `/${hidden},${plain},${plain}-b`);
});

interface Sent {
	method: string;
	path: string;
	body?: string | Buffer;
	headers?: Record<string, string>;
}

interface Received {
	status: number;
	text: string;
}

/** The path goes out as it is: nothing is normalised. */
async function ask(
	{ method, path, body, headers }: Sent,
	server = sidecar.url,
): Promise<Received> {
	const { hostname, port } = new URL(server);
	const request = send({
		hostname,
		port,
		method,
		path,
		agent: false,
		headers: {
			...(body !== undefined && {
				"content-type": "application/json",
				"content-length": Buffer.byteLength(body),
			}),
			...headers,
		},
	});
	request.end(body);
	const [response]: IncomingMessage[] = await once(request, "response");
	const parts: Buffer[] = [];
	for await (const part of response ?? []) parts.push(part);
	return {
		status: response?.statusCode ?? 0,
		text: Buffer.concat(parts).toString(),
	};
}

/** `METHOD path`, then a body, in which INDEX stands for the hidden index, PLAIN for another and NAME for an escape. */
function named(text: string): string {
	return text
		.replaceAll("INDEX-rest", hidden.slice(".ml-side".length))
		.replaceAll("car-REST", hidden.slice(".ml-side".length))
		.replaceAll("INDEX", hidden)
		.replaceAll("PLAIN", plain);
}

function escaped(name: string): string {
	return [...name]
		.map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)
		.join("");
}

function sent(line: string, body?: unknown): Sent {
	const [method = "", path = ""] = named(line).split(" ");
	if (body === undefined) return { method, path };
	const text = typeof body === "string" ? body : JSON.stringify(body);
	return { method, path, body: named(text) };
}

const lookup = { terms: { tags: { index: "INDEX", id: "1", path: "tags" } } };
const stored = uniqueName("template");
const view = uniqueName("view");
const encodedName = [...hidden]
	.map((c) => `%${c.charCodeAt(0).toString(16)}`)
	.join("");
const dateMath = `<.ml-{now%2Fd{%27${hidden.slice(4)}%27}}>`;

const forbiddenCalls: [line: string, body?: unknown][] = [
	["GET /INDEX"],
	["GET /INDEX/"],
	["HEAD /INDEX"],
	["DELETE /INDEX"],
	["PUT /.ml-sidecar-new", {}],
	["GET /INDEX/_doc/1"],
	["PUT /INDEX/_doc/2", { a: 1 }],
	["PUT /INDEX/_create/2", { a: 1 }],
	["POST /INDEX/_update/1", { doc: { a: 1 } }],
	["DELETE /INDEX/_doc/1"],
	["GET /INDEX/_source/1"],
	["GET /INDEX/_search"],
	["POST /INDEX/_search", { query: { match_all: {} } }],
	["GET /PLAIN,INDEX/_search"],
	["GET /PLAIN,INDEX,/_search"],
	["GET /*,INDEX/_search"],
	[`GET /${encodedName}/_search`],
	["GET /PLAIN%2CINDEX/_search"],
	["GET /%ff%2CINDEX/_search?ignore_unavailable=true"],
	[`GET /${dateMath}/_search`],
	["GET /<{now%2Fd{*}}-x>/_search?expand_wildcards=all"],
	["GET /<.ml-sidecar-{now%2Fd}>/_search"],
	["GET /other:INDEX/_search"],
	["GET /_search?index=INDEX"],
	["GET /_search?index=PLAIN&index=INDEX"],
	["GET /_search?ignore_unavailable=true;index=INDEX"],
	["GET /_search/?%69ndex=INDEX"],
	[`GET /_search?index=${encodedName}`],
	["GET /_count?index=a%2CINDEX&ignore_unavailable=true"],
	["GET /_mapping?index=INDEX"],
	["GET /_cat/indices/INDEX"],
	["GET /_cat/indices?index=INDEX"],
	["GET /_cat/shards/INDEX"],
	["GET /_cluster/health/INDEX"],
	["GET /_cluster/state/metadata/INDEX"],
	["GET /_resolve/index/INDEX"],
	["GET /_list/indices/INDEX"],
	["POST /INDEX/_close"],
	["PUT /INDEX/_block/write"],
	["PUT /INDEX/_settings", { "index.hidden": false }],
	["PUT /INDEX/_mapping", { properties: { x: { type: "keyword" } } }],
	["PUT /INDEX/_alias/window", {}],
	["PUT /PLAIN/_alias/.ml-sidecar-x", {}],
	["PUT /INDEX/_clone/stolen", {}],
	["PUT /PLAIN/_clone/.ml-sidecar-copy", {}],
	["POST /PLAIN/_rollover/.ml-sidecar-next", {}],
	["POST /INDEX/_search/point_in_time?keep_alive=1m"],
	["GET /_index_template/ml-sidecar-model"],
	["DELETE /_index_template/ml-sidecar-model"],
	["DELETE /_index_template/ml%2dsidecar-model"],
	[
		"PUT /_index_template/mine",
		{ index_patterns: [".ml-sidecar-*"], template: {} },
	],
	[
		"PUT /_index_template/mine",
		{ index_patterns: ["*"], priority: 2_000_000, template: {} },
	],
	["POST /_index_template/_simulate_index/INDEX"],
	["POST /_bulk", '{"index":{"_index":"INDEX","_id":"2"}}\n{"a":1}\n'],
	["POST /_bulk", '\n{"delete":{"_index":"INDEX","_id":"1"}}\n'],
	["PUT /PLAIN/_bulk", '{"create":{"_index":"INDEX"}}\n{"a":1}\n'],
	["POST /_bulk", '{"index":{/**/"_index":"INDEX"}} {"x":1}\n{"a":1}\n'],
	[
		"POST /PLAIN/_bulk",
		`{"index":{"_id":"3"}}\n{"a":1}\n{"update":{"_index":"${escaped(hidden)}","_id":"1"}}\n{"doc":{}}\n`,
	],
	["POST /_bulk?index=INDEX", '{"index":{}}\n{"a":1}\n'],
	["POST /INDEX/_bulk", '{"index":{}}\n{"a":1}\n'],
	[
		"POST /_bulk",
		`{"index":{"_index":"<.ml-{now/d{'${hidden.slice(4)}'}}>"}}\n{"a":1}\n`,
	],
	["POST /_msearch", '{"index":"INDEX"}\n{}\n'],
	["POST /_msearch", '{"index":["PLAIN","INDEX"]}\n{}\n'],
	["POST /_msearch", '{}\n{}\n{"indices":"PLAIN,INDEX"}\n{}\n'],
	["POST /PLAIN/_msearch", `{}\n${JSON.stringify({ query: lookup })}\n`],
	[
		"POST /_msearch/template",
		'{"index":"INDEX"}\n{"source":{"query":{"match_all":{}}}}\n',
	],
	["POST /_mget", { docs: [{ _index: "INDEX", _id: "1" }] }],
	["POST /_mget", '{/**/"docs":[{"_index":"INDEX","_id":"1"}]}}}'],
	["POST /_mget", `{"docs":[{"\\u005findex":"${escaped(hidden)}","_id":"1"}]}`],
	["POST /_mget?index=INDEX", { ids: ["1"] }],
	["GET /INDEX/_mget", { ids: ["1"] }],
	["POST /_mtermvectors", { docs: [{ _index: "INDEX", _id: "1" }] }],
	["POST /_reindex", { source: { index: "INDEX" }, dest: { index: "stolen" } }],
	[
		"POST /_reindex",
		{ source: { index: ["PLAIN", "INDEX"] }, dest: { index: "stolen" } },
	],
	["POST /_reindex", { source: { index: "PLAIN" }, dest: { index: "INDEX" } }],
	[
		"POST /_reindex",
		{
			source: { index: "PLAIN" },
			dest: { index: "other" },
			script: { source: "ctx._index = 'INDEX'" },
		},
	],
	["POST /_aliases", { actions: [{ add: { index: "INDEX", alias: "w" } }] }],
	["POST /_aliases", { actions: [{ add: { index: ".m*", alias: "w" } }] }],
	["POST /_aliases", { actions: [{ remove_index: { index: "INDEX" } }] }],
	[
		"POST /_aliases",
		{ actions: [{ add: { index: "PLAIN", alias: ".ml-sidecar-w" } }] },
	],
	[
		"POST /_aliases",
		{ actions: [{ add: { index: "PLAIN", alias: "w", filter: lookup } }] },
	],
	["PUT /new-index", { aliases: { ".ml-sidecar-w": {} } }],
	["POST /PLAIN/_search", { query: lookup }],
	["POST /PLAIN/_search/", { query: { bool: { filter: [lookup] } } }],
	["POST /PLAIN/_count", { query: lookup }],
	["POST /PLAIN/_delete_by_query", { query: lookup }],
	["POST /PLAIN/_update_by_query", { query: lookup }],
	["GET /PLAIN/_explain/1", { query: lookup }],
	["POST /_validate/query", { query: lookup }],
	[
		"POST /PLAIN/_search",
		{ query: { more_like_this: { like: [{ _index: "INDEX", _id: "1" }] } } },
	],
	[
		"POST /PLAIN/_search",
		{ query: { more_like_this: { like: { _index: "INDEX", _id: "1" } } } },
	],
	[
		"POST /PLAIN/_search",
		{ query: { geo_shape: { at: { indexed_shape: { index: "INDEX" } } } } },
	],
	[
		"POST /PLAIN/_search",
		{ query: { percolate: { field: "q", index: "INDEX", id: "1" } } },
	],
	[
		"POST /PLAIN/_search",
		{ aggs: { a: { filter: lookup, aggs: { b: { filter: lookup } } } } },
	],
	[
		"POST /PLAIN/_search",
		{
			query: {
				wrapper: {
					query: Buffer.from(named(JSON.stringify(lookup))).toString("base64"),
				},
			},
		},
	],
	[
		`GET /PLAIN/_search?source_content_type=application/json&source=${encodeURIComponent(named(JSON.stringify({ query: lookup })))}`,
	],
	[
		`GET /_mget?source_content_type=application/json&source=${encodeURIComponent(named('{"docs":[{"_index":"INDEX","_id":"1"}]}'))}`,
	],
	["POST /PLAIN/_search/template", { source: { query: lookup } }],
	[
		"POST /PLAIN/_search/template",
		{ source: named(JSON.stringify({ query: lookup })) },
	],
	[
		"POST /PLAIN/_search/template",
		{
			source: {
				query: { terms: { tags: { index: "{{a}}{{b}}", id: "1", path: "t" } } },
			},
			params: { a: ".ml-", b: hidden.slice(4) },
		},
	],
	[
		"POST /_search/template",
		{ id: stored, params: { where: "INDEX", id: "1" } },
	],
	[
		"POST /_search/template",
		{ id: stored, params: { where: ".ml-side", rest: "INDEX-rest", id: "1" } },
	],
	[
		"POST /PLAIN/_search/template",
		{
			source:
				'{"query":{"terms":{"tags":{"index":".ml-side{{#a}}car-REST{{/a}}","id":"1","path":"tags"}}}}',
			params: { a: true },
		},
	],
	[
		"POST /PLAIN/_search/template",
		{
			source: '{"query":{{#toJson}}q{{/toJson}}}',
			params: { q: lookup },
		},
	],
	[
		"POST /PLAIN/_msearch/template",
		'{}\n{"source":"{\\"query\\":{\\"terms\\":{\\"tags\\":{\\"index\\":\\".ml-side{{x}}\\",\\"id\\":\\"1\\",\\"path\\":\\"tags\\"}}}}","params":{"x":"car-REST"}}\n',
	],
	[
		`GET /PLAIN/_search?source_content_type=application/json&s%6Furce=${encodeURIComponent(named(JSON.stringify({ query: lookup })))}`,
	],
	[
		"POST /PLAIN/_search",
		{
			query: { terms: { doc: { index: "INDEX", id: "1", path: "tags" } } },
		},
	],
	[
		"POST /PLAIN/_search",
		{
			size: 0,
			aggs: { doc: { filter: lookup }, document: { filter: lookup } },
		},
	],
	["DELETE /_foo,INDEX?ignore_unavailable=true"],
	[
		"PUT /_search/pipeline/lookup",
		{ request_processors: [{ filter_query: { query: lookup } }] },
	],
	[
		"POST /_reindex",
		{
			source: { index: "PLAIN" },
			dest: { index: "other" },
			script: { source: "ctx._index = params.i", params: { i: "INDEX" } },
		},
	],
	[
		"PUT /_scripts/writer",
		{ script: { lang: "painless", source: "ctx._index = 'INDEX'" } },
	],
	[
		"PUT /_ingest/pipeline/redirect",
		{ processors: [{ set: { field: "_index", value: "{{i}}" } }] },
	],
	[
		"PUT /_ingest/pipeline/redirect",
		{ processors: [{ trim: { field: "i", target_field: "_index" } }] },
	],
	["POST /views", { name: "v", targets: [{ indexPattern: "INDEX" }] }],
	["PUT /views/v", { description: "", targets: [{ indexPattern: ".m*" }] }],
	["POST /_snapshot/r/s/_restore", { indices: "+INDEX" }],
	[
		"POST /_snapshot/r/s/_restore",
		{ indices: "a", rename_pattern: "x(.+)", rename_replacement: ".$1" },
	],
	[
		"PUT /_scripts/stored",
		{ script: { lang: "mustache", source: { query: lookup } } },
	],
	[
		"PUT /_ingest/pipeline/redirect",
		{ processors: [{ set: { field: "_index", value: "INDEX" } }] },
	],
	[
		"POST /_scripts/painless/_execute",
		{
			script: { source: "1" },
			context: "filter",
			context_setup: { index: "INDEX", document: {} },
		},
	],
	[
		"POST /_cluster/reroute",
		{ commands: [{ cancel: { index: "INDEX", shard: 0, node: "x" } }] },
	],
	["GET /_cluster/allocation/explain", { index: "INDEX", shard: 0 }],
	["POST /_snapshot/r/s/_restore", { indices: "INDEX" }],
	["PUT /_snapshot/r/s", { indices: ["INDEX"] }],
	["POST /_plugins/_sql", { query: "SELECT * FROM INDEX" }],
	["POST /_plugins/_sql", { query: "SELECT * FROM `.m*`" }],
	["POST /_plugins/_ppl", { query: "source=INDEX | head 1" }],
	[
		"PUT /_plugins/_transform/t",
		{ transform: { source_index: "INDEX", target_index: "stolen" } },
	],
	[
		"PUT /_plugins/_ism/policies/p",
		{ policy: { ism_template: [{ index_patterns: [".ml-sidecar*"] }] } },
	],
	["POST /_plugins/_ism/add/INDEX", { policy_id: "p" }],
];

describe("the sidecar's own indices", () => {
	it.each(forbiddenCalls)("cannot be reached by %s %j", async (line, body) => {
		const answer = await ask(sent(line, body));
		expect(answer.status, answer.text).toBe(403);
		expect(answer.text).not.toContain(secret);
		if (!line.startsWith("HEAD"))
			expect(JSON.parse(answer.text)).toMatchObject({
				error: { type: "security_exception" },
				status: 403,
			});
	});

	const mget = named('{"docs":[{"_index":"INDEX","_id":"1"}]}');
	it.each<[string, Buffer, Record<string, string>, status?: number]>([
		["gzip", gzipSync(mget), { "content-encoding": "gzip" }],
		["UTF-16", Buffer.from(mget, "utf16le"), {}],
		["UTF-16, big-endian", Buffer.from(mget, "utf16le").swap16(), {}],
		[
			"UTF-32",
			Buffer.concat(
				[...mget].map((c) => {
					const bytes = Buffer.alloc(4);
					bytes.writeUInt32LE(c.codePointAt(0) ?? 0);
					return bytes;
				}),
			),
			{},
		],
		[
			"UTF-8 that is longer than it has to be",
			Buffer.from(mget.replace('".ml', '"\xc0\xaeml'), "latin1"),
			{},
		],
		[
			"YAML whose UTF-8 is longer than it has to be",
			Buffer.from(
				`docs:\n- _index: "\xc0\xae${hidden.slice(1)}"\n  _id: "1"\n`,
				"latin1",
			),
			{ "content-type": "application/yaml" },
			400,
		],
		[
			"YAML",
			Buffer.from(`docs:\n- _index: "\\x2e${hidden.slice(1)}"\n  _id: "1"\n`),
			{ "content-type": "application/yaml" },
		],
	])(
		"cannot be read by a body in %s",
		async (_, body, headers, status = 403) => {
			const call = { method: "POST", path: "/_mget", body, headers };
			// The attack works where nobody is in between.
			expect((await ask(call, opensearchUrl())).text).toContain(secret);
			const answer = await ask(call);
			expect(answer.status, answer.text).toBe(status);
		},
	);

	it("cannot be read by a body whose encoding is declared to be the connection's own", async () => {
		const headers = {
			connection: "content-encoding",
			"content-encoding": "gzip",
		};
		const call = { method: "POST", path: "/_mget", body: mget, headers };
		const answer = await ask(call);
		expect(answer.status, answer.text).toBe(403);
		expect(answer.text).not.toContain(secret);
	});

	it("cannot be searched through a view that was made around the sidecar", async () => {
		// OpenSearch makes the view, and never answers.
		const asked = new AbortController();
		const made = fetch(`${opensearchUrl()}/views`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({
				name: view,
				description: "",
				targets: [{ indexPattern: "*" }],
			}),
			signal: asked.signal,
		}).catch(() => undefined);
		await expect
			.poll(
				async () => (await fetch(`${opensearchUrl()}/views/${view}`)).status,
			)
			.toBe(200);
		asked.abort();
		await made;
		const path = `/views/${view}/_search`;
		const wide = {
			method: "GET",
			path: `${path}?expand_wildcards=all&size=1000`,
		};
		// The attack works where nobody is in between.
		expect((await ask(wide, opensearchUrl())).text).toContain(secret);
		expect((await ask(wide)).status).toBe(403);
		const plainly = await ask({ method: "GET", path });
		expect(plainly.status, plainly.text).toBe(200);
		expect(plainly.text).not.toContain(secret);
		await callOpenSearch("DELETE", `/views/${view}`);
	});

	it("cannot be written by a bulk in gzip", async () => {
		const body = gzipSync(named('{"delete":{"_index":"INDEX","_id":"1"}}\n'));
		const headers = { "content-encoding": "gzip" };
		const answer = await ask({ method: "POST", path: "/_bulk", body, headers });
		expect(answer.status, answer.text).toBe(403);
	});

	it("cannot be reached by a body in an encoding that only OpenSearch may know", async () => {
		const headers = { "content-encoding": "snappy" };
		const body = "unreadable";
		const answer = await ask({ method: "POST", path: "/_mget", body, headers });
		expect(answer.status).toBe(400);
	});

	it.each<[string, unknown?]>([
		["GET /*/_search?expand_wildcards=all"],
		["GET /_all/_search?expand_wildcards=all"],
		["GET /%5Fall/_search?expand_wildcards=open,hidden"],
		["GET /,/_search?expand_wildcards=all"],
		["GET /_all,/_search?expand_wildcards=all"],
		["GET /_all%2C/_search?expand_wildcards=all"],
		["GET /%2C/_search?expand_wildcards=all"],
		["GET /_search?index=_all,&expand_wildcards=all"],
		["GET /_cat/indices/_all,?expand_wildcards=all"],
		["POST /_msearch", '{"index":",","expand_wildcards":"all"}\n{}\n'],
		["POST /_msearch", '{"index":"_all,","expand_wildcards":"all"}\n{}\n'],
		["POST /_msearch", '{"index":"*","expandWildcards":"all"}\n{}\n'],
		["GET /_search?expand_wildcards=all"],
		["GET /_search?%65xpand_wildcards=all"],
		["GET /_search?index=*&expand_wildcards=all"],
		["GET /_search?index=_all&expand_wildcards=all"],
		["GET /.m*/_search"],
		["GET /.ml-sidecar-*/_search"],
		["GET /%2em*,/_search"],
		["GET /.*/_search"],
		["GET /*,-.ml-sidecar-*,.m*/_search?expand_wildcards=all"],
		["GET /_cat/indices/.ml*"],
		["GET /_cat/indices?expand_wildcards=all"],
		["GET /_cluster/health/*?level=indices"],
		["GET /_resolve/index/*?expand_wildcards=all"],
		["GET /*/_alias"],
		["GET /_alias?expand_wildcards=all"],
		["GET /_mapping?expand_wildcards=all"],
		["GET /*/_settings?expand_wildcards=all"],
		["GET /_stats?expand_wildcards=all"],
		["POST /_msearch", '{"index":".m*"}\n{}\n'],
		["POST /_msearch", '{"expand_wildcards":"all"}\n{}\n'],
		["POST /_msearch", '{"index":"*","expand_wildcards":["all"]}\n{}\n'],
		["POST /_msearch?expand_wildcards=all", '{"index":"*"}\n{}\n'],
		["POST /_msearch?expand_wildcards=all", "\n{}\n{}\n\n{}\n"],
		["POST /_msearch", '\n{"index":".m*"}\n{}\n'],
	])("are not what the wildcard of %s %j matches", async (line, body) => {
		const answer = await ask(sent(line, body));
		expect(answer.text).not.toContain(secret);
		expect(answer.text).not.toContain(hidden);
		expect(answer.status, answer.text).toBe(200);
		const others = /search|_settings|_mapping|resolve|indices\?|_stats/;
		if (others.test(line) && !/\/(\.|%2e)|index":"\./.test(named(line) + body))
			expect(answer.text).toContain(plain);
	});

	it("are not copied by a reindex of a wildcard", async () => {
		const dest = uniqueName("copy");
		const answer = await ask(
			sent("POST /_reindex?refresh=true", {
				source: { index: ".ml-*" },
				dest: { index: dest },
			}),
		);
		expect(answer.status, answer.text).toBe(200);
		expect(JSON.parse(answer.text)).toMatchObject({ total: 0 });
	});

	it("survive a client that deletes everything", async () => {
		const mine = uniqueName("mine");
		await sidecar.call("PUT", `/${mine}`, {});
		for (const path of [
			`/${mine},.ml-sidecar-*`,
			`/.ml-*,${mine}-*?expand_wildcards=all`,
		])
			await ask({ method: "DELETE", path });
		const left = await ask({ method: "HEAD", path: `/${mine}` });
		expect(left.status).toBe(404);
		expect(await callOpenSearch("GET", `/${hidden}/_doc/1`)).toMatchObject({
			_version: 1,
			_source: { text: secret },
		});
	});

	it("are not reached through an alias that somebody gave them around the sidecar", async () => {
		await callOpenSearch("PUT", `/${hidden}/_alias/${alias}`);
		await expect
			.poll(async () => (await ask(sent(`GET /${alias}/_search`))).status, {
				timeout: 10_000,
			})
			.toBe(403);
		for (const [line, body] of [
			[`GET /_search?index=${alias}`],
			["POST /_bulk", `{"delete":{"_index":"${alias}","_id":"1"}}\n`],
			["POST /_mget", { docs: [{ _index: alias, _id: "1" }] }],
			["POST /_msearch", `{"index":"${alias}"}\n{}\n`],
			["POST /_reindex", { source: { index: alias }, dest: { index: "x" } }],
		] as const)
			expect((await ask(sent(line, body))).status, line).toBe(403);
		const pattern = `${alias.slice(0, -2)}*`;
		for (const [line, body] of [
			[`GET /${pattern}/_search`],
			["POST /_msearch", `{"index":"${pattern}"}\n{}\n`],
			["GET /_search"],
		] as const)
			expect((await ask(sent(line, body))).text, line).not.toContain(secret);
		await callOpenSearch("DELETE", `/${hidden}/_alias/${alias}`);
		await expect
			.poll(async () => (await ask(sent(`GET /${alias}/_search`))).status, {
				timeout: 10_000,
			})
			.toBe(404);
	});
});

describe("the sidecar's index templates", () => {
	it("survive a deletion of all index templates, and the others go", async () => {
		const other = uniqueName("template");
		const put = await sidecar.call("PUT", `/_index_template/${other}`, {
			index_patterns: [`${other}-*`],
		});
		expect(put.status, put.text).toBe(200);
		const before = await callOpenSearch("GET", "/_index_template/ml-sidecar-*");
		const answer = await sidecar.call("DELETE", "/_index_template/*");
		expect([answer.status, answer.json]).toEqual([200, { acknowledged: true }]);
		expect(
			await callOpenSearch("GET", "/_index_template/ml-sidecar-*"),
		).toEqual(before);
		const gone = await sidecar.call("GET", `/_index_template/${other}`);
		expect(gone.status).toBe(404);
	});

	it("are as if they were not there for a deletion that matches nothing else", async () => {
		const path = "/_index_template/ml-sidecar-mod*";
		const [through, direct] = await Promise.all([
			ask({ method: "DELETE", path }),
			ask(
				{ method: "DELETE", path: "/_index_template/nothing*" },
				opensearchUrl(),
			),
		]);
		expect(through.status).toBe(direct.status);
		expect(JSON.parse(through.text)).toEqual(
			JSON.parse(direct.text.replaceAll("nothing*", "ml-sidecar-mod*")),
		);
	});
});

describe("what only looks like the sidecar's", () => {
	it.each<[string, unknown?]>([
		["PUT /PLAIN/_doc/x", { text: "INDEX", index: "INDEX", _x: "*" }],
		["PUT /PLAIN/_doc/INDEX", { text: "a" }],
		["PUT /PLAIN-b/_doc/same", '{"index":{"_index":"INDEX"}}'],
		["GET /PLAIN/_doc/INDEX"],
		["POST /PLAIN/_update/x", { doc: { index: "INDEX" } }],
		[
			"POST /PLAIN/_bulk",
			'{"index":{"_index":"PLAIN-b","_id":"4"}}\n{"index":{"_index":"INDEX"}}\n{"delete":{"_id":"INDEX"}}\n',
		],
		["POST /PLAIN/_bulk", '{"index":{"_id":"5"}}\n{"text":".ml-sidecar-x"}\n'],
		["POST /PLAIN/_search", { query: { match: { text: "INDEX" } } }],
		["POST /PLAIN/_search", { query: { match: { index: "INDEX" } } }],
		["POST /PLAIN/_search", { query: { term: { _index: "INDEX" } } }],
		["POST /PLAIN/_search", { query: { terms: { index: ["INDEX"] } } }],
		["POST /PLAIN/_search", { query: { query_string: { query: "INDEX" } } }],
		["POST /PLAIN/_count", { query: { match: { alias: { query: "INDEX" } } } }],
		["GET /PLAIN/_search?q=text:INDEX"],
		["POST /PLAIN/_msearch", '{}\n{"query":{"match":{"text":"INDEX"}}}\n'],
		["POST /_analyze", { text: "INDEX" }],
		[
			"POST /PLAIN/_search/template",
			{
				source: { query: { match: { other: "{{t}}" } } },
				params: { t: "INDEX" },
			},
		],
		[
			"POST /PLAIN/_search/template",
			{
				source:
					'{"size":{{n}}{{#t}},"query":{"match":{"other":"{{t}}"}}{{/t}}}',
				params: { t: "INDEX", n: 3 },
			},
		],
		["POST /_search/template", { id: "nothing", params: { t: "INDEX" } }],
		["POST /PLAIN/_mget", { ids: ["INDEX", "1"] }],
		["GET /ml-sidecar-model/_search"],
		["GET /x.ml-sidecar-model/_search"],
		["GET /-INDEX/_search"],
		["GET /*,-INDEX/_count"],
		["GET /<logs-{now%2Fd}>/_count"],
		["GET /_ingest/pipeline/INDEX"],
		["GET /_scripts/INDEX"],
		["GET /_search/pipeline/INDEX"],
		["GET /*/_count?expand_wildcards=hidden"],
		["POST /_mget", '{"docs":[{"_index":"PLAIN","_id":"1"}]}'],
		["POST /PLAIN/_search", '{"query":{"match":{"text":"caf\\u00e9"}}}'],
		["POST /PLAIN/_search", '{"query": \\u00e9'],
	])("is passed on: %s %j", async (line, body) => {
		const call = sent(line, body);
		const [through, direct] = [
			await ask(call),
			await ask(call, opensearchUrl()),
		];
		expect(through.status).not.toBe(403);
		const general = (text: string) =>
			text
				.replaceAll(/"(took|_version|_seq_no)":\d+/g, "")
				.replaceAll(/"result":"(created|updated|noop|deleted|not_found)"/g, "")
				.replaceAll(/"status":(200|201|404)/g, "")
				.replaceAll(/"_shards":\{[^}]*\}/g, "");
		if (!line.startsWith("PUT"))
			expect(general(through.text)).toBe(general(direct.text));
		else expect(Math.floor(through.status / 100)).toBe(2);
	});

	it("is stored as it was sent", async () => {
		const source = '{"text":".ml-sidecar-model",  "index":{"_index":"*"}}';
		await ask(sent("PUT /PLAIN-b/_doc/exact", source));
		const read = await ask(sent("GET /PLAIN-b/_source/exact"), opensearchUrl());
		expect(read.text).toBe(source);
	});

	it("is found", async () => {
		await ask(sent("PUT /PLAIN/_doc/found?refresh=true", { text: "INDEX" }));
		const { text } = await ask(
			sent("POST /PLAIN/_search", { query: { match: { text: "INDEX" } } }),
		);
		expect(text).toContain('"_id":"found"');
	});

	it("is passed on in a body past SIDECAR_JSON_BODY_LIMIT, unless it names them", async () => {
		const small = await startSidecar({ SIDECAR_JSON_BODY_LIMIT: 1_000 });
		const long = (query: object) =>
			sent("POST /PLAIN/_count", {
				query: {
					bool: {
						should: Array.from({ length: 500 }, (_, n) => ({
							match: { text: `word ${n}` },
						})),
						filter: [query],
					},
				},
			});
		try {
			const fine = await ask(long({ match_all: {} }), small.url);
			expect(fine.status, fine.text).toBe(200);
			const refused = await ask(long(lookup), small.url);
			expect(refused.status, refused.text).toBe(413);
		} finally {
			await small.close();
		}
	});
});
