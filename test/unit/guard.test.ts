import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { guardsIn, reasonField, stepsOf } from "../../ingest/guard.ts";
import {
	guardPipelineText,
	unguardPipelinesText,
} from "../../ingest/guard-text.ts";
import { isObject, type JsonObject } from "../../ingest/json.ts";

const embedding = {
	text_embedding: {
		model_id: "m1",
		field_map: { title: "title_vector" },
		tag: "embed",
		ignore_failure: true,
		on_failure: [{ set: { field: "failed", value: true } }],
	},
};
const lowercase = { lowercase: { field: "title" } };
const seen = { set: { field: "seen", value: 1 } };
const pipeline = {
	description: "mine",
	processors: [lowercase, embedding, seen],
	on_failure: [
		{ set: { field: "error", value: "{{_ingest.on_failure_message}}" } },
	],
	version: 3,
};
const prefix = "opensearch-ml-sidecar runs this processor: ";

/** The text that is stored for a pipeline that has something of the sidecar's. */
function guardText(text: string, id = "p"): string {
	const guarded = guardPipelineText(id, text);
	if (guarded === undefined) throw new Error("nothing is guarded");
	return guarded;
}

function guard(definition: unknown, id?: string): JsonObject {
	const guarded: unknown = JSON.parse(
		guardText(JSON.stringify(definition), id),
	);
	if (!isObject(guarded)) throw new Error("not an object");
	return guarded;
}

function markOf(definition: unknown, id?: string): string {
	const mark = guardsIn(guard(definition, id))[0]?.mark;
	if (mark === undefined) throw new Error("no mark");
	return mark;
}

/** A text as a client gets it back, where OpenSearch renders what is stored without a change. */
function readBack(text: string): string {
	const answer = unguardPipelinesText(`{"p":${guardText(text)}}`);
	return answer.slice('{"p":'.length, -1);
}

describe("a pipeline with text_embedding", () => {
	it("is read back as it was written", () => {
		expect(JSON.parse(readBack(JSON.stringify(pipeline)))).toEqual(pipeline);
	});

	it("keeps its failure rules at the place where the embedding stood", () => {
		expect(guard(pipeline).processors).toMatchObject([
			lowercase,
			{
				fail: {
					tag: "embed",
					ignore_failure: true,
					on_failure: embedding.text_embedding.on_failure,
				},
			},
			seen,
			{ remove: { ignore_missing: true } },
		]);
	});

	it("leaves no mark in a document that its failure handlers let through", () => {
		const mark = markOf(pipeline);
		expect(guard(pipeline).on_failure).toEqual([
			...pipeline.on_failure,
			{
				remove: {
					field: [mark, reasonField],
					ignore_missing: true,
					tag: mark,
				},
			},
		]);
	});

	it("names its steps, and what OpenSearch itself runs, for whoever embeds", () => {
		expect(stepsOf("p", new Map([["p", guard(pipeline)]]))).toEqual([
			{
				mark: expect.stringMatching(/^_ml_sidecar_[0-9a-f]{16}$/),
				key: "p1",
				processor: {
					kind: "text_embedding",
					modelId: "m1",
					fieldMap: { title: "title_vector" },
					skipExisting: false,
				},
				stages: [{ processors: [lowercase], conditional: false }],
				conditional: false,
			},
		]);
	});

	it("that was copied from the cluster itself is guarded for the place that it is copied to", () => {
		const copied = guardText(JSON.stringify(guard(pipeline)), "q");
		expect(copied).toBe(guardText(JSON.stringify(pipeline), "q"));
		expect(copied).not.toBe(guardText(JSON.stringify(pipeline)));
	});
});

describe("a pipeline's text is the client's, to the byte", () => {
	it.each([
		`{"processors":[${JSON.stringify(embedding)}]}`,
		String.raw`{"version":1.0, "processors" : [ {"set":{"value":12345678901234567890,"field":"\u0061\/"}} ,  {"text_embedding":{"field_map":{"b":"c","10":"d","9":"\u00e9"},"model_id":"m"}},
  {"set":{"2":1e2,"1":-0.0}} ],
  "on_failure":[{"set":{"value":1.50,"field":"e"}}], "_meta":{}}`,
	])("when it is read back: %s", (text) => {
		expect(readBack(text)).toBe(text);
	});

	it("when it is stored, around the guards", () => {
		const text =
			'{"processors":[ {"set":{"value":1.0}} , {"text_embedding":{"model_id":"m","field_map":{"a":"b"}}} ]}';
		const stored = guardText(text);
		expect(stored.startsWith('{"processors":[ {"set":{"value":1.0}} , ')).toBe(
			true,
		);
		expect(stored.endsWith(" ]}")).toBe(true);
	});

	it("whatever stands around and within the embedding", () => {
		const processor = fc
			.dictionary(fc.string(), fc.jsonValue())
			.map((options) => ({ set: options }));
		fc.assert(
			fc.property(
				fc.array(processor),
				fc.array(processor),
				fc.dictionary(fc.string(), fc.jsonValue()),
				fc.constantFrom(undefined, "\t"),
				(before, after, values, indent) => {
					const own = {
						text_embedding: {
							...embedding.text_embedding,
							on_failure: [{ set: { values } }],
						},
					};
					const definition = {
						processors: [...before, own, ...after],
						on_failure: after,
					};
					const text = JSON.stringify(definition, undefined, indent);
					const back = readBack(text);
					expect(JSON.parse(back)).toEqual(JSON.parse(text));
					if (indent === undefined) expect(back).toBe(text);
				},
			),
		);
	});

	it("with comments, which OpenSearch accepts and no answer may hold", () => {
		const text = `{ // mine
			"processors": [ /* first */ {"text_embedding": {"model_id": "m", // the model
				"field_map": {"a": "b"}}} // last
			] }`;
		const stored = guardText(text);
		for (const comment of ["// mine", "/* first */", "// last"])
			expect(stored).toContain(comment);
		expect(stored).not.toContain("// the model");
		expect(stored).toMatch(/\}\},\{"remove":\{.*\}\} \/\/ last\n/);
	});

	it("over several lines where the answer has several", () => {
		const answer = (processors: string) =>
			`{\n  "p" : {\n    "processors" : [\n${processors}\n    ]\n  }\n}\n`;
		const stored = guard({
			processors: [
				{ text_embedding: { model_id: "m", field_map: { a: "b" } } },
			],
		}).processors;
		if (!Array.isArray(stored)) throw new Error("no processors");
		const lines = stored.map(
			(processor) => `      ${JSON.stringify(processor)}`,
		);
		expect(unguardPipelinesText(answer(lines.join(",\n")))).toBe(
			answer(`      {
        "text_embedding": {
          "model_id": "m",
          "field_map": {
            "a": "b"
          }
        }
      }`),
		);
	});

	it("among other pipelines, which nothing changes", () => {
		const other =
			'"other":{"processors":[{"remove":{"field":"x","tag":"x"}}],"version":1.0}';
		const own = `{"processors":[${JSON.stringify(embedding)}]}`;
		expect(
			unguardPipelinesText(
				`{${other},"p":${guardText(own)},"q":${guardText(own, "q")}}`,
			),
		).toBe(`{${other},"p":${own},"q":${own}}`);
	});
});

describe("a mark is another one, so that a stale copy's vectors are refused,", () => {
	const twice = { processors: [lowercase, embedding, seen, embedding] };

	it.each([
		[
			"the embedding",
			{
				processors: [
					lowercase,
					{ text_embedding: { ...embedding.text_embedding, model_id: "m2" } },
				],
			},
		],
		[
			"a processor in front",
			{ processors: [{ uppercase: { field: "title" } }, embedding] },
		],
		["the order", { processors: [embedding, lowercase] }],
		["the number of embeddings", twice],
	])("after a change of %s", (_change, changed) => {
		expect(markOf(changed)).not.toBe(
			markOf({ processors: [lowercase, embedding] }),
		);
	});

	it("after a change between two embeddings", () => {
		const between = { processors: [lowercase, embedding, embedding] };
		expect(markOf(between)).not.toBe(markOf(twice));
	});

	it("in another pipeline", () => {
		expect(markOf(pipeline, "q")).not.toBe(markOf(pipeline, "p"));
	});

	it("and the same after a change behind the last embedding, of white space or of comments", () => {
		const { processors } = pipeline;
		expect(markOf({ processors: processors.slice(0, 2) })).toBe(
			markOf(pipeline),
		);
		const spaced = `/* mine */ ${JSON.stringify(pipeline, undefined, 2)}`;
		expect(guardsIn(JSON.parse(guardText(spaced).slice(11)))[0]?.mark).toBe(
			markOf(pipeline),
		);
	});
});

describe("a pipeline without text_embedding", () => {
	it.each([
		[{ processors: [{ set: { field: "a", value: 1 } }] }],
		[{ processors: [{ fail: { message: "no", description: "mine" } }] }],
		[{ processors: "wrong" }],
		["not an object"],
		[null],
	])("is stored as it is: %j", (untouched) => {
		const text = JSON.stringify(untouched);
		expect(guardPipelineText("p", text)).toBeUndefined();
		expect(guardsIn(untouched)).toEqual([]);
		expect(unguardPipelinesText(`{"p":${text}}`)).toBe(`{"p":${text}}`);
	});
});

describe("what only looks like a guard is another's processor, and no error", () => {
	const mark = "_ml_sidecar_0123456789abcdef";
	const deep = `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`;
	const valid = '{"text_embedding":{"model_id":"m","field_map":{"a":"b"}}}';

	it.each([
		["no JSON", "{"],
		["nothing", ""],
		["no processor", `{"mark":"${mark}"}`],
		["no mark", `{"processor":${valid}}`],
		["another field as its mark", `{"mark":"title","processor":${valid}}`],
		["no embedding", `{"mark":"${mark}","processor":{"set":{}}}`],
		[
			"invalid options",
			`{"mark":"${mark}","processor":{"text_embedding":{"model_id":1}}}`,
		],
		[
			"two processors",
			`{"mark":"${mark}","processor":{"set":{},${valid.slice(1)}}`,
		],
		[
			"a field map too deep for the stack",
			`{"mark":"${mark}","processor":{"text_embedding":{"model_id":"m","field_map":${deep}}}}`,
		],
	])("with %s in its description", (_what, rest) => {
		const stored = {
			processors: [{ fail: { message: "no", description: prefix + rest } }],
		};
		const text = JSON.stringify(stored);
		expect(guardsIn(stored)).toEqual([]);
		expect(unguardPipelinesText(`{"p":${text}}`)).toBe(`{"p":${text}}`);
		expect(guardPipelineText("p", text)).toBeUndefined();
	});

	it("unless its description is whole", () => {
		const description = `${prefix}{"mark":"${mark}","processor":${valid}}`;
		expect(guardsIn({ processors: [{ fail: { description } }] })[0]?.mark).toBe(
			mark,
		);
	});
});

describe("what OpenSearch has to refuse reaches it as it was sent:", () => {
	const own = JSON.stringify(embedding);

	it.each([
		["no JSON", `{"processors":[${own}`],
		[
			"a name that stands twice",
			`{"processors":[{"text_embedding":{"model_id":"a","model_id":"b","field_map":{"a":"b"}}}]}`,
		],
		[
			"nested deeper than the stack",
			`{"processors":[${own},${"[".repeat(50_000)}${"]".repeat(50_000)}]}`,
		],
	])("%s", (_what, text) => {
		expect(guardPipelineText("p", text)).toBeUndefined();
	});

	it("an answer nested deeper than the stack comes back as it is", () => {
		const answer = `{"p":${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}}`;
		expect(unguardPipelinesText(answer)).toBe(answer);
	});
});

describe("an invalid text_embedding is refused with neural-search's words", () => {
	it.each([
		[{ field_map: { a: "b" } }, "[model_id] required property is missing"],
		[{ model_id: "m" }, "[field_map] required property is missing"],
		[
			{ model_id: " ", field_map: { a: "b" } },
			"model_id is null or empty, cannot process it",
		],
		[
			{ model_id: "m", field_map: { a: "" } },
			"Unable to create the processor as field_map has invalid key or value",
		],
		[
			{ model_id: "m", field_map: { a: { b: 1 } } },
			"Unable to create the processor as field_map has invalid key or value",
		],
		[
			{ model_id: "m", field_map: { a: "b" }, batch_size: 0 },
			"[batch_size] batch_size must be a positive integer",
		],
		[
			{ model_id: "m", field_map: { a: "b" }, modle: 1 },
			"processor [text_embedding] doesn't support one or more provided configuration parameters [modle]",
		],
	])("%j", (text_embedding, reason) => {
		expect(() => guard({ processors: [{ text_embedding }] })).toThrow(reason);
	});
});

describe("a text_embedding where nothing could guard it is refused:", () => {
	const foreach = { foreach: { field: "l", processor: embedding } };

	it.each([
		["inside foreach", { processors: [foreach] }, /inside another processor/],
		[
			"inside foreach inside foreach",
			{ processors: [{ foreach: { field: "m", processor: foreach } }] },
			/inside another processor/,
		],
		[
			"in a processor's on_failure",
			{ processors: [{ set: { on_failure: [embedding] } }] },
			/inside another processor or its on_failure/,
		],
		[
			"in an embedding's own on_failure",
			{
				processors: [
					{
						text_embedding: {
							...embedding.text_embedding,
							on_failure: [embedding],
						},
					},
				],
			},
			/inside another processor or its on_failure/,
		],
		[
			"in the pipeline's on_failure",
			{ processors: [seen], on_failure: [embedding] },
			/can't stand in a pipeline's on_failure/,
		],
		[
			"inside foreach in the pipeline's on_failure",
			{ processors: [embedding], on_failure: [foreach] },
			/inside another processor/,
		],
		[
			"beside another processor in one object",
			{ processors: [{ ...seen, ...embedding }] },
			/can't share an object with another processor \[set\]/,
		],
	])("%s", (_where, definition, reason) => {
		expect(() => guardPipelineText("p", JSON.stringify(definition))).toThrow(
			reason,
		);
	});
});
