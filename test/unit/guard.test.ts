import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isObject, type JsonObject } from "../../ingest/json.ts";
import {
	guardsIn,
	reasonField,
	stepsOf,
} from "../../ingest/pipelines/guard.ts";
import {
	guardWithin,
	isRemoval,
	readGuard,
	renderRemovals,
	unseenReason,
} from "../../ingest/pipelines/guard-processor.ts";
import {
	guardPipelineText,
	unguardPipelinesText,
} from "../../ingest/pipelines/guard-text.ts";

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
			{ remove: { ignore_missing: true } },
			{ remove: { field: reasonField, ignore_missing: true } },
			seen,
		]);
	});

	it("takes its mark away before its failure is raised, for whoever handles that in another pipeline", () => {
		const { tag, ...options } = { ...embedding.text_embedding, tag: "t" };
		const { ignore_failure, on_failure, ...bare } = options;
		const processor = { text_embedding: { ...bare, tag } };
		const definition = { processors: [processor] };
		const mark = markOf(definition);
		expect(guard(definition).processors).toMatchObject([
			{
				fail: {
					tag,
					on_failure: [
						{ remove: { field: mark } },
						{ remove: { field: reasonField } },
						{ fail: { tag, message: "{{{_ingest.on_failure_message}}}" } },
					],
				},
			},
			{ remove: { field: mark } },
			{ remove: { field: reasonField } },
		]);
	});

	it("leaves no mark in a document that its failure handlers let through", () => {
		const mark = markOf(pipeline);
		expect(guard(pipeline).on_failure).toEqual([
			...pipeline.on_failure,
			{ remove: { field: mark, ignore_missing: true, tag: mark } },
			{
				remove: {
					field: reasonField,
					if: expect.any(String),
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
			"[batch_size] batch size must be a positive integer",
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
		[
			"inside a foreach beside another processor",
			{ processors: [{ ...foreach, ...seen }] },
			/can't share an object with another processor \[foreach, set\]/,
		],
		[
			"beside another processor inside foreach",
			{
				processors: [
					{ foreach: { field: "l", processor: { ...seen, ...embedding } } },
				],
			},
			/can't share an object with another processor \[set\]/,
		],
		[
			"in a foreach's on_failure",
			{ processors: [{ foreach: { field: "l", on_failure: [embedding] } }] },
			/inside another processor or its on_failure/,
		],
		[
			"inside a processor of somebody else's",
			{ processors: [{ other: { processor: embedding } }] },
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
			"as chunks in the pipeline's on_failure",
			{
				processors: [seen],
				on_failure: [
					{ text_chunking: { field_map: { a: "b" }, algorithm: {} } },
				],
			},
			/\[text_chunking\] can't stand in a pipeline's on_failure/,
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

describe("every processor that the sidecar runs", () => {
	const processors = [
		{
			text_chunking: {
				field_map: { body: "chunks" },
				algorithm: { delimiter: { delimiter: "." } },
				tag: "cut",
			},
		},
		{ text_embedding: { model_id: "m", field_map: { chunks: "vectors" } } },
		{
			sparse_encoding: {
				model_id: "s",
				field_map: { chunks: "weights" },
				prune_type: "top_k",
				prune_ratio: 2,
			},
		},
		{
			ml_inference: {
				model_id: "m",
				function_name: "text_embedding",
				model_input: `{"text_docs":["\${input_map.text}"]}`,
				input_map: [{ text: "title" }],
				output_map: [{ title_vector: "$.inference_results[0].output[0].data" }],
				if: "ctx.title != null",
			},
		},
	];
	const text = JSON.stringify({ processors });

	it("is read back as it was written", () => {
		expect(readBack(text)).toBe(text);
	});

	it("is guarded in its own place, with one mark for all of them", () => {
		const guarded = guard({ processors });
		const guards = guardsIn(guarded);
		expect(guards.map(({ processor }) => processor.kind)).toEqual(
			processors.flatMap(Object.keys),
		);
		expect(new Set(guards.map(({ mark }) => mark)).size).toBe(1);
		expect(guards.at(-1)?.condition).toBe("ctx.title != null");
		expect(guarded.processors).toMatchObject([
			{ fail: { tag: "cut" } },
			{ fail: { message: expect.stringContaining(unseenReason) } },
			{ fail: {} },
			{ fail: {} },
			{ remove: {} },
			{ remove: {} },
		]);
	});

	it("has the same message as any other in its position, which OpenSearch compiles once", () => {
		const messages = processors.map(
			(processor) =>
				JSON.stringify(guard({ processors: [processor] })).match(
					/"message":"[^"]*"/,
				)?.[0],
		);
		expect(new Set(messages).size).toBe(1);
		expect(messages[0]).toBeDefined();
	});

	it("is refused with its plugin's words", () => {
		const invalid = { text_chunking: { field_map: { a: "b" } } };
		expect(() => guard({ processors: [invalid] })).toThrow(
			"[algorithm] required property is missing",
		);
	});
});

describe("text_image_embedding is refused with a reason, wherever it stands:", () => {
	const image = { text_image_embedding: { model_id: "m", embedding: "v" } };

	it.each([
		[{ processors: [image] }],
		[{ processors: [{ foreach: { field: "l", processor: image } }] }],
		[{ processors: [{ set: { on_failure: [image] } }] }],
		[{ processors: [seen], on_failure: [image] }],
	])("%j", (definition) => {
		expect(() => guardPipelineText("p", JSON.stringify(definition))).toThrow(
			"the sidecar runs no models that embed images",
		);
	});
});

describe("a text_embedding inside foreach", () => {
	const each = (processor: object) => ({ foreach: { field: "l", processor } });
	const definition = { processors: [lowercase, each(each(embedding))] };

	it("is read back as it was written", () => {
		const text = JSON.stringify(definition);
		expect(readBack(text)).toBe(text);
	});

	it("is guarded there, so that it runs only where foreach has an element", () => {
		const guarded = guard(definition);
		const [, stored] = Array.isArray(guarded.processors)
			? guarded.processors
			: [];
		expect(stored).toMatchObject(
			each(each({ fail: { tag: "embed", if: expect.stringContaining("p1") } })),
		);
		expect(readGuard(stored)).toBeUndefined();
		expect(guardWithin(stored)?.processor.kind).toBe("text_embedding");
	});
});

describe("the removal of a mark is known as the sidecar's", () => {
	const mark = "_ml_sidecar_0123456789abcdef";
	const other = "_ml_sidecar_fedcba9876543210";

	it("in each of its processors, and in the one that earlier releases stored", () => {
		const stored: unknown[] = [
			...renderRemovals(mark).map((json) => JSON.parse(json)),
			{ remove: { field: [mark, reasonField], tag: mark } },
		];
		expect(stored).toHaveLength(3);
		for (const processor of stored) {
			expect(isRemoval(processor, mark)).toBe(true);
			expect(isRemoval(processor, other)).toBe(false);
		}
	});

	it.each([
		[{ remove: { field: "title", tag: mark } }],
		[{ remove: { field: reasonField } }],
		[{ set: { field: mark, tag: mark } }],
	])("but not in a client's own: %j", (processor) => {
		expect(isRemoval(processor, mark)).toBe(false);
	});

	it("which is taken out of a pipeline that an earlier release has stored", () => {
		const own = JSON.stringify({ processors: [embedding] });
		const guarded = guard(JSON.parse(own));
		const [stored] = Array.isArray(guarded.processors)
			? guarded.processors
			: [];
		const earlier = readGuard(stored)?.mark ?? "";
		const older = {
			processors: [
				stored,
				{ remove: { field: [earlier, reasonField], tag: earlier } },
			],
		};
		expect(unguardPipelinesText(JSON.stringify({ p: older }))).toBe(
			`{"p":${own}}`,
		);
	});

	it("which has the conditions of the guarded processors where OpenSearch compiles them", () => {
		const condition = { source: "ctx.a == 1" };
		const own = {
			text_embedding: { ...embedding.text_embedding, if: condition },
		};
		const text = JSON.stringify({ processors: [own] });
		expect(guard(JSON.parse(text)).processors).toMatchObject([
			{ fail: {} },
			{ remove: { on_failure: [{ remove: { if: condition } }] } },
			{ remove: { field: reasonField } },
		]);
		expect(readBack(text)).toBe(text);
	});

	it("and has the same condition in every pipeline, which OpenSearch compiles once", () => {
		const condition = (of: string) =>
			renderRemovals(of).map((json) => json.match(/"if":"[^"]*"/)?.[0]);
		expect(condition(mark)).toEqual(condition(other));
		expect(condition(mark)[1]).toBeDefined();
	});
});
