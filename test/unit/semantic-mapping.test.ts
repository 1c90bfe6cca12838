import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../ingest/json.ts";
import {
	member,
	nodeValue,
	parseObject,
	renderTree,
} from "../../ingest/json-tree.ts";
import { guardPipelineText } from "../../ingest/pipelines/guard-text.ts";
import { withoutSemanticPipelines } from "../../ingest/semantic/hidden-pipelines.ts";
import {
	type SemanticRecord,
	semanticField,
} from "../../ingest/semantic/semantic-field.ts";
import {
	isSemanticPipeline,
	ownFinal,
	semanticPipeline,
} from "../../ingest/semantic/semantic-pipeline.ts";
import { showSemantic } from "../../ingest/semantic/shown-text.ts";
import {
	mappingRenderers,
	metaText,
	writtenFields,
} from "../../ingest/semantic/written-mapping.ts";

const model = { id: "m", name: "n", type: "TEXT_EMBEDDING" };

/** A mapping, as JSON text, made into what is stored. */
function expanded(text: string): string {
	const mapping = parseObject(text, { allowComments: true });
	if (!mapping) throw new Error("a mapping that is no object");
	const fields = writtenFields(text, mapping);
	if (fields.length === 0) return text;
	const records = new Map<string, SemanticRecord>(
		fields.map(({ path, options }) => [path, { options, model }]),
	);
	const given = member(mapping, "_meta");
	const meta: unknown = given ? nodeValue(text, given) : {};
	const renderers = mappingRenderers(text, {
		mapping,
		fields,
		infos: new Map(fields.map(({ path }) => [path, { properties: {} }])),
		meta: metaText(isJson(meta) ? meta : {}, {}, records),
	});
	return renderTree(text, mapping, renderers);
}

function isJson(value: unknown): value is JsonObject {
	return typeof value === "object" && value !== null;
}

const plainField = fc.oneof(
	fc.record({ type: fc.constantFrom("text", "keyword", "object") }),
	fc.record({
		type: fc.constant("text"),
		fields: fc.constant({ semantic: { type: "keyword" } }),
	}),
);
const semanticOptions = fc.record(
	{
		type: fc.constant("semantic"),
		model_id: fc.constant("m"),
		chunking: fc.constantFrom(true, false, [{ algorithm: "delimiter" }]),
		raw_field_type: fc.constantFrom("text", "keyword"),
		skip_existing_embedding: fc.boolean(),
		search_model_id: fc.constant("other"),
		ignore_above: fc.integer(),
	},
	{ requiredKeys: ["type", "model_id"] },
);
const fieldName = fc.constantFrom("a", "b", "c", "semantic", "d.e", "_meta");

/** A mapping whose fields are made by one of the given. */
function mappingOf(leaf: fc.Arbitrary<unknown>): fc.Arbitrary<object> {
	const { properties } = fc.letrec((tie) => ({
		field: fc.oneof(
			{ depthSize: "small" },
			leaf,
			fc.record({ properties: tie("properties") }),
		),
		properties: fc.dictionary(fieldName, tie("field"), { maxKeys: 4 }),
	}));
	return fc.record(
		{
			properties,
			dynamic: fc.boolean(),
			_meta: fc.dictionary(
				fc.constantFrom("mine", "semantic"),
				fc.jsonValue(),
				{
					minKeys: 1,
					maxKeys: 2,
				},
			),
		},
		{ requiredKeys: ["properties"] },
	);
}

const layout = fc.constantFrom(undefined, "\t", 2);

describe("what holds no semantic field passes byte for byte", () => {
	it("on its way in", () => {
		fc.assert(
			fc.property(mappingOf(plainField), layout, (mapping, indent) => {
				const text = JSON.stringify(mapping, undefined, indent);
				expect(expanded(text)).toBe(text);
			}),
		);
	});

	it("and out", () => {
		fc.assert(
			fc.property(fc.jsonValue(), layout, (value, indent) => {
				const text = JSON.stringify({ index: value }, undefined, indent);
				expect(showSemantic(text, { withDefaults: true })).toBe(text);
				expect(withoutSemanticPipelines(text)).toBe(text);
			}),
		);
	});
});

describe("a mapping with semantic fields", () => {
	const mapping = mappingOf(fc.oneof(plainField, semanticOptions));

	it("is stored without the type, and shown as it was put", () => {
		fc.assert(
			fc.property(mapping, layout, (put, indent) => {
				const stored = expanded(JSON.stringify(put, undefined, indent));
				expect(stored.replace(/"_meta":.*$/s, "")).not.toMatch(
					/"type":\s*"semantic"/,
				);
				const shown = showSemantic(`{"i":{"mappings":${stored}}}`, {
					withDefaults: false,
				});
				expect(withoutInfo(JSON.parse(shown))).toEqual({
					i: { mappings: JSON.parse(JSON.stringify(put)) },
				});
			}),
		);
	});

	it("keeps numbers and everything else of other fields to the byte", () => {
		const other = `"x" : {"type":"text", "meta":{"n": 12345678901234567890}}`;
		const stored = expanded(
			`{"properties":{ ${other}, "t":{"type":"semantic","model_id":"m"}}}`,
		);
		expect(stored).toContain(other);
		expect(stored).toContain('"t":{"type":"text"}');
		expect(stored).toContain('"t_semantic_info":{"properties":{}}');
	});
});

/** An answer without what stands beside fields. */
function withoutInfo(value: unknown): unknown {
	if (!isJson(value) || Array.isArray(value)) return value;
	return Object.fromEntries(
		Object.entries(value)
			.filter(([name]) => !name.endsWith("_semantic_info"))
			.map(([name, one]) => [name, withoutInfo(one)]),
	);
}

describe("the pipeline of an index", () => {
	const records = new Map<string, SemanticRecord>([
		["t", { options: { model_id: "m" }, model }],
		["o.u", { options: { model_id: "m" }, model }],
		["c", { options: { model_id: "m", chunking: true }, model }],
	]);

	it("tells by its id what it does, and which pipeline the client wanted", () => {
		const { id } = semanticPipeline(records, undefined);
		expect(isSemanticPipeline(id)).toBe(true);
		expect(ownFinal(id)).toBeUndefined();
		const inOtherOrder = new Map([...records].reverse());
		expect(semanticPipeline(inOtherOrder, undefined).id).toBe(id);
		expect(ownFinal(semanticPipeline(records, "a.b c").id)).toBe("a.b c");
		const [first] = records;
		expect(
			semanticPipeline(new Map(first ? [first] : []), undefined).id,
		).not.toBe(id);
	});

	it("calls the client's first, and has one processor for fields that want the same", () => {
		const { id, definition } = semanticPipeline(records, "own");
		expect(JSON.parse(definition).processors).toEqual([
			{ pipeline: { name: "own" } },
			{
				semantic_field: expect.objectContaining({
					chunking: [{ fixed_token_length: {} }],
					field_map: { c: "c_semantic_info" },
				}),
			},
			{
				semantic_field: expect.objectContaining({
					field_map: { "o.u": "u_semantic_info", t: "t_semantic_info" },
				}),
			},
		]);
		expect(guardPipelineText(id, definition)).toContain('"fail"');
	});
});

describe("a query's view of a field", () => {
	const field = (options: JsonObject, type = "TEXT_EMBEDDING") =>
		semanticField("o.t", {
			options: { model_id: "m", ...options },
			model: { ...model, type },
		});

	it("is where its vectors are, and who looks for them", () => {
		expect(field({})).toEqual({
			kind: "dense",
			searchModelId: "m",
			analyzer: undefined,
			vectorField: "o.t_semantic_info.embedding",
			nestedPath: undefined,
		});
		expect(
			field(
				{
					chunking: [],
					search_model_id: "s",
					semantic_info_field_name: "i",
				},
				"SPARSE_ENCODING",
			),
		).toEqual({
			kind: "sparse",
			searchModelId: "s",
			analyzer: undefined,
			vectorField: "o.i.chunks.embedding",
			nestedPath: "o.i.chunks",
		});
	});
});
