import {
	afterAll,
	afterEach,
	beforeAll,
	describe,
	expect,
	inject,
	it,
} from "vitest";
import { put, putPipeline } from "../helpers/embedding-index.ts";
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

/** Long enough for a cached pipeline to be wrong in a test, if nobody says that it is another one. */
const cacheMs = 3_600_000;

let sidecar: TestSidecar;
let other: TestSidecar;
let model: string;

beforeAll(async () => {
	sidecar = await startSidecar({ SIDECAR_PIPELINE_CACHE_MS: cacheMs });
	other = await startSidecar({ SIDECAR_PIPELINE_CACHE_MS: cacheMs });
	model = await deployMiniLm(sidecar, inject("minilm").int8);
});
afterAll(async () => {
	await removeModel(sidecar, model);
	await other.close();
	await sidecar.close();
});

const vector = expect.objectContaining({ length: 384 });
const mentionsGuards = /_ml_sidecar_|"fail"/;

function embedding(options: object = {}) {
	return {
		text_embedding: { model_id: model, field_map: { text: "v" }, ...options },
	};
}

/** Two pipelines that show by what a document gets that it went through them: a core one's field, and a vector. */
interface Pair {
	core: string;
	embedding: string;
}

async function putPair(field: string): Promise<Pair> {
	return {
		core: await putPipeline(sidecar, {
			processors: [{ set: { field, value: true } }],
		}),
		embedding: await putPipeline(sidecar, {
			processors: [embedding({ field_map: { text: field } })],
		}),
	};
}

/** Writes a document through the sidecar. */
async function write(path: string, source: object) {
	return sidecar.call("PUT", `${path}`, source);
}

async function stored(index: string, id = "1"): Promise<unknown> {
	return callOpenSearch("GET", `/${index}/_source/${id}`);
}

/** The fields that were added to the one document that a search finds. */
async function addedIn(expression: string): Promise<string[]> {
	await callOpenSearch("POST", `/${expression}/_refresh`);
	const answer = await callOpenSearch("GET", `/${expression}/_search`);
	const [hit] = Object(answer).hits.hits as { _source: object }[];
	if (!hit) throw new Error(`nothing in ${expression}`);
	return Object.keys(hit._source)
		.filter((name) => name !== "text" && name !== "@timestamp")
		.sort();
}

describe("the pipelines that an index gets when it is made", () => {
	/** What would change what other tests make, and keep them from removing it. */
	const made: string[] = [];
	afterEach(async () => {
		for (const path of made.splice(0).reverse())
			await sidecar.call("DELETE", path);
	});

	/** Makes templates that send what is written to a name through pipelines, for core and for embedding ones. */
	async function expectAlike(
		prepare: (
			name: string,
			pipelines: { one: string; two: string },
		) => Promise<void>,
		path = (name: string) => `/${name}/_create/1`,
		expression = (name: string) => name,
	): Promise<string[]> {
		const one = await putPair("one");
		const two = await putPair("two");
		const truth = uniqueName("core");
		await prepare(truth, { one: one.core, two: two.core });
		const source = { "@timestamp": "2026-01-01T00:00:00Z", text: "a cat" };
		await callOpenSearch("PUT", path(truth), source);
		const name = uniqueName("embedded");
		await prepare(name, { one: one.embedding, two: two.embedding });
		const answer = await write(path(name), source);
		expect(answer.status, answer.text).toBe(201);
		const expected = await addedIn(expression(truth));
		expect(await addedIn(expression(name))).toEqual(expected);
		return expected;
	}

	async function template(kind: string, body: object): Promise<void> {
		const path = `/${kind}/${uniqueName("template")}`;
		await put(sidecar, path, body);
		made.push(path);
	}

	it("come from the legacy templates that fit it, the highest order first", async () => {
		const added = await expectAlike(async (name, { one, two }) => {
			await template("_template", {
				index_patterns: [`${name}*`],
				order: 1,
				settings: { default_pipeline: one, final_pipeline: two },
			});
			await template("_template", {
				index_patterns: ["nothing-like-it", `*${name.slice(-9)}`],
				order: 2,
				settings: { index: { default_pipeline: "_none" } },
			});
		});
		expect(added).toEqual(["two"]);
	});

	it("come from no legacy template for all indices where another one hides the index", async () => {
		const added = await expectAlike(async (name, { one, two }) => {
			await template("_template", {
				index_patterns: ["*"],
				order: 5,
				settings: { default_pipeline: one },
			});
			await template("_template", {
				index_patterns: [`${name}*`],
				settings: { "index.hidden": true, final_pipeline: two },
			});
		});
		expect(added).toEqual(["two"]);
	});

	it("come from no legacy template where a newer one fits, which need not say anything", async () => {
		const added = await expectAlike(async (name, { one }) => {
			await template("_template", {
				index_patterns: [`${name}*`],
				settings: { default_pipeline: one },
			});
			await template("_index_template", {
				index_patterns: [`${name}*`],
				template: {},
			});
		});
		expect(added).toEqual([]);
	});

	it("come from the template with the highest priority and its component templates", async () => {
		const added = await expectAlike(async (name, { one, two }) => {
			const component = uniqueName("component");
			await put(sidecar, `/_component_template/${component}`, {
				template: { settings: { default_pipeline: one } },
			});
			await template("_index_template", {
				index_patterns: [`${name}*`],
				priority: 10,
				composed_of: [component],
				template: { settings: { "index.final_pipeline": two } },
			});
			await template("_index_template", {
				index_patterns: [`${name.slice(0, -1)}*`],
				priority: 1,
				template: { settings: { "index.default_pipeline": two } },
			});
		});
		expect(added).toEqual(["one", "two"]);
	});

	it("are none for a name with date math, which fits no template", async () => {
		const added = await expectAlike(
			(name, { one, two }) =>
				template("_index_template", {
					index_patterns: [`${name}-*`],
					template: {
						settings: { default_pipeline: one, final_pipeline: two },
					},
				}),
			(name) => `/${encodeURIComponent(`<${name}-{now/d}>`)}/_create/1?refresh`,
			(name) => `${name}-*`,
		);
		expect(added).toEqual([]);
	});

	it("are those of a data stream's template", async () => {
		const added = await expectAlike(async (name, { one, two }) => {
			await template("_index_template", {
				index_patterns: [name],
				data_stream: {},
				template: {
					settings: { default_pipeline: one, final_pipeline: two },
				},
			});
			made.push(`/_data_stream/${name}`);
		});
		expect(added).toEqual(["one", "two"]);
	});
});

describe("the pipelines of an alias", () => {
	it("are those of its write index", async () => {
		const name = uniqueName("alias");
		const one = await putPipeline(sidecar, { processors: [embedding()] });
		await put(sidecar, `/${name}-2`, { aliases: { [name]: {} } });
		await put(sidecar, `/${name}-1`, {
			settings: { default_pipeline: one },
			aliases: { [name]: { is_write_index: true } },
		});
		const answer = await write(`/${name}/_doc/1?require_alias=true`, {
			text: "a",
		});
		expect(answer.status, answer.text).toBe(201);
		expect(await stored(`${name}-1`)).toEqual({ text: "a", v: vector });
	});

	it("do not matter where the alias that is required is not there: OpenSearch says so", async () => {
		const name = uniqueName("alias");
		const one = await putPipeline(sidecar, { processors: [embedding()] });
		await put(sidecar, `/_index_template/${name}`, {
			index_patterns: [name],
			template: { settings: { default_pipeline: one } },
		});
		const answer = await write(`/${name}/_doc/1?require_alias=true`, {
			text: "a",
		});
		await sidecar.call("DELETE", `/_index_template/${name}`);
		expect(answer.status).toBe(404);
		expect(textAt(answer.json, "error", "reason")).toContain("require_alias");
	});
});

describe("a pipeline that calls others", () => {
	/** What becomes of a document on its way through processors. */
	async function through(
		processors: object[],
		source: object,
		rest: object = {},
	) {
		const id = await putPipeline(sidecar, { processors, ...rest });
		const index = uniqueName("index");
		const answer = await write(`/${index}/_doc/1?pipeline=${id}`, source);
		return answer.status === 201 ? stored(index) : answer.json;
	}

	const call = (name: string, options: object = {}) => ({
		pipeline: { name, ...options },
	});

	it("embeds in them, at any depth, what has been made of the document on the way", async () => {
		const innermost = await putPipeline(sidecar, {
			processors: [{ uppercase: { field: "text" } }, embedding()],
		});
		const inner = await putPipeline(sidecar, {
			processors: [{ set: { field: "text", value: "cat" } }, call(innermost)],
		});
		expect(await through([call(inner)], { text: "dog" })).toEqual({
			text: "CAT",
			v: vector,
		});
	});

	it("embeds only where its condition holds", async () => {
		const inner = await putPipeline(sidecar, { processors: [embedding()] });
		const calls = [call(inner, { if: "ctx.go == true" })];
		expect(await through(calls, { text: "a", go: true })).toEqual({
			text: "a",
			go: true,
			v: vector,
		});
		expect(await through(calls, { text: "a" })).toEqual({ text: "a" });
	});

	it("embeds in the one of two calls that a document comes to", async () => {
		const inner = await putPipeline(sidecar, { processors: [embedding()] });
		const calls = [
			call(inner, { if: "ctx.first == true" }),
			call(inner, { if: "ctx.first != true" }),
		];
		for (const source of [{ text: "a", first: true }, { text: "a" }])
			expect(await through(calls, source)).toEqual({ ...source, v: vector });
	});

	it("embeds in the one that a document names itself", async () => {
		const inner = await putPipeline(sidecar, { processors: [embedding()] });
		const calls = [call("{{which}}")];
		expect(await through(calls, { text: "a", which: inner })).toEqual({
			text: "a",
			which: inner,
			v: vector,
		});
	});

	it("is refused for a document that goes through one of them twice, with the reason", async () => {
		const inner = await putPipeline(sidecar, { processors: [embedding()] });
		const answer = await through([call(inner), call(inner)], { text: "a" });
		expect(textAt(answer, "error", "reason")).toContain(
			`the pipeline [${inner}] twice`,
		);
	});

	it("fails as OpenSearch says where one is missing or calls itself, unless it may be missing", async () => {
		const missing = await through([call("nothing"), embedding()], {
			text: "a",
		});
		expect(textAt(missing, "error", "reason")).toBe(
			"Pipeline processor configured for non-existent pipeline [nothing]",
		);
		const ignored = call("nothing", { ignore_failure: true });
		expect(await through([ignored, embedding()], { text: "a" })).toEqual({
			text: "a",
			v: vector,
		});
		const self = uniqueName("self");
		await put(sidecar, `/_ingest/pipeline/${self}`, {
			processors: [embedding(), call(self)],
		});
		const circular = await through([call(self)], { text: "a" });
		expect(textAt(circular, "error", "reason")).toBe(
			`Cycle detected for pipeline: ${self}`,
		);
	});

	it("sees what the handlers of an embedding that failed have made of the document", async () => {
		const failing = embedding({
			field_map: { other: "w" },
			on_failure: [{ set: { field: "text", value: "cat" } }],
		});
		const inner = await putPipeline(sidecar, {
			processors: [failing, embedding()],
		});
		expect(await through([call(inner)], { other: 12 })).toEqual({
			other: 12,
			text: "cat",
			v: vector,
		});
	});

	it("embeds within a foreach that has something to do", async () => {
		const processors = [{ foreach: { field: "l", processor: embedding() } }];
		expect(await through(processors, { text: "a", l: [1, 2] })).toEqual({
			text: "a",
			l: [1, 2],
			v: vector,
		});
		expect(await through(processors, { text: "a", l: [] })).toEqual({
			text: "a",
			l: [],
		});
	});

	it("does not mind an integer that OpenSearch can't simulate with", async () => {
		const id = await putPipeline(sidecar, {
			processors: [{ set: { field: "a", value: 1 } }, embedding()],
		});
		const index = uniqueName("index");
		await put(sidecar, `/${index}`, { mappings: { enabled: false } });
		const answer = await sidecar.call(
			"PUT",
			`/${index}/_doc/1?pipeline=${id}`,
			'{"text":"a","n":12345678901234567890}',
		);
		expect(answer.status, answer.text).toBe(201);
		const text = await fetch(`${opensearchUrl()}/${index}/_source/1`);
		expect(await text.text()).toContain('"n":12345678901234567890');
	});
});

describe("a final pipeline behind a default one", () => {
	async function indexWith(first: object, final: object): Promise<string> {
		const name = uniqueName("index");
		await put(sidecar, `/${name}`, {
			settings: {
				default_pipeline: await putPipeline(sidecar, first),
				final_pipeline: await putPipeline(sidecar, final),
			},
		});
		return name;
	}

	it("both embed", async () => {
		const index = await indexWith(
			{ processors: [embedding(), { set: { field: "text", value: "dog" } }] },
			{ processors: [embedding({ field_map: { text: "w" } })] },
		);
		await write(`/${index}/_doc/1`, { text: "cat" });
		expect(await stored(index)).toEqual({ text: "dog", v: vector, w: vector });
	});

	it("says why it failed, after the default one has failed and gone on", async () => {
		const index = await indexWith(
			{ processors: [embedding({ ignore_failure: true })] },
			{
				processors: [
					{ set: { field: "a", value: 1 } },
					embedding({ field_map: { other: "w" } }),
				],
			},
		);
		const answer = await write(`/${index}/_doc/1`, { text: 12, other: 13 });
		expect(textAt(answer.json, "error", "reason")).toContain("[other]");
	});

	it("embeds what the default one's failure handlers leave", async () => {
		const index = await indexWith(
			{
				processors: [embedding({ field_map: { other: "w" } })],
				on_failure: [{ set: { field: "text", value: "cat" } }],
			},
			{ processors: [embedding()] },
		);
		await write(`/${index}/_doc/1`, { other: 12 });
		expect(await stored(index)).toEqual({ other: 12, text: "cat", v: vector });
	});

	it("is not run for a document that the default one sends to another index, where nothing of it is left", async () => {
		const target = uniqueName("target");
		const index = await indexWith(
			{ processors: [{ set: { field: "_index", value: target } }] },
			{ processors: [embedding()] },
		);
		const answer = await write(`/${index}/_doc/1`, { text: "a" });
		expect(answer.status, answer.text).toBe(201);
		expect(await stored(target)).toEqual({ text: "a" });
	});

	it("of the index that the default one sends a document to refuses it, with what to do", async () => {
		const target = uniqueName("target");
		await put(sidecar, `/${target}`, {
			settings: {
				final_pipeline: await putPipeline(sidecar, {
					processors: [embedding()],
				}),
			},
		});
		const index = await indexWith(
			{ processors: [{ set: { field: "_index", value: target } }] },
			{ processors: [{ set: { field: "a", value: 1 } }] },
		);
		const answer = await write(`/${index}/_doc/1`, { text: "a" });
		expect(answer.status).toBeGreaterThanOrEqual(400);
		expect(textAt(answer.json, "error", "reason")).toContain(
			"this document needs a vector",
		);
		await expect(stored(target)).rejects.toThrow("404");
	});
});

describe("a pipeline that is changed through another sidecar", () => {
	it("is in force here with the answer to the change, as is a template or a setting that names it", async () => {
		const id = uniqueName("pipeline");
		const index = uniqueName("index");
		const core = { processors: [{ set: { field: "a", value: 1 } }] };
		const path = `/_ingest/pipeline/${id}`;
		await put(other, path, core);
		await put(other, `/${index}`, { settings: { default_pipeline: id } });
		await write(`/${index}/_doc/1`, { text: "a" });
		await put(other, path, { processors: [embedding()] });
		await write(`/${index}/_doc/2`, { text: "a" });
		expect(await stored(index, "2")).toEqual({ text: "a", v: vector });
		await other.call("DELETE", path);
		const answer = await write(`/${index}/_doc/3`, { text: "a" });
		expect(answer.status).toBe(400);
		expect(textAt(answer.json, "error", "reason")).toContain("does not exist");
	});
});

describe("pipelines are read as they were put", () => {
	it.each(["", "?pretty", "?filter_path=*.processors", "?format=yaml"])(
		"with %s",
		async (query) => {
			const one = uniqueName("read");
			const definition = { description: "d", processors: [embedding()] };
			await put(sidecar, `/_ingest/pipeline/${one}`, definition);
			const answer = await sidecar.call(
				"GET",
				`/_ingest/pipeline/${one}${query}`,
			);
			expect(answer.text).not.toMatch(mentionsGuards);
			expect(answer.text).toContain("text_embedding");
			if (query === "?pretty")
				expect(answer.text).toBe(
					`${JSON.stringify({ [one]: definition }, undefined, 2).replaceAll('": ', '" : ')}\n`,
				);
			if (query === "?filter_path=*.processors")
				expect(answer.json).toEqual({
					[one]: { processors: definition.processors },
				});
			if (query === "?format=yaml")
				expect(answer.headers.get("content-type")).toBe("application/yaml");
		},
	);

	it("by wildcards and lists, those of the sidecar's among the others", async () => {
		const name = uniqueName("list");
		const ours = { processors: [embedding()] };
		const core = { processors: [{ set: { field: "a", value: 1 } }] };
		await put(sidecar, `/_ingest/pipeline/${name}-a1`, ours);
		await put(sidecar, `/_ingest/pipeline/${name}-b1`, core);
		await put(sidecar, `/_ingest/pipeline/${name}-b2`, ours);
		const { json } = await sidecar.call(
			"GET",
			`/_ingest/pipeline/_none,${name}-a1,${name}-b*`,
		);
		expect(json).toEqual({
			[`${name}-a1`]: ours,
			[`${name}-b1`]: core,
			[`${name}-b2`]: ours,
		});
	});

	it.each(["?summary", "?master_timeout=nonsense"])(
		"and refused where OpenSearch refuses: %s",
		async (query) => {
			const one = await putPipeline(sidecar, { processors: [embedding()] });
			const path = `/_ingest/pipeline/${one}${query}`;
			const answer = await sidecar.call("GET", path);
			const straight = await fetch(`${opensearchUrl()}${path}`);
			expect(answer.status).toBe(straight.status);
			expect(answer.text).toBe(await straight.text());
		},
	);
});
