import { request } from "undici";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { putPipeline } from "../helpers/embedding-index.ts";
import { callOpenSearch } from "../helpers/opensearch.ts";
import {
	deployMiniLm,
	removeModel,
	startSidecar,
	type TestSidecar,
} from "../helpers/sidecar.ts";

/*
 * The expected answers are those of neural-search 3.6 to the same calls, with the model's id and the vectors replaced.
 */

const path = "/_ingest/pipeline/_simulate";

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
	text_embedding: { model_id: model, field_map: { text: "v" }, ...options },
});
const set = (field: string, value: unknown = 1) => ({ set: { field, value } });
const cat = { _source: { text: "cat" } };
const twelve = { _source: { text: 12 } };
const refusal = {
	type: "illegal_argument_exception",
	reason:
		"map type field [text] is neither string nor nested type, cannot process it",
};
const error = { root_cause: [refusal], ...refusal };
const vector = expect.objectContaining({ length: 384 });
const timestamp = expect.any(String);

function doc(_source: object, pipeline?: string) {
	return {
		_index: "_index",
		_id: "_id",
		_source,
		_ingest: { timestamp, ...(pipeline !== undefined && { pipeline }) },
	};
}

/** What a document has become in a verbose simulation of a pipeline that is sent along. */
function traced(_source: object, pipeline = "_simulate_pipeline") {
	return { doc: doc(_source, pipeline) };
}

async function simulated(pipeline: object, docs: object[], query = "") {
	const answer = await sidecar.call("POST", `${path}${query}`, {
		pipeline,
		docs,
	});
	expect(answer.status, answer.text).toBe(200);
	return answer.json;
}

async function verbosely(pipeline: object, source: object): Promise<unknown> {
	const answer = await simulated(pipeline, [{ _source: source }], "?verbose");
	return (Object(answer).docs as { processor_results: unknown }[])[0]
		?.processor_results;
}

describe("a simulated pipeline embeds as a write does", () => {
	it("each document alone: one that can't be embedded says why in neural-search's words", async () => {
		const processors = [set("a"), embedding(), set("b")];
		expect(
			await simulated({ processors }, [cat, twelve, { _source: { o: 1 } }]),
		).toEqual({
			docs: [
				{ doc: doc({ a: 1, b: 1, text: "cat", v: vector }) },
				{ error },
				{ doc: doc({ a: 1, b: 1, o: 1 }) },
			],
		});
	});

	it("by the id of a stored one, by GET too, and where it is called by another", async () => {
		const id = await putPipeline(sidecar, { processors: [embedding()] });
		const expected = { docs: [{ doc: doc({ text: "cat", v: vector }) }] };
		const stored = await sidecar.call(
			"POST",
			`/_ingest/pipeline/${id}/_simulate`,
			{ docs: [cat] },
		);
		expect(stored.json).toEqual(expected);
		const { body } = await request(
			`${sidecar.url}/_ingest/pipeline/${id}/_simulate`,
			{
				method: "GET",
				headers: { "content-type": "application/json" },
				body: JSON.stringify({ docs: [cat] }),
			},
		);
		expect(await body.json()).toEqual(expected);
		const processors = [{ pipeline: { name: id } }];
		expect(await simulated({ processors }, [cat])).toEqual(expected);
	});

	it("and keeps failure rules: ignored, handled by the processor, handled by the pipeline", async () => {
		const why = set("why", "{{_ingest.on_failure_message}}");
		const { reason } = refusal;
		const ignoring = [embedding({ ignore_failure: true })];
		expect(await simulated({ processors: ignoring }, [twelve])).toEqual({
			docs: [{ doc: doc({ text: 12 }) }],
		});
		const handled = { docs: [{ doc: doc({ text: 12, why: reason }) }] };
		const handling = [embedding({ on_failure: [why] })];
		expect(await simulated({ processors: handling }, [twelve])).toEqual(
			handled,
		);
		const definition = { processors: [embedding()], on_failure: [why] };
		expect(await simulated(definition, [twelve])).toEqual(handled);
	});

	it("as plain text of whatever form is asked for", async () => {
		const answer = await sidecar.call(
			"POST",
			`${path}?format=yaml&filter_path=**.text`,
			{ pipeline: { processors: [embedding()] }, docs: [cat] },
		);
		expect(answer.headers.get("content-type")).toBe("application/yaml");
		expect(answer.text).toBe(
			'---\ndocs:\n- doc:\n    _source:\n      text: "cat"\n',
		);
	});

	it("and leaves numbers that no double holds as they are", async () => {
		const answer = await sidecar.call(
			"POST",
			path,
			`{"pipeline":{"processors":[${JSON.stringify(embedding())}]},"docs":[{"_source":{"text":"cat","n":9007199254740993}}]}`,
		);
		expect(answer.text).toContain('"n":9007199254740993');
	});
});

describe("a verbose simulation tells of each processor", () => {
	it("by its own name, with its tag and description, and without the vector before it", async () => {
		const processors = [
			set("a"),
			embedding({ tag: "T", description: "D" }),
			set("b"),
		];
		expect(await verbosely({ processors }, { text: "cat" })).toEqual([
			{
				processor_type: "set",
				status: "success",
				...traced({ a: 1, text: "cat" }),
			},
			{
				processor_type: "text_embedding",
				status: "success",
				description: "D",
				tag: "T",
				...traced({ a: 1, text: "cat", v: vector }),
			},
			{
				processor_type: "set",
				status: "success",
				...traced({ a: 1, b: 1, text: "cat", v: vector }),
			},
		]);
	});

	it("each of two embeddings from where it stands on", async () => {
		const processors = [
			embedding(),
			set("a"),
			{
				text_embedding: { model_id: model, field_map: { other: "w" } },
			},
		];
		const source = { text: "cat", other: "dog" };
		expect(await verbosely({ processors }, source)).toEqual([
			{
				processor_type: "text_embedding",
				status: "success",
				...traced({ ...source, v: vector }),
			},
			{
				processor_type: "set",
				status: "success",
				...traced({ ...source, a: 1, v: vector }),
			},
			{
				processor_type: "text_embedding",
				status: "success",
				...traced({ ...source, a: 1, v: vector, w: vector }),
			},
		]);
	});

	it("of chunks and of what is embedded of them", async () => {
		const processors = [
			{
				text_chunking: {
					field_map: { text: "chunks" },
					algorithm: { delimiter: { delimiter: "." } },
				},
			},
			embedding({ field_map: { chunks: "v" } }),
		];
		const chunked = { text: "a cat. a dog.", chunks: ["a cat.", " a dog."] };
		expect(await verbosely({ processors }, { text: chunked.text })).toEqual([
			{
				processor_type: "text_chunking",
				status: "success",
				...traced(chunked),
			},
			{
				processor_type: "text_embedding",
				status: "success",
				...traced({ ...chunked, v: [{ knn: vector }, { knn: vector }] }),
			},
		]);
	});

	it("within a foreach, as of the foreach", async () => {
		const processors = [{ foreach: { field: "l", processor: embedding() } }];
		expect(await verbosely({ processors }, { text: "cat", l: [1] })).toEqual([
			{
				processor_type: "foreach",
				status: "success",
				doc: {
					...doc({ text: "cat", l: [1], v: vector }),
					_ingest: { pipeline: "_simulate_pipeline", timestamp, _value: null },
				},
			},
		]);
		expect(await verbosely({ processors }, { text: 12, l: [1] })).toEqual([
			{ processor_type: "foreach", status: "error", error },
		]);
	});

	it("with its condition, whether it holds or not", async () => {
		const condition = "ctx.text == 'cat'";
		const processors = [embedding({ if: condition })];
		expect(await verbosely({ processors }, { text: "cat" })).toEqual([
			{
				processor_type: "text_embedding",
				status: "success",
				if: { condition, result: true },
				...traced({ text: "cat", v: vector }),
			},
		]);
		expect(await verbosely({ processors }, { text: "dog" })).toEqual([
			{
				processor_type: "text_embedding",
				status: "skipped",
				if: { condition, result: false },
			},
		]);
	});

	it("with what went wrong: fatal, ignored, and handled", async () => {
		expect(
			await verbosely({ processors: [embedding(), set("a")] }, { text: 12 }),
		).toEqual([{ processor_type: "text_embedding", status: "error", error }]);
		const ignoring = [embedding({ ignore_failure: true }), set("b")];
		expect(await verbosely({ processors: ignoring }, { text: 12 })).toEqual([
			{
				processor_type: "text_embedding",
				status: "error_ignored",
				ignored_error: { error },
				...traced({ text: 12 }),
			},
			{
				processor_type: "set",
				status: "success",
				...traced({ b: 1, text: 12 }),
			},
		]);
		const why = set("why", "{{_ingest.on_failure_message}}");
		const handling = [embedding({ on_failure: [why] })];
		expect(await verbosely({ processors: handling }, { text: 12 })).toEqual([
			{ processor_type: "text_embedding", status: "error", error },
			{
				processor_type: "set",
				status: "success",
				doc: {
					...doc({ text: 12, why: refusal.reason }),
					_ingest: {
						pipeline: "_simulate_pipeline",
						timestamp,
						on_failure_message: refusal.reason,
						on_failure_processor_tag: null,
						on_failure_processor_type: "text_embedding",
					},
				},
			},
		]);
	});

	it("of a pipeline that is called", async () => {
		const id = await putPipeline(sidecar, { processors: [embedding()] });
		const processors = [{ pipeline: { name: id } }, set("b")];
		expect(await verbosely({ processors }, { text: "cat" })).toEqual([
			{ processor_type: "pipeline", status: "success" },
			{
				processor_type: "text_embedding",
				status: "success",
				...traced({ text: "cat", v: vector }, id),
			},
			{
				processor_type: "set",
				status: "success",
				...traced({ b: 1, text: "cat", v: vector }),
			},
		]);
	});

	it("and a failure that a pipeline asks for itself stays one", async () => {
		const processors = [embedding(), { fail: { message: "x" } }];
		const failure = { type: "fail_processor_exception", reason: "x" };
		expect(await verbosely({ processors }, { text: "cat" })).toMatchObject([
			{ processor_type: "text_embedding", status: "success" },
			{
				processor_type: "fail",
				status: "error",
				error: { root_cause: [failure], ...failure },
			},
		]);
	});
});

describe("what is wrong with a simulation is said as OpenSearch says it", () => {
	it.each([
		["no document", { docs: [] }],
		["a document without a source", { docs: [{ _source: "x" }] }],
		["no list of documents", {}],
	])("%s", async (_name, body) => {
		const id = await putPipeline(sidecar, { processors: [embedding()] });
		const url = `/_ingest/pipeline/${id}/_simulate`;
		const answer = await sidecar.call("POST", url, body);
		await expect(callOpenSearch("POST", url, body)).rejects.toThrow(
			answer.text,
		);
	});

	it("a processor that is not valid", async () => {
		const answer = await sidecar.call("POST", path, {
			pipeline: { processors: [{ text_embedding: { model_id: model } }] },
			docs: [cat],
		});
		expect(answer).toMatchObject({
			status: 400,
			json: {
				error: {
					type: "parse_exception",
					reason: "[field_map] required property is missing",
				},
			},
		});
	});

	it("a pipeline that there is not, and one with nothing of the sidecar's", async () => {
		for (const [url, body] of [
			["/_ingest/pipeline/nothing/_simulate", { docs: [cat] }],
			[path, { pipeline: { processors: [set("a")] }, docs: [cat] }],
		] as const) {
			const answer = await sidecar.call("POST", url, body);
			const straight = await fetch(`${inject("opensearchUrl")}${url}`, {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify(body),
			});
			expect(answer.status).toBe(straight.status);
			expect(untimed(answer.text)).toBe(untimed(await straight.text()));
		}
	});
});

function untimed(text: string): string {
	return text.replace(/"timestamp":"[^"]*"/g, '"timestamp":""');
}
