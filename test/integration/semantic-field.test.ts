import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { deployCaseModel } from "../helpers/deployed-model.ts";
import { put, putPipeline } from "../helpers/embedding-index.ts";
import { makeIngestModels } from "../helpers/ingest-cases/models.ts";
import { callOpenSearch, uniqueName } from "../helpers/opensearch.ts";
import {
	removeModel,
	startSidecar,
	type TestSidecar,
} from "../helpers/sidecar.ts";

/*
 * `semantic` fields on an OpenSearch that has no such type. What is expected of documents and answers was seen on
 * neural-search 3.6 with the very same models.
 */

/** Long enough for what a sidecar knows to be wrong in a test, if nobody says that it is something else. */
const cacheMs = 3_600_000;

let sidecar: TestSidecar;
let other: TestSidecar;
let folder: string;
const models = { tiny: "", sparse: "", unspaced: "" };

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "semantic-models-"));
	const made = await makeIngestModels(inject("minilm").int8, folder);
	sidecar = await startSidecar({ SIDECAR_PIPELINE_CACHE_MS: cacheMs });
	other = await startSidecar({ SIDECAR_PIPELINE_CACHE_MS: cacheMs });
	const spaced = {
		...made.tiny,
		config: {
			...made.tiny.config,
			additional_config: { space_type: "cosinesimil" },
		},
	};
	models.tiny = await deployCaseModel(sidecar, spaced);
	models.unspaced = await deployCaseModel(sidecar, made.tiny);
	models.sparse = await deployCaseModel(sidecar, made.sparse);
});
afterAll(async () => {
	for (const id of Object.values(models)) await removeModel(sidecar, id);
	await other.close();
	await sidecar.close();
	await rm(folder, { recursive: true, force: true });
});

const dense_embedding_config = { method: { engine: "lucene", name: "hnsw" } };

function dense(options: object = {}) {
	const model_id = models.tiny;
	return { type: "semantic", model_id, dense_embedding_config, ...options };
}

function sparse(options: object = {}) {
	return { type: "semantic", model_id: models.sparse, ...options };
}

async function createIndex(
	properties: object,
	settings: object = {},
	mappings: object = {},
): Promise<string> {
	const index = uniqueName("semantic");
	await put(sidecar, `/${index}`, {
		settings: { "index.knn": true, ...settings },
		mappings: { properties, ...mappings },
	});
	return index;
}

/** Writes a document, and gives it back as it is stored. */
async function stored(
	index: string,
	document: object,
	by: TestSidecar = sidecar,
): Promise<unknown> {
	const id = uniqueName("id");
	const path = `/${index}/_doc/${id}?refresh=true`;
	const { status, text } = await by.call("PUT", path, document);
	if (status !== 201) throw new Error(text);
	return sourceOf(index, id);
}

async function sourceOf(index: string, id: string): Promise<unknown> {
	return (await sidecar.call("GET", `/${index}/_source/${id}`)).json;
}

const refused = (reason: string, type = "illegal_argument_exception") =>
	expect.objectContaining({
		status: 400,
		error: expect.objectContaining({ type, reason }),
	});

describe("a mapping with semantic fields", () => {
	it("is shown as it was put, and what stands beside a field with it", async () => {
		const index = await createIndex(
			{
				t: dense({ analyzer: "english" }),
				o: { properties: { "a.b": sparse({ chunking: true }) } },
			},
			{},
			{ _meta: { owner: "me" } },
		);
		const { json } = await sidecar.call("GET", `/${index}/_mapping`);
		const text = { type: "text", index: false };
		const model = { properties: { id: text, name: text, type: text } };
		expect(json).toEqual({
			[index]: {
				mappings: {
					_meta: { owner: "me" },
					properties: {
						t: dense({ raw_field_type: "text", analyzer: "english" }),
						t_semantic_info: {
							properties: {
								embedding: {
									type: "knn_vector",
									dimension: 2,
									method: {
										engine: "lucene",
										space_type: "cosinesimil",
										name: "hnsw",
										parameters: {},
									},
								},
								model,
							},
						},
						o: {
							properties: {
								a: {
									properties: {
										b: sparse({ raw_field_type: "text", chunking: true }),
										b_semantic_info: {
											properties: {
												chunks: {
													type: "nested",
													properties: {
														embedding: { type: "rank_features" },
														text: { type: "text" },
													},
												},
												model,
											},
										},
									},
								},
							},
						},
					},
				},
			},
		});
	});

	it("leaves no sign of how it is kept, in settings and single fields either", async () => {
		const index = await createIndex({ t: dense() });
		const whole = await sidecar.call("GET", `/${index}?pretty`);
		expect(whole.text).not.toMatch(/ml.sidecar/);
		expect(whole.text).toContain('"type" : "semantic"');
		const field = await sidecar.call("GET", `/${index}/_mapping/field/t`);
		expect(field.json).toEqual({
			[index]: {
				mappings: {
					t: {
						full_name: "t",
						mapping: { t: dense({ raw_field_type: "text" }) },
					},
				},
			},
		});
		const pipelines = await sidecar.call("GET", "/_ingest/pipeline");
		expect(pipelines.text).not.toMatch(/ml.sidecar/);
	});

	it.each([
		[{}, "model_id is required for the semantic field at t"],
		[
			{ model_id: "nope" },
			"Failed to fetch model [nope]: Failed to find model with the provided model id: nope",
		],
		[
			{ model_id: "unspaced" },
			/^Failed to transform the mapping for the semantic field at t due to space_type is not defined or not a string in the additional_config of the model /,
		],
		[
			{ model_id: "tiny", dense_embedding_config: { dimension: 3 } },
			"Failed to transform the mapping for the semantic field at t due to Cannot configure dimension in dense_embedding_config in the semantic field.",
		],
		[
			{ model_id: "tiny", semantic_info_field_name: "a.b" },
			"semantic_info_field_name should not contain '.' for the semantic field at t",
		],
		[
			{ model_id: "tiny", raw_field_type: "integer" },
			"Failed to parse mapping [_doc]: raw_field_type integer is not supported. It should be one of [text, keyword, token_count, match_only_text, binary, wildcard]",
		],
		[
			{ model_id: "tiny", foo: 1 },
			"Failed to parse mapping [_doc]: unknown parameter [foo] on mapper [t] of type [text]",
		],
	])("%j is refused", async (options, reason) => {
		const { model_id } = { model_id: undefined, ...options };
		const known = Object.entries(models).find(([name]) => name === model_id);
		const index = uniqueName("semantic");
		const { json } = await sidecar.call("PUT", `/${index}`, {
			settings: { "index.knn": true },
			mappings: {
				properties: {
					t: {
						type: "semantic",
						...options,
						...(known && { model_id: known[1] }),
					},
				},
			},
		});
		expect(json).toMatchObject({
			status: 400,
			error: {
				reason:
					typeof reason === "string" ? reason : expect.stringMatching(reason),
			},
		});
	});

	it("gets more fields, and keeps those that it has", async () => {
		const index = await createIndex({ t: dense() });
		await put(sidecar, `/${index}/_mapping`, { properties: { u: dense() } });
		await put(sidecar, `/${index}/_mapping`, { _meta: { mine: 1 } });
		expect(await stored(index, { t: "hello world", u: "hi" }, other)).toEqual({
			t: "hello world",
			t_semantic_info: withVector(2470.75),
			u: "hi",
			u_semantic_info: withVector(2611.6667),
		});
		const { json } = await sidecar.call("GET", `/${index}/_mapping`);
		expect(json).toMatchObject({
			[index]: {
				mappings: {
					_meta: { mine: 1 },
					properties: { t: { type: "semantic" }, u: { type: "semantic" } },
				},
			},
		});
	});

	it("gets one in several indices at once, each with the fields that it has", async () => {
		const indices = [
			await createIndex({ t: dense() }),
			await createIndex({ s: sparse() }),
		];
		const path = `/${indices.join(",")}/_mapping`;
		await put(sidecar, path, { properties: { u: dense() } });
		const texts = { t: "hello", s: "wine", u: "hi" };
		const made = {
			...texts,
			u_semantic_info: withVector(2611.6667),
		};
		const [first = "", second = ""] = indices;
		expect(await stored(first, texts, other)).toEqual({
			...made,
			t_semantic_info: withVector(2598.3333),
		});
		expect(await stored(second, texts, other)).toEqual({
			...made,
			s_semantic_info: { model: expect.anything(), embedding: { wine: 4.25 } },
		});
	});

	it("refuses what OpenSearch would, if it knew the type", async () => {
		const index = await createIndex({ t: dense(), plain: { type: "text" } });
		const change = async (properties: object) =>
			(await sidecar.call("PUT", `/${index}/_mapping`, { properties })).json;
		expect(await change({ t: { type: "text" } })).toEqual(
			refused("mapper [t] cannot be changed from type [semantic] to [text]"),
		);
		expect(await change({ plain: dense() })).toEqual(
			refused(
				"mapper [plain] cannot be changed from type [text] to [semantic]",
			),
		);
		expect(await change({ t: dense({ chunking: true }) })).toEqual(
			refused(
				"Mapper for [t] conflicts with existing mapper:\n\tCannot update parameter [chunking] from [null] to [true]",
			),
		);
		expect(
			await change({ w: sparse({ raw_field_type: "foo" }) }),
		).toMatchObject({
			status: 400,
			error: { type: "illegal_argument_exception" },
		});
	});

	it("goes byte for byte where it has none", async () => {
		const index = uniqueName("plain");
		const { status } = await sidecar.call(
			"PUT",
			`/${index}`,
			'{"mappings":{"_meta":{"n":12345678901234567890},"properties":{"semantic":{"type":"text"}}}}',
		);
		expect(status).toBe(200);
		const { json } = await sidecar.call("GET", `/${index}/_settings`);
		expect(JSON.stringify(json)).not.toContain("final_pipeline");
	});
});

describe("documents with semantic fields get their vectors", () => {
	let index: string;

	beforeAll(async () => {
		index = await createIndex({
			t: dense(),
			o: { properties: { t: dense() } },
			n: { type: "nested", properties: { t: dense() } },
			c: dense({ chunking: true }),
			s: sparse(),
			sc: sparse({
				chunking: [
					{ algorithm: "delimiter", parameters: { delimiter: "." } },
					{ algorithm: "fixed_char_length", parameters: { char_limit: 10 } },
				],
			}),
		});
	});

	it.each([
		[{ t: "hello world" }, { t_semantic_info: withVector(2470.75) }],
		[{ t: "" }, { t_semantic_info: withVector(101.5) }],
		[{ t: null }, {}],
		[{ x: 1 }, {}],
		[
			{ t: "x", t_semantic_info: { embedding: [1, 2], foo: 3 } },
			{ t_semantic_info: { ...withVector(421), foo: 3 } },
		],
		[
			{ o: { t: "hi" } },
			{ o: { t: "hi", t_semantic_info: withVector(2611.6667) } },
		],
		[
			{ n: [{ t: "a cat" }, { t: "wine" }, { z: 1 }, null] },
			{
				n: [
					{ t: "a cat", t_semantic_info: withVector(1544.25) },
					{ t: "wine", t_semantic_info: withVector(1571.3334) },
					{ z: 1 },
					null,
				],
			},
		],
		[
			{ c: "hello world" },
			{
				c_semantic_info: {
					chunks: [{ text: "hello world", embedding: [2470.75, 1] }],
					model: expect.anything(),
				},
			},
		],
		[
			{ s: "a small cat and red wine" },
			{
				s_semantic_info: {
					model: expect.objectContaining({ type: "SPARSE_TOKENIZE" }),
					embedding: { small: 2.5, red: 1.5, cat: 3.75, wine: 4.25 },
				},
			},
		],
		[
			{ sc: "a small cat. red wine is running in shoes. x" },
			{
				sc_semantic_info: {
					model: expect.anything(),
					chunks: [
						{ text: "a small ca", embedding: { small: 2.5, ca: 1 } },
						{ text: "t.", embedding: { t: 1, ".": 1 } },
						{ text: " red wine ", embedding: { red: 1.5, wine: 4.25 } },
						{ text: "is running", embedding: { running: 2.25, is: 1 } },
						{ text: " in shoes.", embedding: { in: 1, shoes: 3.5, ".": 1 } },
						{ text: " x", embedding: { x: 1 } },
					],
				},
			},
		],
	])("%j", async (document, made) => {
		expect(await stored(index, document)).toEqual({ ...document, ...made });
	});

	it.each([
		[["a", "b"], "java.util.ArrayList"],
		[5, "java.lang.Integer"],
		[{ x: 1 }, "java.util.HashMap"],
	])("but not %j", async (t, className) => {
		const { json } = await sidecar.call("PUT", `/${index}/_doc/bad`, { t });
		expect(json).toEqual(
			refused(
				`Expect the semantic field at path: t to be a string but found: class ${className}.`,
			),
		);
	});

	it("by a bulk and updates of every kind", async () => {
		const lines = [
			{ index: { _index: index, _id: "b1" } },
			{ t: "hello" },
			{ update: { _index: index, _id: "b2" } },
			{ doc: { t: "hello" }, doc_as_upsert: true },
		];
		const body = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
		const bulk = await other.call("POST", "/_bulk?refresh=true", body);
		expect(bulk.json).toMatchObject({ errors: false });
		const update = (change: object) =>
			sidecar.call("POST", `/${index}/_update/b1?refresh=true`, change);
		for (const id of ["b1", "b2"])
			expect(await sourceOf(index, id)).toEqual({
				t: "hello",
				t_semantic_info: withVector(2598.3333),
			});
		await update({ doc: { z: 1 } });
		await update({ doc: { t: "changed" } });
		expect(await sourceOf(index, "b1")).toEqual({
			t: "changed",
			t_semantic_info: withVector(1035.6666),
			z: 1,
		});
		await update({ doc: { t: null } });
		expect(await sourceOf(index, "b1")).toEqual({
			t: null,
			t_semantic_info: null,
			z: 1,
		});
		await update({ script: { source: "ctx._source.t = 'scripted'" } });
		expect(await sourceOf(index, "b1")).toMatchObject({
			t_semantic_info: withVector(7698.3335),
		});
		const query = { ids: { values: ["b1"] } };
		const script = { source: "ctx._source.t = 'ubq'" };
		const path = `/${index}/_update_by_query?refresh=true`;
		await sidecar.call("POST", path, { query, script });
		expect(await sourceOf(index, "b1")).toMatchObject({
			t_semantic_info: withVector(1583.4),
		});
	});

	it("and one that went round the sidecar is refused", async () => {
		const path = `/${index}/_doc/round`;
		await expect(callOpenSearch("PUT", path, { t: "hello" })).rejects.toThrow(
			/this document needs a vector .* send it through the ML sidecar/,
		);
	});

	it("of what the index's own final pipeline leaves, which is shown as the index's", async () => {
		const final = await putPipeline(sidecar, {
			processors: [{ set: { field: "t", value: "by pipeline" } }],
		});
		const own = await createIndex(
			{ t: dense() },
			{ "index.final_pipeline": final },
		);
		const expected = { t: "by pipeline", t_semantic_info: withVector(3832.75) };
		expect(await stored(own, { t: "orig" })).toEqual(expected);
		const later = await createIndex({ t: dense() });
		expect(await stored(later, { t: "hi" }, other)).toMatchObject({ t: "hi" });
		await put(sidecar, `/${later}/_settings`, {
			index: { final_pipeline: final },
		});
		expect(await stored(later, { t: "orig" }, other)).toEqual(expected);
		for (const one of [own, later]) {
			const { json } = await sidecar.call(
				"GET",
				`/${one}/_settings/index.final_pipeline?flat_settings`,
			);
			expect(json).toEqual({
				[one]: { settings: { "index.final_pipeline": final } },
			});
		}
	});

	it("and keep those that they have, where the field says so", async () => {
		const own = await createIndex({
			t: dense({ skip_existing_embedding: true }),
		});
		const write = (document: object) =>
			sidecar.call("PUT", `/${own}/_doc/1`, document);
		await write({ t: "hello" });
		await write({ t: "hello", z: 1 });
		expect(await sourceOf(own, "1")).toEqual({
			t: "hello",
			t_semantic_info: withVector(2598.3333),
			z: 1,
		});
	});
});

/** What stands beside a field of the model whose vectors are a number and 1. */
function withVector(first: number) {
	return { model: expect.anything(), embedding: [first, 1] };
}

describe("templates with semantic fields", () => {
	it("are shown as they were put, and make indices with them", async () => {
		const name = uniqueName("semantic");
		const path = `/_index_template/${name}`;
		await put(sidecar, path, {
			index_patterns: [`${name}-*`],
			template: {
				settings: { "index.knn": true },
				mappings: { properties: { t: dense() } },
			},
		});
		const shown = await sidecar.call("GET", path);
		expect(shown.text).not.toMatch(/ml.sidecar/);
		expect(shown.json).toMatchObject({
			index_templates: [
				{
					index_template: {
						template: { mappings: { properties: { t: dense() } } },
					},
				},
			],
		});
		expect(await stored(`${name}-1`, { t: "hello" }, other)).toEqual({
			t: "hello",
			t_semantic_info: withVector(2598.3333),
		});
		await sidecar.call("DELETE", path);
	});

	it("composed of others have the fields of all of them, and so has an index with a final pipeline of its own", async () => {
		const name = uniqueName("semantic");
		const parts = [`${name}-a`, `${name}-b`];
		for (const [number, part] of parts.entries())
			await put(sidecar, `/_component_template/${part}`, {
				template: {
					settings: { "index.knn": true },
					mappings: { properties: { [`t${number}`]: dense() } },
				},
			});
		await put(sidecar, `/_index_template/${name}`, {
			index_patterns: [`${name}-*`],
			composed_of: parts,
		});
		const both = {
			t0: "hello",
			t0_semantic_info: withVector(2598.3333),
			t1: "hi",
			t1_semantic_info: withVector(2611.6667),
		};
		const document = { t0: "hello", t1: "hi" };
		expect(await stored(`${name}-1`, document, other)).toEqual(both);
		const final = await putPipeline(sidecar, {
			processors: [{ set: { field: "seen", value: true } }],
		});
		await put(sidecar, `/${name}-2`, {
			settings: { "index.final_pipeline": final },
		});
		expect(await stored(`${name}-2`, document)).toEqual({
			...both,
			seen: true,
		});
		await sidecar.call("DELETE", `/_index_template/${name}`);
	});

	it("have the fields that a component gets later", async () => {
		const name = uniqueName("semantic");
		const component = `/_component_template/${name}-part`;
		const mapped = (properties: object) => ({
			template: { mappings: { properties } },
		});
		await put(sidecar, component, mapped({ plain: { type: "text" } }));
		await put(sidecar, `/_index_template/${name}`, {
			index_patterns: [`${name}-*`],
			composed_of: [`${name}-part`],
			template: {
				settings: { "index.knn": true },
				mappings: { properties: { t: dense() } },
			},
		});
		const final = await putPipeline(sidecar, {
			processors: [{ set: { field: "seen", value: true } }],
		});
		await put(sidecar, component, {
			template: {
				settings: { "index.final_pipeline": final },
				mappings: { properties: { u: sparse() } },
			},
		});
		expect(await stored(`${name}-1`, { t: "hello", u: "wine" }, other)).toEqual(
			{
				t: "hello",
				t_semantic_info: withVector(2598.3333),
				u: "wine",
				u_semantic_info: {
					model: expect.anything(),
					embedding: { wine: 4.25 },
				},
				seen: true,
			},
		);
		await put(sidecar, `/${name}-2`, { mappings: { _meta: { mine: 1 } } });
		const { json } = await sidecar.call("GET", `/${name}-2/_mapping`);
		expect(json).toMatchObject({
			[`${name}-2`]: {
				mappings: {
					_meta: { mine: 1 },
					properties: { t: { type: "semantic" }, u: { type: "semantic" } },
				},
			},
		});
		await sidecar.call("DELETE", `/_index_template/${name}`);
	});

	it("of the older kind do, too", async () => {
		const name = uniqueName("semantic");
		await put(sidecar, `/_template/${name}`, {
			index_patterns: [`${name}-*`],
			settings: { "index.knn": true },
			mappings: { properties: { t: dense() } },
		});
		const shown = await sidecar.call("GET", `/_template/${name}`);
		expect(shown.text).not.toMatch(/ml.sidecar/);
		expect(await stored(`${name}-1`, { t: "hello" })).toEqual({
			t: "hello",
			t_semantic_info: withVector(2598.3333),
		});
		await sidecar.call("DELETE", `/_template/${name}`);
	});
});

describe("neural queries on semantic fields", () => {
	let index: string;
	const texts = ["hello world", "a small cat and red wine", "running shoes"];

	beforeAll(async () => {
		const own = dense({ semantic_info_field_name: "beside" });
		index = await createIndex({
			t: own,
			c: dense({ chunking: true }),
			s: sparse(),
			sc: sparse({ chunking: true }),
			se: sparse({ semantic_field_search_analyzer: "standard" }),
			n: { type: "nested", properties: { t: dense() } },
		});
		for (const [id, t] of texts.entries())
			await write(`/${index}/_doc/${id}?refresh=true`, {
				...{ t, c: t, s: t, sc: t, se: t },
				n: [{ t }],
			});
	});

	async function write(path: string, body: object): Promise<void> {
		const { status, text } = await sidecar.call("PUT", path, body);
		if (status !== 201) throw new Error(text);
	}

	async function search(query: object): Promise<unknown> {
		const { json } = await sidecar.call("POST", `/${index}/_search`, {
			query,
			_source: false,
		});
		return json;
	}

	const hits = (found: readonly (readonly [id: string, score: number])[]) =>
		expect.objectContaining({
			hits: expect.objectContaining({
				hits: found.map(([_id, _score]) =>
					expect.objectContaining({ _id, _score: expect.closeTo(_score, 5) }),
				),
			}),
		});

	const query = (field: string, options: object = {}) => ({
		neural: { [field]: { query_text: "red cat", ...options } },
	});

	it.each<[query: object, scores: Readonly<Record<string, number>>]>([
		[query("t", { k: 2 }), { 0: 1, 1: 1 }],
		[query("c", { k: 2, boost: 2 }), { 0: 2, 1: 2 }],
		[query("c", { filter: { match: { t: "wine" } } }), { 1: 1 }],
		[query("s"), { 1: 16.3125 }],
		[query("sc", { boost: 2 }), { 1: 32.625 }],
		[query("se"), { 1: 5.25 }],
		[
			{ nested: { path: "n", query: query("n.t", { k: 3 }) } },
			{ 0: 1, 1: 1, 2: 1 },
		],
		[{ neural: { s: { query_tokens: { red: 1, cat: 2 } } } }, { 1: 9 }],
	])("%j", async (asked, scores) => {
		expect(await search(asked)).toEqual(hits(Object.entries(scores)));
	});

	it.each([
		[
			query("s", { k: 3 }),
			"Invalid neural query: Target field is a semantic field using a sparse model. [k] are not supported since they are for the dense model.",
		],
		[
			{ neural: { t: { query_tokens: { a: 1 } } } },
			"Invalid neural query: Either query_text or query_image must be provided.; Target field is a semantic field using a dense model. query_tokens is not supported since it is for the sparse model.",
		],
	])("refuses %j", async (asked, reason) => {
		expect(await search(asked)).toEqual(refused(reason));
	});
});
