import { describe, expect, it } from "vitest";
import {
	guardPipeline,
	readGuards,
	unguardPipeline,
} from "../../ingest/guard.ts";

const embedding = {
	text_embedding: {
		model_id: "m1",
		field_map: { title: "title_vector" },
		tag: "embed",
		ignore_failure: true,
		on_failure: [{ set: { field: "failed", value: true } }],
	},
};
const pipeline = {
	description: "mine",
	processors: [
		{ lowercase: { field: "title" } },
		embedding,
		{ set: { field: "seen", value: 1 } },
	],
	on_failure: [
		{ set: { field: "error", value: "{{_ingest.on_failure_message}}" } },
	],
	version: 3,
};

describe("a pipeline with text_embedding", () => {
	it("is read back as it was written", () => {
		expect(unguardPipeline(guardPipeline(pipeline))).toEqual(pipeline);
	});

	it("keeps its failure rules at the place where the embedding stood", () => {
		const guarded = guardPipeline(pipeline);
		expect(guarded?.processors).toMatchObject([
			{ lowercase: { field: "title" } },
			{
				fail: {
					tag: "embed",
					ignore_failure: true,
					on_failure: embedding.text_embedding.on_failure,
				},
			},
			{ set: { field: "seen", value: 1 } },
			{ remove: { ignore_missing: true } },
		]);
	});

	it("leaves no mark in a document that its failure handlers let through", () => {
		const guarded = guardPipeline(pipeline);
		const mark = readGuards(guarded)?.mark;
		expect(guarded?.on_failure).toEqual([
			...pipeline.on_failure,
			{ remove: { field: mark, ignore_missing: true, tag: mark } },
		]);
	});

	it("names its steps for whoever embeds", () => {
		expect(readGuards(guardPipeline(pipeline))?.steps).toEqual([
			{
				position: 1,
				key: "p1",
				processor: { modelId: "m1", fieldMap: { title: "title_vector" } },
				prelude: [{ lowercase: { field: "title" } }],
				conditional: false,
			},
		]);
	});

	it("gets another mark when its embedding changes, so that stale vectors are refused", () => {
		const changed = structuredClone(pipeline);
		changed.processors[1] = {
			text_embedding: { ...embedding.text_embedding, model_id: "m2" },
		};
		expect(readGuards(guardPipeline(changed))?.mark).not.toBe(
			readGuards(guardPipeline(pipeline))?.mark,
		);
	});
});

describe("a pipeline without text_embedding", () => {
	it.each([
		[{ processors: [{ set: { field: "a", value: 1 } }] }],
		[{ processors: [{ fail: { message: "no", description: "mine" } }] }],
		[{ processors: "wrong" }],
		["not an object"],
		[undefined],
	])("is stored as it is: %j", (untouched) => {
		expect(guardPipeline(untouched)).toBeUndefined();
		expect(readGuards(untouched)).toBeUndefined();
		expect(unguardPipeline(untouched)).toBe(untouched);
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
		expect(() => guardPipeline({ processors: [{ text_embedding }] })).toThrow(
			reason,
		);
	});

	it("also where it stands inside another processor, where nothing could guard it", () => {
		expect(() =>
			guardPipeline({
				processors: [{ foreach: { field: "l", processor: embedding } }],
			}),
		).toThrow(/can't stand inside another processor/);
	});
});
