import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createIndex, putPipeline } from "../helpers/embedding-index.ts";
import { makeFunctionModels } from "../helpers/function-models.ts";
import { callOpenSearch, uniqueName } from "../helpers/opensearch.ts";
import {
	deploy,
	deployMiniLm,
	miniLmMeta,
	registerModel,
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

const embedding = (options: object = {}) => ({
	text_embedding: {
		model_id: model,
		field_map: { text: "vector" },
		...options,
	},
});

/** An index with a pipeline of these processors, through the sidecar. @returns its name */
async function indexWith(...processors: object[]): Promise<string> {
	const pipeline = await putPipeline(sidecar, { processors });
	return createIndex(sidecar, { "index.default_pipeline": pipeline });
}

/** An index with one document. @returns the path of its update */
async function updated(
	source: object,
	...processors: object[]
): Promise<string> {
	const index = await indexWith(...processors);
	const { status, text } = await sidecar.call(
		"PUT",
		`/${index}/_doc/1`,
		source,
	);
	if (status !== 201) throw new Error(text);
	return `/${index}/_update/1`;
}

function update(path: string, body: unknown) {
	return sidecar.call("POST", path, body);
}

/** The document that an update's path names, as OpenSearch has stored it. */
function stored(path: string): Promise<unknown> {
	return callOpenSearch("GET", path.replace(/_update\/(\w+).*/, "_source/$1"));
}

const WithVector = Compile(
	Type.Object({ vector: Type.Array(Type.Number(), { minItems: 384 }) }),
);

/** Whether the stored document's vector is that of a text. */
async function expectVectorOf(path: string, text: string): Promise<void> {
	const { vector } = WithVector.Parse(await stored(path));
	const wanted = await predictedVector(sidecar, model, text);
	expect(cosine(vector, wanted)).toBeCloseTo(1, 6);
}

const vector = expect.objectContaining({ length: 384 });

describe("an update with a partial document", () => {
	it("that changes the text changes the vector, and nothing else", async () => {
		const path = await updated({ text: "a cat", n: 1 }, embedding());
		const answer = await update(path, { doc: { text: "quantum physics" } });
		expect(answer.status, answer.text).toBe(200);
		expect(answer.json).toMatchObject({ result: "updated", _version: 2 });
		expect(await stored(path)).toEqual({
			text: "quantum physics",
			n: 1,
			vector,
		});
		await expectVectorOf(path, "quantum physics");
	});

	it("that leaves the text alone leaves the vector alone", async () => {
		const path = await updated({ text: "a cat", n: 1 }, embedding());
		const answer = await update(path, { doc: { n: 2, o: { a: 1 } } });
		expect(answer.json).toMatchObject({ result: "updated" });
		expect(await stored(path)).toEqual({
			text: "a cat",
			n: 2,
			o: { a: 1 },
			vector,
		});
		await expectVectorOf(path, "a cat");
	});

	it("that changes nothing is no update, as it is without the sidecar", async () => {
		const source = { text: "a cat", n: 1, o: { a: [1, 2], b: { c: true } } };
		const path = await updated(source, embedding());
		for (const doc of [{}, { n: 1 }, source]) {
			const answer = await update(path, { doc });
			expect(answer.json).toMatchObject({ result: "noop", _version: 1 });
		}
		const forced = await update(path, { doc: source, detect_noop: false });
		expect(forced.json).toMatchObject({ result: "updated", _version: 2 });
		expect(await stored(path)).toEqual({ ...source, vector });
	});

	it.each([
		["null", null],
		["blank", " "],
		["an empty list", []],
	])(
		"that makes the text %s takes the vector of the old one away",
		async (_, text) => {
			const path = await updated({ text: "a cat" }, embedding());
			const answer = await update(path, { doc: { text } });
			expect(answer.status, answer.text).toBe(200);
			expect(await stored(path)).toEqual({ text, vector: null });
		},
	);

	it("keeps numbers that JavaScript would round", async () => {
		const path = await updated({ text: "a cat" }, embedding());
		const doc = '{"text":"a dog", "big":9007199254740993, "exact": 1.10}';
		await update(path, `{"doc":${doc}}`);
		const url = path.replace("_update", "_source");
		const answer = await fetch(`${inject("opensearchUrl")}${url}`);
		expect(await answer.text()).toContain('"big":9007199254740993');
		expect(await stored(path)).toMatchObject({ vector });
	});

	it.each([
		["?_source=true", {}, { text: "a dog", vector, n: 1 }],
		["?_source=text", {}, { text: "a dog" }],
		["?_source_excludes=vector", {}, { text: "a dog", n: 1 }],
		["", { _source: true }, { text: "a dog", vector, n: 1 }],
		["?_source=n", { _source: ["text"] }, { text: "a dog" }],
		["", { _source: { exclude: "vector" } }, { text: "a dog", n: 1 }],
	])(
		"answers %s and %j with the document, without the sidecar's fields",
		async (query, shown, source) => {
			const path = await updated({ text: "a cat", n: 1 }, embedding());
			const { json } = await update(`${path}${query}`, {
				doc: { text: "a dog" },
				...shown,
			});
			expect(json).toMatchObject({ get: { found: true } });
			expect(json).toHaveProperty("get._source", source);
		},
	);

	it("embeds what is inserted where there is no document", async () => {
		const index = await indexWith(embedding());
		const upserted = `/${index}/_update/1`;
		const first = await update(upserted, {
			doc: { text: "a dog" },
			upsert: { text: "a cat" },
		});
		expect(first.json).toMatchObject({ result: "created" });
		expect(await stored(upserted)).toEqual({ text: "a cat", vector });
		await update(upserted, { doc: { text: "a dog" }, upsert: { text: "x" } });
		await expectVectorOf(upserted, "a dog");

		const inserted = `/${index}/_update/2`;
		for (const text of ["a wine", "a beer"]) {
			await update(inserted, { doc: { text }, doc_as_upsert: true });
			await expectVectorOf(inserted, text);
		}
		const missing = await update(`/${index}/_update/3`, { doc: { text: "a" } });
		expect(missing.status).toBe(404);
		expect(textAt(missing.json, "error", "type")).toBe(
			"document_missing_exception",
		);
	});

	it("that several clients insert at once is inserted by one, and the others change it", async () => {
		const index = await indexWith(embedding());
		const path = `/${index}/_update/1`;
		const answers = await Promise.all(
			Array.from({ length: 8 }, (_, n) =>
				update(`${path}?retry_on_conflict=20`, {
					doc: { [`n${n}`]: n },
					upsert: { text: "a cat", [`n${n}`]: n },
				}),
			),
		);
		expect(answers.map(({ status }) => status).sort()).toEqual([
			...Array.from({ length: 7 }, () => 200),
			201,
		]);
		expect(await stored(path)).toEqual({
			text: "a cat",
			vector,
			...Object.fromEntries(answers.map((_, n) => [`n${n}`, n])),
		});
	});

	it("of another version than the stored one is a conflict", async () => {
		const path = await updated({ text: "a cat" }, embedding());
		const doc = { text: "a dog" };
		const right = { if_seq_no: 0, if_primary_term: 1 };
		for (const stale of [
			await update(`${path}?if_seq_no=7&if_primary_term=1`, { doc }),
			await update(path, { doc, if_seq_no: 7, if_primary_term: 1 }),
		])
			expect(stale.status).toBe(409);
		expect((await update(path, { doc, ...right })).status).toBe(200);
		expect((await update(path, { doc, ...right })).status).toBe(409);
		await expectVectorOf(path, "a dog");
	});

	it("with a text that can't be embedded is refused for this reason, and changes nothing", async () => {
		const path = await updated({ text: "a cat" }, embedding());
		const { status, json } = await update(path, { doc: { text: 12 } });
		expect(status).toBe(400);
		expect(textAt(json, "error", "type")).toBe("illegal_argument_exception");
		expect(textAt(json, "error", "reason")).toBe(
			"map type field [text] is neither string nor nested type, cannot process it",
		);
		expect(await stored(path)).toEqual({ text: "a cat", vector });
	});

	it("is embedded as the processors before leave the whole document", async () => {
		const path = await updated(
			{ title: "small", body: "cat" },
			{ set: { field: "text", value: "{{{title}}} {{{body}}}" } },
			embedding(),
		);
		await update(path, { doc: { title: "large" } });
		expect(await stored(path)).toMatchObject({ text: "large cat" });
		await expectVectorOf(path, "large cat");
		const noop = await update(path, { doc: { title: "large" } });
		expect(noop.json).toMatchObject({ result: "noop" });
	});

	it("is embedded where the whole document fulfils the condition", async () => {
		const path = await updated(
			{ text: "a cat", lang: "en" },
			embedding({ if: "ctx.lang == 'en'" }),
		);
		await update(path, { doc: { text: "a dog" } });
		await expectVectorOf(path, "a dog");
		const other = await update(path, { doc: { lang: "fr", n: 1 } });
		expect(other.status, other.text).toBe(200);
		await expectVectorOf(path, "a dog");
	});

	it("reaches the index that an alias writes to", async () => {
		const path = await updated({ text: "a cat" }, embedding());
		const [, index = ""] = path.split("/");
		const alias = uniqueName("alias");
		const other = uniqueName("index");
		await callOpenSearch("PUT", `/${other}`);
		await callOpenSearch("POST", "/_aliases", {
			actions: [
				{ add: { index, alias, is_write_index: true } },
				{ add: { index: other, alias } },
			],
		});
		const answer = await update(`/${alias}/_update/1`, {
			doc: { text: "a dog" },
		});
		expect(answer.status, answer.text).toBe(200);
		await expectVectorOf(path, "a dog");
	});

	it("of objects in a document embeds those that it brings", async () => {
		const path = await updated(
			{ book: { title: "a cat", year: 1 }, other: "a dog" },
			embedding({
				field_map: { book: { title: "vector" }, other: "other_vector" },
			}),
		);
		await update(path, { doc: { book: { title: "a wine" } } });
		expect(await stored(path)).toEqual({
			book: { title: "a wine", year: 1, vector },
			other: "a dog",
			other_vector: vector,
		});
	});

	it("many at the same time: each field's vector is that of its last text", async () => {
		const texts = Array.from({ length: 12 }, (_, n) => `text number ${n}`);
		const path = await updated(
			{ n: 0 },
			embedding({
				field_map: Object.fromEntries(texts.map((_, n) => [`t${n}`, `v${n}`])),
			}),
		);
		const answers = await Promise.all(
			texts.map((text, n) =>
				update(`${path}?retry_on_conflict=20`, { doc: { [`t${n}`]: text } }),
			),
		);
		expect(answers.map(({ status }) => status)).toEqual(texts.map(() => 200));
		expect(await stored(path)).toEqual(
			Object.fromEntries([
				["n", 0],
				...texts.flatMap((text, n) => [
					[`t${n}`, text],
					[`v${n}`, vector],
				]),
			]),
		);
	});
});

describe("an update with a script", () => {
	it("embeds what the script leaves, with its parameters and what it knows of the document", async () => {
		const path = await updated({ text: "a cat", n: 1 }, embedding());
		const answer = await update(path, {
			script: {
				source:
					"ctx._source.text = params.word + ' ' + ctx._id + ' ' + ctx._version; if (ctx._now > 0) { ctx._source.remove('n'); return; } ctx._source.n = 9;",
				params: { word: "wine" },
			},
		});
		expect(answer.status, answer.text).toBe(200);
		expect(answer.json).toMatchObject({ result: "updated", _version: 2 });
		expect(await stored(path)).toEqual({ text: "wine 1 1", vector });
		await expectVectorOf(path, "wine 1 1");
	});

	it("that leaves the text alone leaves the vector alone, and numbers as they are", async () => {
		const path = await updated({ text: "a cat" }, embedding());
		await update(path, '{"doc":{"big":9007199254740993}}');
		await update(path, { script: "ctx._source.count = 1" });
		const url = path.replace("_update", "_source");
		const answer = await fetch(`${inject("opensearchUrl")}${url}`);
		expect(await answer.text()).toContain('"big":9007199254740993');
		await expectVectorOf(path, "a cat");
	});

	it("that takes the text away takes the vector away, too", async () => {
		const path = await updated({ text: "a cat", n: 1 }, embedding());
		await update(path, { script: "ctx._source.remove('text')" });
		expect(await stored(path)).toEqual({ n: 1, vector: null });
	});

	it("may do nothing, or delete the document", async () => {
		const path = await updated({ text: "a cat" }, embedding());
		const noop = await update(path, { script: "ctx.op = 'none'" });
		expect(noop.json).toMatchObject({ result: "noop", _version: 1 });
		const gone = await update(path, { script: "ctx.op = 'delete'" });
		expect(gone.json).toMatchObject({ result: "deleted" });
		await expect(stored(path)).rejects.toThrow("404");
	});

	it("inserts what it is to insert where there is no document", async () => {
		const index = await indexWith(embedding());
		const upsert = { text: "a cat" };
		const script = { source: "ctx._source.text += ' and a dog'" };
		const plain = `/${index}/_update/1`;
		await update(plain, { script, upsert });
		await expectVectorOf(plain, "a cat");
		await update(plain, { script, upsert });
		await expectVectorOf(plain, "a cat and a dog");

		const scripted = `/${index}/_update/2`;
		const answer = await update(scripted, {
			script,
			upsert,
			scripted_upsert: true,
		});
		expect(answer.json).toMatchObject({ result: "created", _version: 1 });
		expect(await stored(scripted)).toEqual({
			text: "a cat and a dog",
			vector,
		});
		await expectVectorOf(scripted, "a cat and a dog");
	});

	it("that is stored runs as well", async () => {
		const id = uniqueName("script");
		await callOpenSearch("PUT", `/_scripts/${id}`, {
			script: { lang: "painless", source: "ctx._source.text = params.text" },
		});
		const path = await updated({ text: "a cat" }, embedding());
		await update(path, { script: { id, params: { text: "a wine" } } });
		await expectVectorOf(path, "a wine");
	});

	it("that fails, fails with OpenSearch's own words", async () => {
		const path = await updated({ text: "a cat" }, embedding());
		const { status, json } = await update(path, {
			script: "ctx._source.nothing.n = 1",
		});
		expect(status).toBe(400);
		expect(textAt(json, "error", "reason")).toBe("failed to execute script");
		expect(await stored(path)).toEqual({ text: "a cat", vector });
	});

	it("that can't be tried is refused with what to do instead", async () => {
		const path = await updated({ text: "a cat" }, embedding());
		const { status, json } = await update(path, {
			script: {
				source: "ctx._source.set = new HashSet()",
				options: {},
			},
		});
		expect(status).toBe(400);
		expect(textAt(json, "error", "reason")).toContain(
			"Index the whole document",
		);
		expect(await stored(path)).toEqual({ text: "a cat", vector });
	});

	it("counts every one of many at the same time", async () => {
		const path = await updated({ text: "a cat", n: 0 }, embedding());
		const answers = await Promise.all(
			Array.from({ length: 10 }, () =>
				update(`${path}?retry_on_conflict=50`, {
					script:
						"ctx._source.n += 1; ctx._source.text = 'cat ' + ctx._source.n",
				}),
			),
		);
		expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
		expect(await stored(path)).toMatchObject({ n: 10, text: "cat 10" });
		await expectVectorOf(path, "cat 10");
	});
});

describe("what is made of a text is replaced as a whole", () => {
	it("when it is chunks and their vectors", async () => {
		const path = await updated(
			{ body: "a cat. a dog. a cow.", other: "a wine. a beer." },
			{
				text_chunking: {
					algorithm: { delimiter: { delimiter: "." } },
					field_map: { body: "chunks", other: "others" },
				},
			},
			embedding({ field_map: { chunks: "vectors", others: "more" } }),
		);
		const other = {
			other: "a wine. a beer.",
			others: ["a wine.", " a beer."],
			more: [{ knn: vector }, { knn: vector }],
		};
		const answer = await update(path, { doc: { body: "a horse." } });
		expect(answer.status, answer.text).toBe(200);
		expect(await stored(path)).toEqual({
			body: "a horse.",
			chunks: ["a horse."],
			vectors: [{ knn: vector }],
			...other,
		});
		await update(path, { script: "ctx._source.body = 'a pig. a hen.'" });
		expect(await stored(path)).toEqual({
			body: "a pig. a hen.",
			chunks: ["a pig.", " a hen."],
			vectors: [{ knn: vector }, { knn: vector }],
			...other,
		});
		await update(path, { doc: { body: null } });
		expect(await stored(path)).toEqual({
			body: null,
			chunks: [],
			vectors: null,
			...other,
		});
	});

	it("when it is tokens with their weights", async () => {
		const folder = await mkdtemp(join(tmpdir(), "updates-test-"));
		const { sparseEncoding } = await makeFunctionModels(
			inject("minilm").int8,
			folder,
		);
		const { model_config: _, ...meta } = miniLmMeta(sparseEncoding);
		const model_id = await registerModel(sidecar, sparseEncoding, {
			...meta,
			function_name: "SPARSE_ENCODING",
		});
		try {
			await deploy(sidecar, model_id);
			const tokens = {
				sparse_encoding: { model_id, field_map: { text: "tokens" } },
			};
			const whole = await updated({ text: "red wine" }, tokens);
			const path = await updated({ text: "a small cat" }, tokens);
			const before = await stored(path);
			expect(before).toHaveProperty("tokens");
			expect(await stored(whole)).not.toMatchObject({
				tokens: Object(before).tokens,
			});
			for (const body of [
				{ doc: { text: "red wine" } },
				{ script: "ctx._source.text = 'a small cat'" },
				{ doc: { text: "red wine" } },
			]) {
				const answer = await update(path, body);
				expect(answer.status, answer.text).toBe(200);
				expect(await stored(path)).toEqual(
					"doc" in body ? await stored(whole) : before,
				);
			}
			const noop = await update(path, { doc: { text: "red wine" } });
			expect(noop.json).toMatchObject({ result: "noop" });
			await update(path, { doc: { text: null } });
			expect(await stored(path)).toEqual({ text: null, tokens: {} });
		} finally {
			await removeModel(sidecar, model_id);
			await rm(folder, { recursive: true, force: true });
		}
	});
});

describe("an update in a bulk", () => {
	function lines(...parts: unknown[]): string {
		return `${parts.map((part) => JSON.stringify(part)).join("\n")}\n`;
	}

	it("embeds what it changes and what it inserts, each item alone", async () => {
		const path = await updated({ text: "a cat", n: 1 }, embedding());
		const [, index = ""] = path.split("/");
		const upsert = { text: "an upsert" };
		const { json } = await sidecar.call(
			"POST",
			`/${index}/_bulk`,
			lines(
				{ update: { _id: "1" } },
				{ doc: { text: "a dog" } },
				{ update: { _id: "1" } },
				{ doc: { n: 2 } },
				{ update: { _id: "2" } },
				{ doc: { text: "x" }, upsert },
				{ update: { _id: "2" } },
				{ doc: { text: "changed" }, upsert },
				{ update: { _id: "3" } },
				{ doc: { text: "inserted" }, doc_as_upsert: true },
				{ update: { _id: "1" } },
				{ doc: { text: 12 } },
				{ update: { _id: "4" } },
				{ script: "ctx._source.n = 1", upsert: { text: "scripted" } },
				{ update: { _id: "5" } },
				{ doc: { text: "missing" } },
			),
		);
		expect(json).toMatchObject({
			errors: true,
			items: [
				{ update: { _id: "1", result: "updated" } },
				{ update: { _id: "1", result: "updated" } },
				{ update: { _id: "2", result: "created" } },
				{ update: { _id: "2", result: "updated" } },
				{ update: { _id: "3", result: "created" } },
				{
					update: {
						_id: "1",
						status: 400,
						error: {
							type: "illegal_argument_exception",
							reason:
								"map type field [text] is neither string nor nested type, cannot process it",
						},
					},
				},
				{ update: { _id: "4", result: "created" } },
				{ update: { _id: "5", status: 404 } },
			],
		});
		expect(await stored(path)).toEqual({ text: "a dog", n: 2, vector });
		for (const [id, text] of [
			["1", "a dog"],
			["2", "changed"],
			["3", "inserted"],
			["4", "scripted"],
		] as const) {
			const document = `/${index}/_update/${id}`;
			await expectVectorOf(document, text);
			expect(JSON.stringify(await stored(document))).not.toContain(
				"_ml_sidecar",
			);
		}
	});

	it("takes the vector away with the text, and is no update where it changes nothing", async () => {
		const path = await updated({ text: "a cat" }, embedding());
		const [, index = ""] = path.split("/");
		const bulk = (doc: object) =>
			sidecar.call(
				"POST",
				`/${index}/_bulk`,
				lines({ update: { _id: "1" } }, { doc }),
			);
		const noop = await bulk({ text: "a cat" });
		expect(noop.json).toMatchObject({
			items: [{ update: { result: "noop" } }],
		});
		await bulk({ text: null });
		expect(await stored(path)).toEqual({ text: null, vector: null });
	});
});

describe("with the embedding of partial updates turned off", () => {
	let off: TestSidecar;
	beforeAll(async () => {
		off = await startSidecar(
			{ SIDECAR_EMBED_PARTIAL_UPDATES: false },
			{ joins: false },
		);
	});
	afterAll(() => off.close());

	it("an update leaves the vector as it is, and is no less possible", async () => {
		const path = await updated({ text: "a cat" }, embedding());
		const [, index = ""] = path.split("/");
		const answer = await off.call("POST", path, { doc: { text: "a dog" } });
		expect(answer.json).toMatchObject({ result: "updated" });
		expect(await stored(path)).toEqual({ text: "a dog", vector });
		await expectVectorOf(path, "a cat");
		await off.call(
			"POST",
			`/${index}/_bulk`,
			'{"update":{"_id":"1"}}\n{"doc":{"text":"a cow"}}\n',
		);
		expect(await stored(path)).toMatchObject({ text: "a cow" });
		await expectVectorOf(path, "a cat");
	});
});
