import { describe, expect, it } from "vitest";
import { PreparedDocument } from "../../ingest/document.ts";
import type { FieldMap } from "../../ingest/processors/text-embedding.ts";
import type { Step } from "../../ingest/step.ts";

function step(fieldMap: FieldMap): Step {
	return {
		mark: "m",
		key: "p0",
		processor: {
			kind: "text_embedding",
			modelId: "m",
			fieldMap,
			skipExisting: false,
		},
		stages: [],
		conditional: false,
	};
}

/** Embeds with vectors that tell which text they are of: `[<length of the text>]`. */
function embed(source: string, fieldMap: FieldMap): string {
	const document = PreparedDocument.parse(Buffer.from(source));
	if (!document) return "not parsed";
	const finding = document.find(step(fieldMap));
	if ("failure" in finding) return finding.failure.reason;
	for (const slot of finding.slots)
		document.place(
			slot,
			slot.texts.map((text) => `[${text.length}]`),
			step(fieldMap),
		);
	document.markDone(step(fieldMap));
	return document.render().toString();
}

const mark = `"m":{"p0":"done"}`;

describe("vectors go where the field map says", () => {
	it.each<[string, FieldMap, string]>([
		["flat", { t: "v" }, `{"t":"abc","v":[3],${mark}}`],
		["nested map", { o: { t: "v" } }, `{"o":{"t":"abc","v":[3]},${mark}}`],
		["dotted source", { "o.t": "v" }, `{"o":{"t":"abc","v":[3]},${mark}}`],
		[
			"dotted target, below the source's parent",
			{ "o.t": "d.e" },
			`{"o":{"t":"abc","d":{"e":[3]}},${mark}}`,
		],
	])("%s", (_name, fieldMap, expected) => {
		const source = expected
			.replace(`,${mark}`, "")
			.replace(`,"v":[3]`, "")
			.replace(`,"d":{"e":[3]}`, "");
		expect(embed(source, fieldMap)).toBe(expected);
	});

	it("a list of texts becomes a list of objects, as neural-search writes it", () => {
		expect(embed(`{"l":["a","bb"]}`, { l: "v" })).toBe(
			`{"l":["a","bb"],"v":[{"knn":[1]},{"knn":[2]}],${mark}}`,
		);
	});

	it("each object of a list gets its own", () => {
		expect(embed(`{"n":[{"t":"a"},{"x":1},{"t":"bb"}]}`, { "n.t": "v" })).toBe(
			`{"n":[{"t":"a","v":[1]},{"x":1},{"t":"bb","v":[2]}],${mark}}`,
		);
	});

	it("a name that is written with dots in the document stays so", () => {
		expect(embed(`{"o.t":"abc"}`, { "o.t": "v" })).toBe(
			`{"o.t":"abc","o.v":[3],${mark}}`,
		);
	});

	it.each<[string, FieldMap, string]>([
		[
			`{"a.b":{"c":"x"}}`,
			{ "a.b.c": "v" },
			`{"a.b":{"c":"x","v":[1]},${mark}}`,
		],
		[
			`{"a":{"b.c":"x"}}`,
			{ "a.b.c": "v" },
			`{"a":{"b.c":"x","b.v":[1]},${mark}}`,
		],
		[`{"a.b":"x"}`, { a: { b: "v" } }, `{"a.b":"x","a.v":[1],${mark}}`],
		[
			`{"a":[{"b.c":"x"}]}`,
			{ a: { "b.c": "v" } },
			`{"a":[{"b.c":"x","b.v":[1]}],${mark}}`,
		],
	])(
		"any part of a name may be written with dots: %s",
		(source, fieldMap, expected) => {
			expect(embed(source, fieldMap)).toBe(expected);
		},
	);

	it("two targets below a value that is no object both find their place", () => {
		expect(embed(`{"a":"x","b":"yy","d":1}`, { a: "d.a", b: "d.b" })).toBe(
			`{"a":"x","b":"yy","d":{"a":[1],"b":[2]},${mark}}`,
		);
	});

	it("two targets below one new object share it", () => {
		expect(embed(`{"a":"x","b":"yy"}`, { a: "d.a", b: "d.b" })).toBe(
			`{"a":"x","b":"yy","d":{"a":[1],"b":[2]},${mark}}`,
		);
	});

	it("a vector that is there already is replaced, so indexing a document again changes nothing", () => {
		expect(embed(`{"v":[9,9],"t":"abc"}`, { t: "v" })).toBe(
			`{"v":[3],"t":"abc",${mark}}`,
		);
	});

	it.each([`{"x":1}`, `{"t":null}`, `{"t":""}`, `{"t":"  "}`, `{"t":[]}`])(
		"nothing to embed is no error: %s",
		(source) => {
			expect(embed(source, { t: "v" })).toBe(`${source.slice(0, -1)},${mark}}`);
		},
	);
});

describe("everything else of a document survives to the byte", () => {
	it.each([
		`{"n":12345678901234567890123,"t":"abc"}`,
		`{"f":1.10000000000000000001,"t":"abc"}`,
		`{ "b" : "\\u00e9\\/" ,\t"t":"abc" }`,
		`{"z":1,"a":2,"t":"abc","e":"😀"}`,
	])("%s", (source) => {
		const embedded = embed(source, { t: "v" });
		expect(embedded).toBe(`${source.slice(0, -1)},"v":[3],${mark}}`);
	});

	it("with the line break it came with", () => {
		const embedded = embed(`{"t":"abc"}\r\n`, { t: "v" });
		expect(embedded).toBe(`{"t":"abc","v":[3],${mark}}\r\n`);
	});
});

describe("what can't be embedded is said in neural-search's words", () => {
	it.each<[string, FieldMap, string]>([
		[
			`{"t":1}`,
			{ t: "v" },
			"map type field [t] is neither string nor nested type, cannot process it",
		],
		[
			`{"t":["a",null]}`,
			{ t: "v" },
			"list type field [t] has null, cannot process it",
		],
		[
			`{"t":["a",["b"]]}`,
			{ t: "v" },
			"list type field [t] is nested list type, cannot process it",
		],
		[
			`{"t":["a",1]}`,
			{ t: "v" },
			"list type field [t] has non string value, cannot process it",
		],
		[
			`{"t":{"a":1}}`,
			{ t: "v" },
			"[t] configuration doesn't match actual value type, configuration type is: java.lang.String, actual value type is: java.util.HashMap",
		],
	])("%s", (source, fieldMap, reason) => {
		expect(embed(source, fieldMap)).toBe(reason);
	});
});

describe("what is no document is left for OpenSearch to refuse", () => {
	it.each([`{"t":`, `[1]`, `"t"`, ``, `{"t":"a"} x`, `{"t":"a",}`])(
		"%s",
		(source) => {
			expect(PreparedDocument.parse(Buffer.from(source))).toBeUndefined();
		},
	);

	it("as is what is not UTF-8, which must not be stored as something else", () => {
		const latin1 = Buffer.from(`{"t":"caf\xe9"}`, "latin1");
		expect(PreparedDocument.parse(latin1)).toBeUndefined();
	});

	it("as is what is nested too deeply, which must not take a whole bulk with it", () => {
		const deep = `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`;
		expect(PreparedDocument.parse(Buffer.from(deep))).toBeUndefined();
	});
});

describe("a byte order mark, which OpenSearch passes over,", () => {
	it("is no part of a document", () => {
		expect(embed(`\ufeff{"t":"abc"}`, { t: "v" })).toBe(
			`{"t":"abc","v":[3],${mark}}`,
		);
	});
});
