import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isObject } from "../../ingest/json.ts";
import { mergeDocuments } from "../../ingest/updates/merged-document.ts";
import { shownWithoutMarks } from "../../ingest/updates/shown-source.ts";
import { UpdateBody } from "../../ingest/updates/update-body.ts";

function parse(text: string): UpdateBody | undefined {
	return UpdateBody.parse(Buffer.from(text));
}

/** Objects merged, everything else replaced. */
function mergeValues(into: unknown, from: unknown): unknown {
	if (!isObject(into) || !isObject(from)) return from;
	const names = new Set([...Object.keys(into), ...Object.keys(from)]);
	return Object.fromEntries(
		[...names].map((name) => [
			name,
			!Object.hasOwn(from, name)
				? into[name]
				: Object.hasOwn(into, name)
					? mergeValues(into[name], from[name])
					: from[name],
		]),
	);
}

const nothingAsked = {
	_source: undefined,
	_source_includes: undefined,
	_source_excludes: undefined,
};

describe("an update's body", () => {
	it("is read as OpenSearch reads it", () => {
		const doc = parse('{"doc":{"a":1},"doc_as_upsert":"true"}');
		expect(doc).toMatchObject({ docAsUpsert: true, detectNoop: true });
		expect(doc?.json("doc")).toBe('{"a":1}');
		const script = parse(
			'{"script":"x","scripted_upsert":true,"upsert":{},"detect_noop":false}',
		);
		expect(script).toMatchObject({ scriptedUpsert: true, detectNoop: false });
	});

	it.each([
		["no JSON", '{"doc":'],
		["no object", "[]"],
		["neither doc nor script", '{"upsert":{}}'],
		["both", '{"doc":{},"script":"x"}'],
		["a doc that is no object", '{"doc":null}'],
		["a name that OpenSearch refuses", '{"doc":{},"pipeline":"p"}'],
		["a name that stands twice", '{"doc":{"a":1},"doc":{"a":2}}'],
	])("is left to OpenSearch where it has %s", (_name, text) => {
		expect(parse(text)).toBeUndefined();
	});

	it("keeps what the client says about the version, unless another one is meant", () => {
		const body = parse('{"doc":{},"if_seq_no":3,"if_primary_term":1}');
		expect(body?.with({ doc: "{}" }, { shown: undefined })).toBe(
			'{"doc":{},"if_seq_no":3,"if_primary_term":1}',
		);
		const version = { seqNo: 5, primaryTerm: 2 };
		expect(body?.with({ doc: "{}" }, { shown: "true", version })).toBe(
			'{"doc":{},"_source":true,"if_seq_no":5,"if_primary_term":2}',
		);
	});
});

describe("what an answer shows of the document", () => {
	const marks = "_ml_sidecar_*";

	it.each([
		["true", { excludes: [marks] }],
		['"a"', { includes: "a", excludes: [marks] }],
		['["a","b"]', { includes: ["a", "b"], excludes: [marks] }],
		[
			'{"includes":["a"],"excludes":"b"}',
			{ includes: ["a"], excludes: ["b", marks] },
		],
		['{"exclude":["b"]}', { exclude: ["b", marks] }],
		["false", false],
	])("is %s of the body, without marks", (asked, expected) => {
		const shown = shownWithoutMarks(asked, { ...nothingAsked, _source: "x" });
		expect(JSON.parse(shown ?? "")).toEqual(expected);
	});

	it.each([
		[{ _source: "true" }, { includes: [], excludes: [marks] }],
		[{ _source: "" }, { includes: [], excludes: [marks] }],
		[{ _source: "a,b" }, { includes: ["a", "b"], excludes: [marks] }],
		[
			{ _source_includes: "a", _source_excludes: "b" },
			{ includes: ["a"], excludes: ["b", marks] },
		],
	])("is %j of the URL, without marks", (asked, expected) => {
		const shown = shownWithoutMarks(undefined, { ...nothingAsked, ...asked });
		expect(JSON.parse(shown ?? "")).toEqual(expected);
	});

	it("is nothing where nothing is asked for", () => {
		expect(shownWithoutMarks(undefined, nothingAsked)).toBeUndefined();
		const never = { ...nothingAsked, _source: "false" };
		expect(shownWithoutMarks(undefined, never)).toBeUndefined();
	});
});

describe("a partial document merged into a stored one", () => {
	it("merges objects, replaces everything else, and keeps the text of values", () => {
		const stored = '{"a":1.10,"o":{"x":[1,2],"y":"\\u00e9"},"n":null}';
		const partial = '{"o":{"x":[3], "z":9007199254740993},"new":{"b":true}}';
		expect(mergeDocuments(stored, partial)).toEqual({
			text: '{"a":1.10,"o":{"x":[3],"y":"\\u00e9","z":9007199254740993},"n":null,"new":{"b":true}}',
			changed: true,
		});
	});

	it("is what merging their values would make, whatever they are", () => {
		const document = fc.dictionary(
			fc.constantFrom("a", "b", "c", "__proto__", "é"),
			fc.jsonValue({ maxDepth: 3 }),
		);
		fc.assert(
			fc.property(document, document, (stored, partial) => {
				const [into, from] = [stored, partial].map((value) =>
					JSON.stringify(value),
				);
				const merged = mergeDocuments(into ?? "", from ?? "");
				const value: unknown = JSON.parse(merged?.text ?? "");
				const expected = mergeValues(
					JSON.parse(into ?? ""),
					JSON.parse(from ?? ""),
				);
				expect(value).toEqual(expected);
				expect(merged?.changed).toBe(
					!isDeepStrictEqual(value, JSON.parse(into ?? "")),
				);
			}),
		);
	});

	it.each([
		["{}", false],
		['{"a":1}', false],
		['{"a":1.0}', true],
		['{"f":1.50}', false],
		['{"l":[{"y":2,"x":1}]}', false],
		['{"l":[{"x":1}]}', true],
		['{"l":{"x":1}}', true],
		['{"n":null}', false],
		['{"missing":null}', true],
		['{"o":{"s":"\\u0061"}}', false],
	])("of %s changes something: %s", (partial, changed) => {
		const stored = '{"a":1,"f":1.5,"l":[{"x":1,"y":2}],"n":null,"o":{"s":"a"}}';
		expect(mergeDocuments(stored, partial)?.changed).toBe(changed);
	});
});
