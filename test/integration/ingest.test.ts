import { gzipSync } from "node:zlib";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createIndex, putPipeline } from "../helpers/embedding-index.ts";
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
import { cosine, predictedVector } from "../helpers/vectors.ts";

let sidecar: TestSidecar;
let model: string;

beforeAll(async () => {
	sidecar = await startSidecar();
	model = await deployMiniLm(sidecar, inject("minilm").int8);
});
afterAll(async () => {
	await removeModel(sidecar, model);
	await sidecar.close();
});

const embedding = () => ({
	text_embedding: { model_id: model, field_map: { text: "vector" } },
});

/** An index whose documents are embedded without being told to. */
async function embeddingIndex(): Promise<string> {
	const pipeline = await putPipeline(sidecar, { processors: [embedding()] });
	return createIndex(sidecar, { "index.default_pipeline": pipeline });
}

/** A document as OpenSearch has stored it. */
function stored(index: string, id: string) {
	return callOpenSearch("GET", `/${index}/_source/${id}`);
}

const Embedded = Compile(
	Type.Object({ text: Type.String(), vector: Type.Array(Type.Number()) }),
);

/** A document that has a vector, as OpenSearch has stored it. */
async function storedVector(index: string, id: string) {
	return Embedded.Parse(await stored(index, id));
}

function lines(...parts: unknown[]): string {
	return `${parts.map((part) => JSON.stringify(part)).join("\n")}\n`;
}

const vector = expect.objectContaining({ length: 384 });

/** Status, type and bytes of an answer to a GET. */
async function wholeAnswer(url: string, path: string) {
	const answer = await fetch(`${url}${path}`);
	return {
		status: answer.status,
		type: answer.headers.get("content-type"),
		body: Buffer.from(await answer.arrayBuffer()).toString("base64"),
	};
}

/** The sidecar's answer to a GET with a body, which fetch refuses to send. */
async function getWithBody(path: string, body: object): Promise<unknown> {
	const { body: answer } = await request(`${sidecar.url}${path}`, {
		method: "GET",
		headers: { "content-type": "application/json" },
		body: JSON.stringify(body),
	});
	return answer.json();
}

/** The field by which a stored pipeline knows the documents that the sidecar has seen. */
async function markOf(pipeline: string): Promise<string> {
	const path = `/_ingest/pipeline/${pipeline}`;
	const text = JSON.stringify(await callOpenSearch("GET", path));
	const [mark] = /_ml_sidecar_[0-9a-f]{16}/.exec(text) ?? [];
	if (mark === undefined) throw new Error(`no mark in ${text}`);
	return mark;
}

describe("a pipeline with text_embedding", () => {
	it("is read back as it was put, alone and among others", async () => {
		const definition = {
			description: "mine",
			processors: [{ lowercase: { field: "text" } }, embedding()],
			on_failure: [{ set: { field: "failed", value: true } }],
		};
		const id = await putPipeline(sidecar, definition);
		const one = await sidecar.call("GET", `/_ingest/pipeline/${id}`);
		expect(one.json).toEqual({ [id]: definition });
		const all = await sidecar.call("GET", "/_ingest/pipeline");
		expect(all.json).toMatchObject({ [id]: definition });
		const gone = await sidecar.call("DELETE", `/_ingest/pipeline/${id}`);
		expect(gone.json).toEqual({ acknowledged: true });
		expect((await sidecar.call("GET", `/_ingest/pipeline/${id}`)).status).toBe(
			404,
		);
	});

	it("keeps every number, key and comment of its other processors", async () => {
		const id = uniqueName("pipeline");
		const path = `/_ingest/pipeline/${id}`;
		const own = JSON.stringify(embedding());
		const others =
			'{"set":{"value":12345678901234567890,"field":"n"}},{"set":{"value":1.0,"field":"m"}}';
		const put = await sidecar.call(
			"PUT",
			path,
			`{"processors":[${others},${own} /* ours */],"version":7} // end`,
		);
		expect(put.status, put.text).toBe(200);
		const definition = `{"processors":[${others},${own}],"version":7}`;
		const back = await sidecar.call("GET", path);
		expect(back.text).toBe(`{"${id}":${definition}}`);
		expect(back.headers.get("content-type")).toMatch(/^application\/json/);
		const pretty = await sidecar.call("GET", `${path}?pretty`);
		expect(pretty.json).toEqual({ [id]: JSON.parse(definition) });
		expect(pretty.text).toContain(
			'      },\n      {\n        "text_embedding" : {\n',
		);
	});

	it.each(["cbor", "smile"])(
		"is answered as %s just as OpenSearch does",
		async (format) => {
			const id = await putPipeline(sidecar, { processors: [embedding()] });
			const path = `/_ingest/pipeline/${id}?format=${format}`;
			expect(await wholeAnswer(sidecar.url, path)).toEqual(
				await wholeAnswer(opensearchUrl(), path),
			);
		},
	);

	it.each(["_simulate", "_unknown", "nothing-of-that-name"])(
		"is not taken for what GET %s asks for",
		async (name) => {
			await putPipeline(sidecar, { processors: [embedding()] });
			const path = `/_ingest/pipeline/${name}`;
			expect(await wholeAnswer(sidecar.url, path)).toEqual(
				await wholeAnswer(opensearchUrl(), path),
			);
		},
	);

	it("can't have a name that may be OpenSearch's own: it is refused, and nothing is stored", async () => {
		const path = `/_ingest/pipeline/_${uniqueName("pipeline")}`;
		const put = await sidecar.call("PUT", path, { processors: [embedding()] });
		expect(put.status).toBe(400);
		expect(textAt(put.json, "error", "reason")).toBe(
			"No processor type exists with name [text_embedding]",
		);
		expect((await sidecar.call("GET", path)).status).toBe(404);
	});

	it("does not keep a GET with a body from being simulated", async () => {
		await putPipeline(sidecar, { processors: [embedding()] });
		const answer = await getWithBody("/_ingest/pipeline/_simulate", {
			pipeline: { processors: [{ set: { field: "a", value: 1 } }] },
			docs: [{ _source: {} }],
		});
		expect(answer).toMatchObject({ docs: [{ doc: { _source: { a: 1 } } }] });
	});

	it("refuses documents with a mark for another pipeline, or for one whose core processors were others", async () => {
		const index = await createIndex(sidecar);
		const definition = (field: string) => ({
			processors: [{ set: { field, value: 1 } }, embedding()],
		});
		const id = await putPipeline(sidecar, definition("a"));
		const mark = await markOf(id);
		const write = (n: number, pipeline: string) =>
			callOpenSearch("PUT", `/${index}/_doc/${n}?pipeline=${pipeline}`, {
				text: "a",
				[mark]: { p1: "done" },
			});
		await write(1, id);
		await expect(
			write(2, await putPipeline(sidecar, definition("a"))),
		).rejects.toThrow(/send it through the ML sidecar/);
		await sidecar.call("PUT", `/_ingest/pipeline/${id}`, definition("b"));
		await expect(write(3, id)).rejects.toThrow(
			/send it through the ML sidecar/,
		);
	});

	it("that is not valid is refused, and nothing is stored", async () => {
		const id = uniqueName("pipeline");
		const answer = await sidecar.call("PUT", `/_ingest/pipeline/${id}`, {
			processors: [{ text_embedding: { field_map: { a: "b" } } }],
		});
		expect(answer.status).toBe(400);
		expect(textAt(answer.json, "error", "reason")).toBe(
			"[model_id] required property is missing",
		);
		expect((await sidecar.call("GET", `/_ingest/pipeline/${id}`)).status).toBe(
			404,
		);
	});
});

describe("documents get their vectors", () => {
	it("by _doc and _create, with and without an id", async () => {
		const index = await embeddingIndex();
		const source = { text: "a small domestic cat", n: 1 };
		for (const path of ["_doc/1", "_create/2"])
			expect(
				(await sidecar.call("PUT", `/${index}/${path}`, source)).status,
			).toBe(201);
		const made = await sidecar.call("POST", `/${index}/_doc`, source);
		for (const id of ["1", "2", textAt(made.json, "_id")])
			expect(await stored(index, id)).toEqual({ ...source, vector });
	});

	it("the very vector that predict gives", async () => {
		const index = await embeddingIndex();
		await sidecar.call("PUT", `/${index}/_doc/1`, { text: "a small cat" });
		const document = await storedVector(index, "1");
		expect(
			cosine(
				document.vector,
				await predictedVector(sidecar, model, "a small cat"),
			),
		).toBeCloseTo(1, 6);
	});

	it("by _bulk: each item its own, in order, whatever happens to the others", async () => {
		const index = await embeddingIndex();
		const body = lines(
			{ index: { _id: "1" } },
			{ text: "first" },
			{ create: { _id: "2" } },
			{ text: 12 },
			{ delete: { _id: "nothing" } },
			{ index: { _id: "3" } },
			{ other: true },
			{ create: { _id: "1" } },
			{ text: "again" },
			{ index: { _id: "4" } },
			{ text: "last" },
		);
		const { json } = await sidecar.call("POST", `/${index}/_bulk`, body);
		expect(json).toMatchObject({
			errors: true,
			items: [
				{ index: { _id: "1", status: 201 } },
				{
					create: {
						_id: "2",
						error: {
							reason:
								"map type field [text] is neither string nor nested type, cannot process it",
						},
					},
				},
				{ delete: { _id: "nothing", status: 404 } },
				{ index: { _id: "3", status: 201 } },
				{ create: { _id: "1", status: 409 } },
				{ index: { _id: "4", status: 201 } },
			],
		});
		expect(await stored(index, "1")).toEqual({ text: "first", vector });
		expect(await stored(index, "3")).toEqual({ other: true });
	});

	it("by a gzipped, chunked _bulk whose lines name index and pipeline", async () => {
		const index = await createIndex(sidecar);
		const pipeline = await putPipeline(sidecar, { processors: [embedding()] });
		const body = lines(
			{ index: { _index: index, _id: "1", pipeline } },
			{ text: "first" },
			{ index: { _index: index, _id: "2" } },
			{ text: "second" },
		);
		const answer = await fetch(`${sidecar.url}/_bulk`, {
			method: "POST",
			headers: {
				"content-type": "application/json",
				"content-encoding": "gzip",
			},
			body: new Blob([gzipSync(body)]).stream(),
			duplex: "half",
		});
		expect(await answer.json()).toMatchObject({ errors: false });
		expect(await stored(index, "1")).toEqual({ text: "first", vector });
		expect(await stored(index, "2")).toEqual({ text: "second" });
	});

	it("by a bulk of many groups, all of them", async () => {
		const index = await embeddingIndex();
		const count = 300;
		const body = Array.from({ length: count }, (_, n) =>
			lines({ index: { _id: `${n}` } }, { text: `text number ${n % 50}` }),
		).join("");
		const { json } = await sidecar.call(
			"POST",
			`/${index}/_bulk?refresh=true`,
			body,
		);
		expect(json).toMatchObject({ errors: false });
		expect(
			await callOpenSearch("POST", `/${index}/_count`, {
				query: { exists: { field: "text" } },
			}),
		).toMatchObject({ count });
		expect(await stored(index, "299")).toEqual({
			text: "text number 49",
			vector,
		});
	});

	it("with ?pipeline= instead of the default, and none with _none", async () => {
		const index = await embeddingIndex();
		const pipeline = await putPipeline(sidecar, {
			processors: [
				{ text_embedding: { model_id: model, field_map: { text: "other" } } },
			],
		});
		await sidecar.call("PUT", `/${index}/_doc/1?pipeline=${pipeline}`, {
			text: "a",
		});
		await sidecar.call("PUT", `/${index}/_doc/2?pipeline=_none`, { text: "a" });
		expect(await stored(index, "1")).toEqual({ text: "a", other: vector });
		expect(await stored(index, "2")).toEqual({ text: "a" });
	});

	it("through an alias, a final pipeline, and the template of an index that is not there yet", async () => {
		const index = await embeddingIndex();
		const alias = uniqueName("alias");
		await sidecar.call("PUT", `/${index}/_alias/${alias}`);
		await sidecar.call("PUT", `/${alias}/_doc/1`, { text: "a" });
		expect(await stored(index, "1")).toEqual({ text: "a", vector });

		const pipeline = await putPipeline(sidecar, { processors: [embedding()] });
		const final = await createIndex(sidecar, {
			"index.final_pipeline": pipeline,
		});
		await sidecar.call("PUT", `/${final}/_doc/1?pipeline=_none`, { text: "a" });
		expect(await stored(final, "1")).toEqual({ text: "a", vector });

		const templated = uniqueName("templated");
		await sidecar.call("PUT", `/_index_template/${templated}`, {
			index_patterns: [templated],
			template: { settings: { "index.default_pipeline": pipeline } },
		});
		await sidecar.call("PUT", `/${templated}/_doc/1`, { text: "a" });
		expect(await stored(templated, "1")).toEqual({ text: "a", vector });
	});

	it("from the first write on, when an index is told so after it was written to", async () => {
		const index = await createIndex(sidecar);
		await sidecar.call("PUT", `/${index}/_doc/1`, { text: "a" });
		const pipeline = await putPipeline(sidecar, { processors: [embedding()] });
		await sidecar.call("PUT", `/${index}/_settings`, {
			"index.default_pipeline": pipeline,
		});
		const answer = await sidecar.call("PUT", `/${index}/_doc/2`, { text: "a" });
		expect(answer.status).toBe(201);
		expect(await stored(index, "2")).toEqual({ text: "a", vector });
	});

	it("where the cluster itself was told behind the sidecar's back: in a bulk and as a document", async () => {
		const pipeline = await putPipeline(sidecar, { processors: [embedding()] });
		const [plain, index] = [
			await createIndex(sidecar),
			await createIndex(sidecar),
		];
		const tell = (id: string | null) =>
			callOpenSearch("PUT", `/${index}/_settings`, {
				"index.default_pipeline": id ?? "_none",
			});
		const body = (id: string) =>
			lines(
				{ index: { _index: plain } },
				{ text: id },
				{ index: { _index: index, _id: id } },
				{ text: "a" },
			);
		await sidecar.call("PUT", `/${index}/_doc/0`, { text: "a" });
		await tell(pipeline);
		const { json } = await sidecar.call("POST", "/_bulk", body("1"));
		expect(json).toMatchObject({
			errors: false,
			items: [{ index: { status: 201 } }, { index: { _id: "1" } }],
		});
		expect(await stored(index, "1")).toEqual({ text: "a", vector });
		const other = await sidecar.call("PUT", `/${index}/_doc/2`, { text: "b" });
		expect(other.status).toBe(201);

		await tell(null);
		await sidecar.call("PUT", `/${index}/_settings`, {});
		await sidecar.call("PUT", `/${index}/_doc/3`, { text: "a" });
		await tell(pipeline);
		// Which item the one error is of, nobody can tell: nothing is sent twice.
		const part = "?filter_path=errors,items.*.error";
		const told = await sidecar.call("POST", `/_bulk${part}`, body("4"));
		expect(told.json).toMatchObject({ errors: true });
		await callOpenSearch("POST", `/${plain}/_refresh`);
		expect(await callOpenSearch("GET", `/${plain}/_count`)).toMatchObject({
			count: 2,
		});
	});

	it("or not, each with a result of its own: also what is held back before what OpenSearch can't read", async () => {
		const missing = await putPipeline(sidecar, {
			processors: [
				{
					text_embedding: {
						model_id: "unknown",
						field_map: { text: "vector" },
					},
				},
			],
		});
		const index = await createIndex(sidecar, {
			"index.default_pipeline": missing,
		});
		const { json } = await sidecar.call(
			"POST",
			`/${index}/_bulk`,
			'{"update":{"_id":"1"}}\n{"doc":{"text":"x"}}\n{"index":{"_id":"2"}}\n{"text": broken\n',
		);
		expect(json).toMatchObject({
			errors: true,
			items: [
				{ update: { _id: "1", status: 404 } },
				{ index: { _id: "2", status: 400 } },
			],
		});
	});

	it("of what the processors before leave, where the condition holds", async () => {
		const index = await createIndex(sidecar);
		const pipeline = await putPipeline(sidecar, {
			processors: [
				{ drop: { if: "ctx.drop == true" } },
				{ set: { field: "text", value: "{{{a}}} {{{b}}}" } },
				{
					text_embedding: {
						...embedding().text_embedding,
						if: "ctx.skip != true",
					},
				},
				{ remove: { field: ["a", "b"] } },
			],
		});
		const body = lines(
			{ index: { _id: "1" } },
			{ a: "small", b: "cat" },
			{ index: { _id: "2" } },
			{ a: "small", b: "cat", skip: true },
			{ index: { _id: "3" } },
			{ drop: true },
		);
		const { json } = await sidecar.call(
			"POST",
			`/${index}/_bulk?pipeline=${pipeline}`,
			body,
		);
		expect(json).toMatchObject({ errors: false });
		const first = await storedVector(index, "1");
		expect(first).toEqual({ text: "small cat", vector });
		expect(
			cosine(first.vector, await predictedVector(sidecar, model, "small cat")),
		).toBeCloseTo(1, 6);
		expect(await stored(index, "2")).toEqual({ text: "small cat", skip: true });
		await expect(stored(index, "3")).rejects.toThrow("404");
	});

	it("of what the default pipeline leaves, when the final one embeds", async () => {
		const first = await putPipeline(sidecar, {
			processors: [{ set: { field: "text", value: "small cat" } }],
		});
		const final = await putPipeline(sidecar, { processors: [embedding()] });
		const index = await createIndex(sidecar, {
			"index.default_pipeline": first,
			"index.final_pipeline": final,
		});
		await sidecar.call("PUT", `/${index}/_doc/1`, { text: "quantum physics" });
		const document = await storedVector(index, "1");
		expect(document.text).toBe("small cat");
		expect(
			cosine(
				document.vector,
				await predictedVector(sidecar, model, "small cat"),
			),
		).toBeCloseTo(1, 6);
	});

	it("of one step before the next one's condition is looked at", async () => {
		const index = await createIndex(sidecar);
		const pipeline = await putPipeline(sidecar, {
			processors: [
				embedding(),
				{
					text_embedding: {
						model_id: model,
						field_map: { other: "vector" },
						if: "ctx.vector == null",
					},
				},
			],
		});
		const path = `/${index}/_doc/1?pipeline=${pipeline}`;
		await sidecar.call("PUT", path, { text: "small cat", other: "physics" });
		const document = await storedVector(index, "1");
		expect(
			cosine(
				document.vector,
				await predictedVector(sidecar, model, "small cat"),
			),
		).toBeCloseTo(1, 6);
	});

	it("in a data stream, also after it was rolled over", async () => {
		const pipeline = await putPipeline(sidecar, { processors: [embedding()] });
		const stream = uniqueName("stream");
		await sidecar.call("PUT", `/_index_template/${stream}`, {
			index_patterns: [stream],
			data_stream: {},
			template: { settings: { "index.default_pipeline": pipeline } },
		});
		for (const text of ["first", "second"]) {
			const source = { "@timestamp": "2026-01-01T00:00:00Z", text };
			const answer = await sidecar.call(
				"POST",
				`/${stream}/_doc?refresh=true`,
				source,
			);
			expect(answer.status).toBe(201);
			await sidecar.call("POST", `/${stream}/_rollover`);
		}
		const { json } = await sidecar.call("GET", `/${stream}/_search`);
		expect(json).toMatchObject({
			hits: { hits: [{ _source: { vector } }, { _source: { vector } }] },
		});
		await sidecar.call("DELETE", `/_data_stream/${stream}`);
	});
});

describe("a document without its vector is never stored", () => {
	it("when a processor before the embedding takes the vector away", async () => {
		const index = await createIndex(sidecar);
		const pipeline = await putPipeline(sidecar, {
			processors: [
				{ remove: { field: "vector", ignore_missing: true } },
				embedding(),
			],
		});
		const answer = await sidecar.call(
			"PUT",
			`/${index}/_doc/1?pipeline=${pipeline}`,
			{ text: "a" },
		);
		expect(textAt(answer.json, "error", "reason")).toContain(
			"removes the field",
		);
		await expect(stored(index, "1")).rejects.toThrow("404");
	});

	it("when a processor before the embedding moves the objects of a list", async () => {
		const index = await createIndex(sidecar);
		const pipeline = await putPipeline(sidecar, {
			processors: [
				{ script: { source: "ctx.n.remove(0)" } },
				{ text_embedding: { model_id: model, field_map: { "n.t": "v" } } },
			],
		});
		const answer = await sidecar.call(
			"PUT",
			`/${index}/_doc/1?pipeline=${pipeline}`,
			{
				n: [{ t: "one" }, { t: "two" }, { t: "three" }],
			},
		);
		expect(textAt(answer.json, "error", "reason")).toContain("made or moved");
	});

	it("when its condition can't be evaluated: the reason is the script's", async () => {
		const index = await createIndex(sidecar);
		const pipeline = await putPipeline(sidecar, {
			processors: [
				{
					text_embedding: {
						...embedding().text_embedding,
						if: "ctx.a.b.c == 1",
					},
				},
			],
		});
		const answer = await sidecar.call(
			"PUT",
			`/${index}/_doc/1?pipeline=${pipeline}`,
			{ text: "a" },
		);
		expect(textAt(answer.json, "error", "reason")).not.toContain(
			"send it through",
		);
		await expect(stored(index, "1")).rejects.toThrow("404");
	});

	it("when the model is overloaded: a document or a bulk gets 429 when it arrives, and a bulk that was let in waits", async () => {
		const small = await startSidecar({ SIDECAR_MODEL_QUEUE_TEXTS: 256 });
		try {
			const index = await embeddingIndex();
			const body = Array.from({ length: 400 }, (_, n) =>
				lines(
					{ index: { _id: `${n}` } },
					{ text: `text ${n} ${"long ".repeat(30)}` },
				),
			).join("");
			const alone = (document: number) => ({
				list: Array.from({ length: 200 }, (_, n) => `item ${n} of ${document}`),
			});
			const pipeline = await putPipeline(sidecar, {
				processors: [
					{
						text_embedding: { model_id: model, field_map: { list: "vectors" } },
					},
				],
			});
			const bulks = [1, 2, 3].map(async () => {
				for (;;) {
					const answer = await small.call("POST", `/${index}/_bulk`, body);
					if (answer.status !== 429) return answer;
				}
			});
			const single = await Promise.all(
				Array.from({ length: 20 }, (_, n) =>
					small.call(
						"PUT",
						`/${index}/_doc/single-${n}?pipeline=${pipeline}`,
						alone(n),
					),
				),
			);
			for (const bulk of await Promise.all(bulks))
				expect(bulk.json).toMatchObject({ errors: false });
			expect(
				single.filter(({ status }) => status !== 201 && status !== 429),
			).toEqual([]);
			expect(
				single.filter(({ status }) => status === 429).length,
			).toBeGreaterThan(0);
		} finally {
			await small.close();
		}
	});

	it("when it goes round the sidecar", async () => {
		const index = await embeddingIndex();
		await expect(
			callOpenSearch("PUT", `/${index}/_doc/1`, { text: "a" }),
		).rejects.toThrow(/send it through the ML sidecar/);
		await expect(stored(index, "1")).rejects.toThrow("404");
	});

	it("when the model is not deployed: the item fails with the reason, the others do not", async () => {
		const index = await embeddingIndex();
		const pipeline = await putPipeline(sidecar, {
			processors: [
				{
					text_embedding: {
						model_id: "unknown",
						field_map: { text: "vector" },
					},
				},
			],
		});
		const body = lines(
			{ index: { _id: "1", pipeline } },
			{ text: "a" },
			{ index: { _id: "2" } },
			{ text: "a" },
		);
		const { json } = await sidecar.call("POST", `/${index}/_bulk`, body);
		expect(json).toMatchObject({
			errors: true,
			items: [
				{
					index: {
						status: 404,
						error: {
							type: "status_exception",
							reason:
								"Failed to find model with the provided model id: unknown",
						},
					},
				},
				{ index: { status: 201 } },
			],
		});
	});

	it("when it is a small one with more vectors than there is memory for: it fails, alone, and nobody else notices", async () => {
		const index = await embeddingIndex();
		const many = { text: Array.from({ length: 120_000 }, () => "") };
		const { json } = await sidecar.call(
			"POST",
			`/${index}/_bulk`,
			lines(
				{ index: { _id: "many" } },
				many,
				{ index: { _id: "one" } },
				{ text: "a wine" },
			),
		);
		expect(json).toMatchObject({
			items: [
				{
					index: {
						_id: "many",
						status: 400,
						error: { reason: expect.stringContaining("268435456 bytes") },
					},
				},
				{ index: { _id: "one", status: 201 } },
			],
		});
		expect(await storedVector(index, "one")).toMatchObject({ vector });
	});

	it("unless its pipeline has a rule for failures, which then holds", async () => {
		const index = await createIndex(sidecar);
		const failing = { model_id: "unknown", field_map: { text: "vector" } };
		const ignored = await putPipeline(sidecar, {
			processors: [{ text_embedding: { ...failing, ignore_failure: true } }],
		});
		const handled = await putPipeline(sidecar, {
			processors: [{ text_embedding: failing }],
			on_failure: [
				{ set: { field: "why", value: "{{_ingest.on_failure_message}}" } },
			],
		});
		await sidecar.call("PUT", `/${index}/_doc/1?pipeline=${ignored}`, {
			text: "a",
		});
		await sidecar.call("PUT", `/${index}/_doc/2?pipeline=${handled}`, {
			text: "a",
		});
		expect(await stored(index, "1")).toEqual({ text: "a" });
		expect(await stored(index, "2")).toEqual({
			text: "a",
			why: "Failed to find model with the provided model id: unknown",
		});
	});
});

describe("what is wrong with a write is said by OpenSearch, as without the sidecar", () => {
	it.each([
		["no line break at the end", `{"index":{}}\n{"text":"a"}`],
		["no action", `{"text":"a"}\n`],
		["garbage", `garbage\n`],
		["an unknown action", `{"put":{}}\n{"text":"a"}\n`],
		["a broken document", `{"index":{}}\n{"text":\n`],
	])("%s", async (_name, body) => {
		const index = await embeddingIndex();
		const through = await sidecar.call("POST", `/${index}/_bulk`, body);
		const straight = await fetch(`${inject("opensearchUrl")}/${index}/_bulk`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body,
		});
		expect(through.status).toBe(straight.status);
		expect(untimed(through.text)).toEqual(untimed(await straight.text()));
	});
});

/** An answer without what differs between two calls by nature. */
function untimed(text: string): string {
	return text.replace(/"(took|ingest_took|_id)":("[^"]*"|\d+)/g, '"$1":0');
}
