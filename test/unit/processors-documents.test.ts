import { describe, expect, it } from "vitest";
import {
	lengths,
	processedDocument,
	type ResultsOf,
} from "../helpers/processed-document.ts";

/*
 * What becomes of a document was read off OpenSearch 3.6 with neural-search and ml-commons, with vectors in place of
 * these lengths.
 */

const dense = (field_map: unknown) => ({
	text_embedding: { model_id: "m", field_map },
});
const sparse = (field_map: unknown) => ({
	sparse_encoding: { model_id: "m", field_map },
});
const chunking = (field_map: unknown, ignore_missing = false) => ({
	text_chunking: {
		field_map,
		algorithm: { delimiter: { delimiter: "." } },
		ignore_missing,
	},
});
const parts: ResultsOf = (texts) =>
	texts.map((text) => JSON.stringify(text.split(/(?<=\.)/)));

/** An object in an object, so many of them. */
function nested(levels: number, innermost: unknown): unknown {
	return levels === 0 ? innermost : { a: nested(levels - 1, innermost) };
}

describe("vectors go where neural-search puts them", () => {
	it.each<[unknown, unknown, unknown]>([
		[{ t: "v" }, { t: "x" }, { t: "x", v: [1] }],
		[
			{ t: "v" },
			{ t: ["x", " "] },
			{ t: ["x", " "], v: [{ knn: [1] }, { knn: [1] }] },
		],
		[{ t: "v" }, { t: "x", v: [1, 2] }, { t: "x", v: [1] }],
		[{ t: "t" }, { t: "x" }, { t: [1] }],
		[{ t: "a.v" }, { t: "x" }, { t: "x", a: { v: [1] } }],
		[{ t: "a.v" }, { t: "x", a: { b: 1 } }, { t: "x", a: { b: 1, v: [1] } }],
		[{ t: "a.v" }, { t: "x", a: null }, { t: "x", a: { v: [1] } }],
		[
			{ "o.t": "a.v" },
			{ o: { t: "x", a: { b: 1 } } },
			{ o: { t: "x", a: { b: 1, v: [1] } } },
		],
		[
			{ o: { t: "v" } },
			{ o: [{ t: "x" }, { q: 1 }] },
			{ o: [{ t: "x", v: [1] }, { q: 1 }] },
		],
		[{ o: { t: "a.v" } }, { o: [{ t: "x" }] }, { o: [{ t: "x", "a.v": [1] }] }],
		[
			{ o: { p: { t: "a.v" } } },
			{ o: [{ p: { t: "x" } }] },
			{ o: [{ p: { t: "x", a: { v: [1] } } }] },
		],
		[
			{ o: { p: { t: "v" } } },
			{ o: { p: [{ t: "x" }, { t: "yy" }] } },
			{
				o: {
					p: [
						{ t: "x", v: [1] },
						{ t: "yy", v: [2] },
					],
				},
			},
		],
		[
			{ o: { t: "v", u: "w" } },
			{ o: [{ t: "x", u: "yy" }, { u: "z" }] },
			{
				o: [
					{ t: "x", u: "yy", v: [1], w: [2] },
					{ u: "z", w: [1] },
				],
			},
		],
		[
			{ o: { t: "v" } },
			{ o: [{ t: "" }, { t: null }, { t: "x" }] },
			{ o: [{ t: "" }, { t: null }, { t: "x", v: [1] }] },
		],
	])("field_map %j, document %j", (fieldMap, document, expected) => {
		expect(processedDocument(dense(fieldMap), document)).toEqual(expected);
	});

	it("sparse ones of a list under their own name", () => {
		const document = { t: ["x", "yy"] };
		const weights: ResultsOf = (texts) =>
			texts.map((text) => JSON.stringify({ [text]: 1 }));
		expect(processedDocument(sparse({ t: "v" }), document, weights)).toEqual({
			...document,
			v: [{ sparse_encoding: { x: 1 } }, { sparse_encoding: { yy: 1 } }],
		});
	});

	it.each([
		[{ o: { t: "v" } }, { o: "x" }],
		[{ o: { t: "v" } }, { o: [] }],
		[{ o: { t: "v" } }, { o: [{}] }],
		[{ o: {} }, { o: { t: "x" } }],
		[{ "o.t": "v" }, { o: "x" }],
		[nested(21, "v"), nested(20, null)],
	])(
		"field_map %j, document %j: nothing to embed, and no error",
		(fieldMap, document) => {
			expect(processedDocument(dense(fieldMap), document)).toEqual(document);
		},
	);
});

describe("what neural-search loses is kept:", () => {
	it("the other of two dotted sources under one parent", () => {
		expect(
			processedDocument(dense({ "o.t": "v", "o.u": "w" }), {
				o: { t: "x", u: "yy" },
			}),
		).toEqual({ o: { t: "x", u: "yy", v: [1], w: [2] } });
	});

	it("the size of a nested vector, when a document is indexed again", () => {
		expect(
			processedDocument(dense({ o: { t: "v" } }), {
				o: { t: "x", v: [7] },
			}),
		).toEqual({ o: { t: "x", v: [1] } });
	});

	it("names with dots that have nothing to do with the embedding", () => {
		const document = { "a.b": 1, a: { c: 1 }, t: "x" };
		expect(processedDocument(dense({ t: "v" }), document)).toEqual({
			...document,
			v: [1],
		});
	});

	it("the elements of a list that have no object on the way", () => {
		expect(
			processedDocument(dense({ o: { p: { t: "v" } } }), {
				o: [{ p: { t: "x" } }, { q: 1 }],
			}),
		).toEqual({ o: [{ p: { t: "x", v: [1] } }, { q: 1 }] });
	});
});

describe("a document is refused as neural-search refuses it:", () => {
	const mismatch = (name: string) =>
		`[${name}] configuration doesn't match actual value type, configuration type is: java.lang.String, actual value type is: java.util.HashMap`;
	const neither = (name: string) =>
		`map type field [${name}] is neither string nor nested type, cannot process it`;
	const list = (name: string, problem: string) =>
		`list type field [${name}] ${problem}, cannot process it`;
	const deep = "map type field [a] reaches max depth limit, cannot process it";
	const badDots = (name: string) =>
		`Field name '${name}' contains invalid dot usage`;

	it.each<[unknown, unknown, string]>([
		[{ t: "v" }, { t: 1 }, neither("t")],
		[{ t: "v" }, { t: true }, neither("t")],
		[{ t: "v" }, { t: {} }, mismatch("t")],
		[{ t: "v" }, { t: [{ b: "x" }] }, mismatch("t")],
		[{ t: "v" }, { t: ["a", { b: 1 }] }, mismatch("t")],
		[{ t: "v" }, { t: ["a", 1] }, list("t", "has non string value")],
		[{ t: "v" }, { t: ["a", null] }, list("t", "has null")],
		[{ t: "v" }, { t: ["a", ["b"]] }, list("t", "is nested list type")],
		[{ o: { t: "v" } }, { o: 1 }, neither("o")],
		[{ "o.t": "v" }, { o: true }, neither("o")],
		[{ o: { t: "v" } }, { o: [null] }, list("o", "has null")],
		[{ o: { t: "v" } }, { o: [1] }, list("o", "has non string value")],
		[
			{ o: { t: "v" } },
			{ o: [[{ t: "x" }]] },
			list("o", "is nested list type"),
		],
		[{ o: { t: "v" } }, { o: [{ t: 1 }] }, neither("t")],
		[{ o: "v" }, { "o.t": 1 }, mismatch("o")],
		[{ "o.t": "v" }, { o: { "t.u": "x" } }, mismatch("t")],
		[
			{ o: { t: "v" } },
			{ o: [{ t: "x" }, "y"] },
			list("o", "has a string where an object is mapped"),
		],
		[{ o: { t: "v" } }, { o: { t: { u: "x" } } }, mismatch("t")],
		[{ o: { t: { u: "v" } } }, { o: { t: 5 } }, neither("t")],
		[nested(21, "v"), nested(21, "x"), deep],
		[nested(20, "v"), nested(20, ["x"]), deep],
		[
			{ "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a": "v" },
			nested(21, "x"),
			deep,
		],
		[{ t: "v" }, { t: "x", "a..b": 1 }, badDots("a..b")],
		[{ t: "v" }, { t: "x", ".": 1 }, badDots(".")],
		[{ t: "v" }, { x: 1, "a.": 1 }, badDots("a.")],
		[{ t: "v" }, { t: "x", a: [{ "b.": 1 }] }, badDots("b.")],
		[{ t: "v" }, { t: "x", "a. .b": 1 }, badDots("a. .b")],
		[{ t: "v" }, { t: "x", " ": 1 }, "Field name cannot be null or empty"],
	])("field_map %j, document %j", (fieldMap, document, reason) => {
		for (const definition of [dense(fieldMap), sparse(fieldMap)])
			expect(() => processedDocument(definition, document)).toThrow(reason);
	});

	it.each([nested(20, "x"), nested(19, ["x"])])(
		"not at the greatest depth itself: %j",
		(document) => {
			const levels = JSON.stringify(document).split(":").length - 1;
			expect(() =>
				processedDocument(dense(nested(levels, "v")), document),
			).not.toThrow();
		},
	);

	it("with a reason where a vector would have no place in a list", () => {
		expect(() =>
			processedDocument(dense({ t: "a.v" }), { t: "x", a: [{ b: 1 }] }),
		).toThrow(list("a", "can't hold [v]"));
	});
});

describe("chunks go where neural-search puts them", () => {
	it.each<[unknown, unknown, unknown]>([
		[{ t: "c" }, { t: "a.b" }, { t: "a.b", c: ["a.", "b"] }],
		[{ t: "c" }, { t: "a.b", c: ["z"] }, { t: "a.b", c: ["a.", "b"] }],
		[
			{ t: "c" },
			{ t: ["a.b", "", "c"] },
			{ t: ["a.b", "", "c"], c: ["a.", "b", "c"] },
		],
		[{ t: "t" }, { t: "a.b" }, { t: ["a.", "b"] }],
		[{ t: "c" }, { t: " " }, { t: " ", c: [] }],
		[{ t: "c" }, { t: null }, { t: null, c: [] }],
		[{ t: "c" }, { t: [] }, { t: [], c: [] }],
		[{ t: "c", u: "d" }, { t: "a.b" }, { t: "a.b", c: ["a.", "b"], d: [] }],
		[{ t: "a.c" }, { t: "a.b", a: 3 }, { t: "a.b", a: 3, "a.c": ["a.", "b"] }],
		[{ "o.t": "c" }, { "o.t": "a.b" }, { "o.t": "a.b", c: ["a.", "b"] }],
		[{ "o.t": "c" }, { o: { t: "a.b" } }, { o: { t: "a.b" }, c: [] }],
		[{ o: { t: "c" } }, { "o.t": "a.b" }, { "o.t": "a.b" }],
		[{ o: { t: "c" } }, { o: {} }, { o: { c: [] } }],
		[
			{ o: { t: "c" } },
			{ o: [{ t: "a.b" }, { q: 1 }, "y"] },
			{ o: [{ t: "a.b", c: ["a.", "b"] }, { q: 1, c: [] }, "y"] },
		],
		[{ o: { t: "c" } }, { o: "a.b" }, { o: "a.b" }],
		[{ t: "c" }, { "a..b": 1, "": 2 }, { "a..b": 1, "": 2, c: [] }],
	])("field_map %j, document %j", (fieldMap, document, expected) => {
		expect(processedDocument(chunking(fieldMap), document, parts)).toEqual(
			expected,
		);
	});

	it.each<[unknown, unknown, unknown]>([
		[{ t: "c" }, { x: 1 }, { x: 1 }],
		[{ t: "c" }, { t: null }, { t: null }],
		[{ t: "c" }, { t: "" }, { t: "", c: [] }],
		[{ t: "c" }, { t: [] }, { t: [], c: [] }],
		[{ o: { t: "c" } }, { o: [{ q: 1 }] }, { o: [{ q: 1 }] }],
	])(
		"with ignore_missing, field_map %j, document %j",
		(fieldMap, document, expected) => {
			expect(
				processedDocument(chunking(fieldMap, true), document, parts),
			).toEqual(expected);
		},
	);

	it.each([
		[{ t: "c" }, { t: 1 }, "map type field [t] is neither string nor nested"],
		[{ t: "c" }, { t: ["a", 1] }, "list type field [t] has non string value"],
		[
			{ t: "c" },
			{ t: ["a", ["b"]] },
			"list type field [t] is nested list type",
		],
		[
			{ t: "c" },
			{ t: {} },
			"[t] configuration doesn't match actual value type",
		],
		[{ o: { t: "c" } }, { o: 1 }, "map type field [o] is neither string nor"],
		[{ o: { t: "c" } }, { o: [null] }, "list type field [o] has null"],
		[{ o: { t: "c" } }, { o: [1] }, "list type field [o] has non string value"],
		[nested(21, "c"), nested(21, "x"), "map type field [a] reaches max depth"],
		[
			nested(20, "c"),
			nested(20, ["x"]),
			"map type field [a] reaches max depth",
		],
	])("field_map %j, document %j is refused", (fieldMap, document, reason) => {
		expect(() =>
			processedDocument(chunking(fieldMap), document, parts),
		).toThrow(reason);
	});
});

describe("an ml_inference processor", () => {
	/** As a template names a field of its input map. */
	const field = (name: string) => `\${input_map.${name}}`;
	const one = `{"text_docs":["${field("text")}"]}`;
	const all = `{"text_docs":${field("text")}}`;
	const first = "$.inference_results[0].output[0].data";
	const inference = (options: object = {}) => ({
		ml_inference: {
			model_id: "m",
			function_name: "text_embedding",
			model_input: one,
			input_map: [{ text: "t" }],
			output_map: [{ v: first }],
			...options,
		},
	});
	const tensor = (...data: number[]) => ({
		name: "sentence_embedding",
		data_type: "FLOAT32",
		shape: [data.length],
		data,
	});

	it.each<[string, object, object, unknown]>([
		["a text", {}, { t: "xyz" }, [3]],
		["a number", {}, { t: 12 }, [2]],
		["an empty text", {}, { t: "" }, [0]],
		[
			"a field by its dots",
			{ input_map: [{ text: "$.o.t" }] },
			{ o: { t: "x" } },
			[1],
		],
		["an element", { input_map: [{ text: "l.1" }] }, { l: ["x", "yy"] }, [2]],
		[
			"a text within others",
			{
				model_config: { before: "12" },
				model_input: `{"text_docs":["\${model_config.before}${field("text")}3"]}`,
			},
			{ t: "x" },
			[4],
		],
		[
			"a list, every vector",
			{
				model_input: all,
				output_map: [{ v: "$.inference_results.*.output.*.data" }],
			},
			{ t: ["x", "yy"] },
			[[1], [2]],
		],
		[
			"a list, its last vector",
			{
				model_input: all,
				output_map: [{ v: "inference_results[-1]['output'][0].data" }],
			},
			{ t: ["x", "yy"] },
			[2],
		],
		[
			"an answer's part",
			{ output_map: [{ v: "$.inference_results[0].output[0].shape" }] },
			{ t: "x" },
			[1],
		],
		[
			"an answer as a whole",
			{ output_map: [{ v: "$" }] },
			{ t: "x" },
			{ inference_results: [{ output: [tensor(1)] }] },
		],
		[
			"the first vector, whatever is asked for",
			{ full_response_path: false, output_map: [{ v: "data" }] },
			{ t: "x" },
			[1],
		],
	])("embeds %s", (_what, options, document, expected) => {
		expect(processedDocument(inference(options), document)).toEqual({
			...document,
			v: expected,
		});
	});

	it("puts the whole answer where no output map says more", () => {
		expect(
			processedDocument(inference({ output_map: undefined }), { t: "x" }),
		).toEqual({
			t: "x",
			inference_results: { inference_results: [{ output: [tensor(1)] }] },
		});
	});

	it("does as many predictions as it has maps", () => {
		const maps = {
			input_map: [{ text: "t" }, { text: "u" }],
			output_map: [
				{ v: first },
				{ "a.w": first, s: "$.inference_results[0].output[0].name" },
			],
		};
		expect(
			processedDocument(inference(maps), { t: "x", u: "yy", a: { b: 1 } }),
		).toEqual({
			t: "x",
			u: "yy",
			v: [1],
			a: { b: 1, w: [2] },
			s: "sentence_embedding",
		});
	});

	it("keeps a field that is there, unless it may write over it", () => {
		const document = { t: "x", v: null };
		expect(processedDocument(inference(), document)).toEqual(document);
		expect(processedDocument(inference({ override: true }), document)).toEqual({
			t: "x",
			v: [1],
		});
	});

	it("embeds a text with quotation marks, which breaks ml-commons' template", () => {
		expect(processedDocument(inference(), { t: '"\\\n' })).toEqual({
			t: '"\\\n',
			v: [3],
		});
	});

	it("leaves a document without the field as it is, if it may", () => {
		const document = { q: 1 };
		expect(
			processedDocument(inference({ ignore_missing: true }), document),
		).toEqual(document);
	});

	it.each([
		[{}, { q: 1 }, "Cannot find field name defined from input map: t"],
		[{}, { t: null }, "Cannot find field name defined from input map: t"],
		[{}, { t: ["x"] }, "field [t] of the input map is neither a string"],
		[{ model_input: all }, { t: "x" }, "has to be a list of texts"],
		[{ model_input: all }, { t: [] }, "has to be a list of texts"],
		[{ model_input: all }, { t: ["x", null] }, "is neither a string nor"],
		[
			{ output_map: [{ v: "$.inference_results[1].output[0].data" }] },
			{ t: "x" },
			"model inference output cannot find such json path: $.inference_results[1].output[0].data",
		],
		[
			{ output_map: [{ "a.v": first }] },
			{ t: "x", a: 3 },
			"cannot set [v] with parent object of type [number] as part of path [a.v]",
		],
	])("%j refuses %j", (options, document, reason) => {
		expect(() => processedDocument(inference(options), document)).toThrow(
			reason,
		);
	});
});

it("a document without anything for the processor is left as it is", () => {
	const document = { x: 1 };
	expect(processedDocument(dense({ t: "v" }), document, lengths)).toEqual(
		document,
	);
});
