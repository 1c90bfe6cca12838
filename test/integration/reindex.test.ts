import {
	afterAll,
	beforeAll,
	describe,
	expect,
	inject,
	it,
	onTestFinished,
} from "vitest";
import { isObject } from "../../ingest/json.ts";
import { createEmbeddingIndex } from "../helpers/embedding-index.ts";
import { eventually } from "../helpers/eventually.ts";
import {
	callOpenSearch,
	opensearchUrl,
	uniqueName,
} from "../helpers/opensearch.ts";
import {
	deployMiniLm,
	removeModel,
	startSidecar,
	type TestSidecar,
	textAt,
} from "../helpers/sidecar.ts";
import { runSidecar } from "../helpers/sidecar-process.ts";
import { cosine, predictedVector } from "../helpers/vectors.ts";

let sidecar: TestSidecar;
let model: string;

/** Documents without vectors; even ones have a routing of their own. */
let source: string;
const count = 30;

beforeAll(async () => {
	sidecar = await startSidecar();
	model = await deployMiniLm(sidecar, inject("minilm").int8);
	source = await plainIndex();
});
afterAll(async () => {
	await removeModel(sidecar, model);
	await sidecar.close();
});

async function plainIndex(): Promise<string> {
	const name = uniqueName("plain");
	await callOpenSearch("PUT", `/${name}`, {
		settings: { number_of_shards: 2 },
	});
	const lines = Array.from({ length: count }, (_, n) => {
		const routing = n % 2 === 0 ? `,"routing":"r${n}"` : "";
		return `{"index":{"_id":"${n}"${routing}}}\n{"n":${n},"big":9007199254740993,"text":"text number ${n}"}\n`;
	});
	await callOpenSearch("POST", `/${name}/_bulk?refresh=true`, lines.join(""));
	return name;
}

/** An answer without what differs from time to time and from index to index. */
function comparable(answer: unknown, ...indices: string[]): unknown {
	const text = indices.reduce(
		(result, index) => result.replaceAll(index, "INDEX"),
		JSON.stringify(answer),
	);
	return JSON.parse(
		text
			.replace(/"took":\d+/, '"took":0')
			.replaceAll(/"index_uuid":"[^"]+"/g, '"index_uuid":""')
			.replaceAll(/"shard":"\d"/g, '"shard":""'),
	);
}

/** The same request, carried out by OpenSearch for a plain index. */
async function byOpenSearch(path: string, body: object) {
	const answer = await sidecar.call("POST", path, body);
	return { status: answer.status, json: answer.json };
}

interface Stored {
	_id: string;
	_routing?: string;
	_source: { n: number; text: string; vector?: number[] };
}

async function documents(index: string): Promise<Stored[]> {
	await callOpenSearch("POST", `/${index}/_refresh`);
	const answer = await callOpenSearch("GET", `/${index}/_search?size=100`);
	const hits = isObject(answer) && isObject(answer.hits) && answer.hits.hits;
	return Array.isArray(hits) ? hits : [];
}

async function expectVectors(found: readonly Stored[]): Promise<void> {
	for (const { _source: document } of found)
		expect(document.vector, JSON.stringify(document)).toHaveLength(384);
	const [first] = found;
	if (!first?._source.vector) throw new Error("no document");
	const vector = await predictedVector(sidecar, model, first._source.text);
	expect(cosine(first._source.vector, vector)).toBeGreaterThan(0.9999);
}

function task(id: string, parameters = "") {
	return sidecar.call("GET", `/_tasks/${id}${parameters}`);
}

describe("_reindex into an index that embeds", () => {
	it("gives every document its vector, and answers as OpenSearch does", async () => {
		const dest = await createEmbeddingIndex(sidecar, model);
		const plain = uniqueName("plain");
		const body = (index: string) => ({
			source: { index: source, size: 7 },
			dest: { index },
		});
		const answer = await sidecar.call("POST", "/_reindex", body(dest));
		expect(answer.status, answer.text).toBe(200);
		const own = await byOpenSearch("/_reindex", body(plain));
		expect(comparable(answer.json)).toEqual(comparable(own.json));
		const found = await documents(dest);
		expect(found).toHaveLength(count);
		await expectVectors(found);
		expect(found.find(({ _id }) => _id === "4")?._routing).toBe("r4");
		const { text } = await sidecar.call(
			"GET",
			`/${dest}/_source/4?routing=r4&_source=big`,
		);
		expect(text).toContain("9007199254740993");
	});

	it.each([
		["slices", "?slices=3", {}],
		["automatic slices and a limit", "?slices=auto&max_docs=10", {}],
		["a limit in the body", "", { max_docs: 5 }],
		["a limit under its old name", "", { size: 5 }],
		["a limit in the URL, and a refresh", "?max_docs=5&refresh", {}],
	])("counts %s as OpenSearch does", async (_name, parameters, more) => {
		const dest = await createEmbeddingIndex(sidecar, model);
		const plain = uniqueName("plain");
		const body = (index: string) => ({
			source: { index: [source] },
			dest: { index },
			...more,
		});
		const path = `/_reindex${parameters}`;
		const answer = await sidecar.call("POST", path, body(dest));
		const own = await byOpenSearch(path, body(plain));
		expect(comparable(answer.json)).toEqual(comparable(own.json));
		await expectVectors(await documents(dest));
	});

	it("ends with conflicts, or counts them and goes on, as OpenSearch does", async () => {
		const dest = await createEmbeddingIndex(sidecar, model);
		const plain = uniqueName("plain");
		for (const index of [dest, plain])
			await sidecar.call("PUT", `/${index}/_doc/3?refresh`, { text: "here" });
		for (const conflicts of ["abort", "proceed"]) {
			const body = (index: string) => ({
				conflicts,
				source: { index: source, sort: ["n"] },
				dest: { index, op_type: "create" },
			});
			const answer = await sidecar.call("POST", "/_reindex", body(dest));
			const own = await byOpenSearch("/_reindex", body(plain));
			expect(answer.status).toBe(own.status);
			expect(comparable(answer.json, dest)).toEqual(
				comparable(own.json, plain),
			);
		}
	});

	it("keeps outside versions, and puts routing where it was told to", async () => {
		const dest = await createEmbeddingIndex(sidecar, model);
		const body = {
			source: { index: source, query: { term: { n: 4 } } },
			dest: { index: dest, version_type: "external", routing: "=all" },
		};
		const first = await sidecar.call("POST", "/_reindex", body);
		expect(first.json).toMatchObject({ created: 1, version_conflicts: 0 });
		const again = await sidecar.call("POST", "/_reindex", body);
		expect(again.status).toBe(409);
		expect(again.json).toMatchObject({ version_conflicts: 1 });
		expect((await documents(dest))[0]?._routing).toBe("all");
	});

	it("runs a script on each document before it is embedded", async () => {
		const dest = await createEmbeddingIndex(sidecar, model);
		const plain = uniqueName("plain");
		const body = (index: string) => ({
			source: { index: source },
			dest: { index, routing: "discard" },
			script: {
				source: `if (ctx._source.n % 3 == 0) ctx.op = "noop";
					else if (ctx._source.n % 3 == 1) ctx.op = "delete";
					ctx._source.text = params.word + " " + ctx._source.n;
					ctx._id = "s" + ctx._id; ctx._routing = "scripted"`,
				params: { word: "scripted" },
			},
		});
		const answer = await sidecar.call("POST", "/_reindex", body(dest));
		const own = await byOpenSearch("/_reindex", body(plain));
		expect(comparable(answer.json)).toEqual(comparable(own.json));
		expect(answer.json).toMatchObject({ created: 10, noops: 10, deleted: 10 });
		const found = await documents(dest);
		await expectVectors(found);
		expect(found.map(({ _id }) => _id)).toContain("s29");
		for (const { _routing, _source: document } of found) {
			expect(_routing).toBe("scripted");
			expect(document.text).toBe(`scripted ${document.n}`);
		}
	});

	it("lets a script send documents to an index that embeds", async () => {
		const dest = await createEmbeddingIndex(sidecar, model);
		const { json } = await sidecar.call("POST", "/_reindex", {
			source: { index: source },
			dest: { index: uniqueName("other") },
			max_docs: 3,
			script: { source: "ctx._index = params.index", params: { index: dest } },
		});
		expect(json).toMatchObject({ created: 3 });
		await expectVectors(await documents(dest));
	});

	it.each([
		["ctx.foo = 1"],
		["ctx.op = 'create'"],
		["ctx.op = null"],
		["ctx._source.missing.field = 1"],
		["this is no script"],
	])("answers the script [%s] as OpenSearch does", async (script) => {
		const dest = await createEmbeddingIndex(sidecar, model);
		const body = (index: string) => ({
			source: { index: source },
			dest: { index },
			script: { source: script },
		});
		const answer = await sidecar.call("POST", "/_reindex", body(dest));
		const own = await byOpenSearch("/_reindex", body(uniqueName("plain")));
		const withoutProcessor = answer.text.replaceAll(
			'"processor_type":"script",',
			"",
		);
		expect(JSON.parse(withoutProcessor)).toEqual(own.json);
		expect(answer.status).toBe(own.status);
	});

	it("reindexes what a neural query finds", async () => {
		const first = await createEmbeddingIndex(sidecar, model);
		const dest = await createEmbeddingIndex(sidecar, model);
		const filled = await sidecar.call("POST", "/_reindex?refresh", {
			source: { index: source },
			dest: { index: first },
		});
		expect(filled.json).toMatchObject({ created: count });
		const query_text = "text number 7";
		const neural = { vector: { query_text, model_id: model, k: 1 } };
		const { json } = await sidecar.call("POST", "/_reindex", {
			source: { index: first, query: { neural } },
			dest: { index: dest },
			max_docs: 1,
		});
		expect(json).toMatchObject({ total: 1, created: 1 });
		const [found] = await documents(dest);
		expect(found?._source.text).toBe(query_text);
	});

	it.each([
		["an unknown field", { source: { index: "SOURCE", foo: 1 } }],
		["no source", {}],
		["a source that is not there", { source: { index: "no-such-index" } }],
		["a script that is no script", { source: { index: "SOURCE" }, script: 1 }],
		["a wrong conflicts", { source: { index: "SOURCE" }, conflicts: "maybe" }],
	])("refuses %s in OpenSearch's words", async (_name, body) => {
		const dest = await createEmbeddingIndex(sidecar, model);
		const send = (index: string) => {
			const text = JSON.stringify({ ...body, dest: { index } });
			return text.replaceAll("SOURCE", source);
		};
		const answer = await sidecar.call("POST", "/_reindex", send(dest));
		const own = await sidecar.call(
			"POST",
			"/_reindex",
			send(dest.slice(0, -1)),
		);
		expect(answer.status).toBe(own.status);
		expect(answer.status).toBeGreaterThanOrEqual(400);
		expect(comparable(answer.json, dest)).toMatchObject({
			error: { type: textAt(own.json, "error", "type") },
		});
	});

	it("refuses another cluster's documents, with a reason", async () => {
		const dest = await createEmbeddingIndex(sidecar, model);
		const { status, text } = await sidecar.call("POST", "/_reindex", {
			source: { index: source, remote: { host: "http://localhost:1" } },
			dest: { index: dest },
		});
		expect(status).toBe(400);
		expect(text).toContain("[source.remote] is not supported");
	});

	it("reads smaller pages where the documents are large", async () => {
		const small = await startSidecar({ SIDECAR_ANSWER_LIMIT: 4_000 });
		onTestFinished(() => small.close());
		const dest = await createEmbeddingIndex(sidecar, model);
		const { text, json } = await small.call("POST", "/_reindex", {
			source: { index: source },
			dest: { index: dest },
		});
		expect(json, text).toMatchObject({ created: count });
		expect(text).not.toMatch(/"batches":[1-6],/);
		await expectVectors(await documents(dest));
	});

	it("tells what failed on a document, and stops there", async () => {
		const broken = uniqueName("plain");
		await callOpenSearch("PUT", `/${broken}/_doc/1?refresh`, { text: 7 });
		const dest = await createEmbeddingIndex(sidecar, model);
		const { status, json } = await sidecar.call("POST", "/_reindex", {
			source: { index: broken },
			dest: { index: dest },
		});
		expect(status).toBe(400);
		expect(json).toMatchObject({
			created: 0,
			failures: [{ index: dest, id: "1", status: 400 }],
		});
	});
});

describe("_update_by_query on an index that embeds", () => {
	it("embeds again what is there, and answers as OpenSearch does", async () => {
		const index = await createEmbeddingIndex(sidecar, model);
		const pipeline = { "index.default_pipeline": "_none" };
		const settings = await callOpenSearch("GET", `/${index}/_settings`);
		const name = textAt(
			settings,
			index,
			"settings",
			"index",
			"default_pipeline",
		);
		await callOpenSearch("PUT", `/${index}/_settings`, pipeline);
		await callOpenSearch("POST", "/_reindex?refresh=true", {
			source: { index: source },
			dest: { index },
		});
		const path = `/_update_by_query?scroll_size=8&refresh`;
		const given = `${path}&pipeline=${name}&q=n:%3E24`;
		const some = await sidecar.call("POST", `/${index}${given}`);
		expect(some.json).toMatchObject({ total: 5, updated: 5, batches: 1 });
		await sidecar.call("PUT", `/${index}/_settings`, {
			"index.default_pipeline": name,
		});
		const all = await sidecar.call("POST", `/${index}${path}`);
		const plain = await plainIndex();
		const own = await byOpenSearch(`/${plain}${path}`, {});
		expect(comparable(all.json)).toEqual(comparable(own.json));
		const found = await documents(index);
		expect(found).toHaveLength(count);
		await expectVectors(found);
	});

	it("runs a script, and embeds what it leaves", async () => {
		const index = await createEmbeddingIndex(sidecar, model);
		await sidecar.call("POST", "/_reindex?refresh", {
			source: { index: source },
			dest: { index },
		});
		const body = {
			query: { range: { n: { lt: 10 } } },
			script: { source: "ctx._source.text = 'changed ' + ctx._source.n" },
		};
		const path = `/${index}/_update_by_query?slices=2`;
		const { json } = await sidecar.call("POST", path, body);
		expect(json).toMatchObject({ total: 10, updated: 10 });
		const changed = (await documents(index)).filter(({ _source: document }) =>
			document.text.startsWith("changed"),
		);
		expect(changed).toHaveLength(10);
		await expectVectors(changed);
		const moved = await sidecar.call("POST", path, {
			script: { source: "ctx._id = 'x'" },
		});
		expect(moved.status).toBe(400);
		expect(moved.text).toContain("Modifying [_id] not allowed");
	});
});

describe("a reindex that nobody waits for", () => {
	it("has a task that tells how far it is, and how it ended", async () => {
		const dest = await createEmbeddingIndex(sidecar, model);
		const started = await sidecar.call(
			"POST",
			"/_reindex?wait_for_completion=false",
			{ source: { index: source }, dest: { index: dest } },
		);
		const id = textAt(started.json, "task");
		const { json } = await task(id, "?wait_for_completion=true");
		expect(json).toMatchObject({
			completed: true,
			task: {
				action: "indices:data/write/reindex",
				description: `reindex from [${source}] to [${dest}]`,
				cancellable: true,
				cancelled: false,
				status: { total: count, created: count },
			},
			response: { total: count, created: count, failures: [] },
		});
	});

	it("goes slowly, is listed, made faster and cancelled", async () => {
		const dest = await createEmbeddingIndex(sidecar, model);
		const parameters = "wait_for_completion=false&requests_per_second=0.5";
		const started = await sidecar.call("POST", `/_reindex?${parameters}`, {
			source: { index: source, size: 1 },
			dest: { index: dest },
		});
		const id = textAt(started.json, "task");
		await eventually(async () => {
			const { text } = await task(id);
			return text.includes('"created":1');
		});
		const list = await sidecar.call("GET", "/_tasks?actions=*reindex&detailed");
		expect(list.text).toContain(`"${id}":{`);
		const faster = await sidecar.call(
			"POST",
			`/_reindex/${id}/_rethrottle?requests_per_second=4`,
		);
		expect(faster.text).toContain('"requests_per_second":4');
		await eventually(async () => {
			const { text } = await task(id);
			return text.includes('"created":3');
		});
		const cancelled = await sidecar.call("POST", `/_tasks/${id}/_cancel`);
		expect(cancelled.text).toContain('"cancelled":true');
		const { json, text } = await task(id, "?wait_for_completion=true");
		expect(json).toMatchObject({
			completed: true,
			task: { cancelled: true },
			response: { total: count, canceled: "by user request" },
		});
		expect(text).not.toContain(`"created":${count}`);
		const again = await sidecar.call("POST", `/_tasks/${id}/_cancel`);
		expect(again.text).toContain("resource_not_found_exception");
	});

	it("is stopped with its sidecar, and what it did is still told, by another one", async () => {
		const other = await startSidecar();
		const dest = await createEmbeddingIndex(sidecar, model);
		const parameters = "wait_for_completion=false&requests_per_second=1";
		const started = await other.call("POST", `/_reindex?${parameters}`, {
			source: { index: source, size: 1, query: { range: { n: { lt: 20 } } } },
			dest: { index: dest },
		});
		const id = textAt(started.json, "task");
		await eventually(async () => {
			const { text } = await other.call("GET", `/_tasks/${id}`);
			return /"created":[1-9]/.test(text);
		});
		await other.close();
		const { json, text } = await task(id);
		expect(json).toMatchObject({
			completed: true,
			task: { status: { total: 20 } },
			error: { type: "task_cancelled_exception" },
		});
		const created = Number(/"created":(\d+)/.exec(text)?.[1]);
		expect(await documents(dest)).toHaveLength(created);
	});

	it("is known to have ended, and how far it came, when its sidecar is killed", async () => {
		const { child, address, closed } = await runSidecar({
			OPENSEARCH_URL: opensearchUrl(),
		});
		onTestFinished(async () => {
			child.kill("SIGKILL");
			await closed;
		});
		const url = await address;
		const dest = await createEmbeddingIndex(sidecar, model);
		const path = "/_reindex?wait_for_completion=false&requests_per_second=2";
		let id: string | undefined;
		await eventually(async () => {
			// It says 503 until it has joined the others.
			const answer = await fetch(`${url}${path}`, {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify({
					source: { index: source, size: 1 },
					dest: { index: dest },
				}),
			});
			const json: unknown = await answer.json();
			id = answer.ok ? textAt(json, "task") : undefined;
			return answer.ok;
		});
		if (id === undefined) throw new Error("no task");
		const name = id;
		const createdIn = (text: string) =>
			Number(/"created":(\d+)/.exec(text)?.[1]);
		await eventually(async () => createdIn((await task(name)).text) > 1);
		child.kill("SIGKILL");
		await closed;
		const { json, text } = await task(name, "?wait_for_completion=true");
		expect(json).toMatchObject({
			completed: true,
			task: { status: { total: count } },
			error: { type: "task_cancelled_exception" },
		});
		const found = await documents(dest);
		expect(found.length).toBeGreaterThanOrEqual(createdIn(text));
		await expectVectors(found);
	});

	it("is cancelled through another sidecar", async () => {
		const other = await startSidecar();
		onTestFinished(() => other.close());
		const dest = await createEmbeddingIndex(sidecar, model);
		const parameters = "wait_for_completion=false&requests_per_second=0.01";
		const started = await other.call("POST", `/_reindex?${parameters}`, {
			source: { index: source, size: 1 },
			dest: { index: dest },
		});
		const id = textAt(started.json, "task");
		const cancelled = await sidecar.call("POST", `/_tasks/${id}/_cancel`);
		expect(cancelled.text).toContain('"cancelled":true');
		const { json } = await task(id, "?wait_for_completion=true");
		expect(json).toMatchObject({
			completed: true,
			response: { canceled: "by user request" },
		});
	});

	it("is refused where as many run as may", async () => {
		const busy = await startSidecar({ SIDECAR_REINDEX_LIMIT: 1 });
		onTestFinished(() => busy.close());
		const dest = await createEmbeddingIndex(sidecar, model);
		const path = "/_reindex?wait_for_completion=false&requests_per_second=0.01";
		const body = { source: { index: source, size: 1 }, dest: { index: dest } };
		const first = await busy.call("POST", path, body);
		const second = await busy.call("POST", path, body);
		expect(second.status).toBe(429);
		expect(second.headers.get("retry-after")).not.toBeNull();
		expect(second.text).toContain("SIDECAR_REINDEX_LIMIT");
		const id = textAt(first.json, "task");
		await busy.call("POST", `/_tasks/${id}/_cancel`);
		await busy.call("GET", `/_tasks/${id}?wait_for_completion=true`);
		const third = await busy.call("POST", path, body);
		expect(third.status, third.text).toBe(200);
	});

	it("goes on where a client that waited goes away", async () => {
		const dest = await createEmbeddingIndex(sidecar, model);
		const path = "/_reindex?requests_per_second=20&refresh";
		const leave = new AbortController();
		const left = fetch(`${sidecar.url}${path}`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({
				source: { index: source, size: 5 },
				dest: { index: dest },
			}),
			signal: leave.signal,
		});
		await eventually(async () => {
			const { text } = await sidecar.call("GET", "/_tasks?detailed");
			return new RegExp(`"created":5.*to .${dest}`).test(text);
		});
		leave.abort();
		await expect(left).rejects.toThrow();
		await eventually(async () => (await documents(dest)).length === count);
	});

	it("has an error where it fails", async () => {
		const dest = await createEmbeddingIndex(sidecar, model);
		const started = await sidecar.call(
			"POST",
			"/_reindex?wait_for_completion=false",
			{
				source: { index: source },
				dest: { index: dest },
				script: { source: "ctx.foo = 1" },
			},
		);
		const id = textAt(started.json, "task");
		const { json } = await task(id, "?wait_for_completion=true");
		expect(json).toMatchObject({
			completed: true,
			error: {
				type: "illegal_argument_exception",
				reason: "Invalid fields added to context [foo]",
			},
		});
	});
});
