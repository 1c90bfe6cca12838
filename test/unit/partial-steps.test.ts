import { describe, expect, it } from "vitest";
import { parseObject } from "../../ingest/json-tree.ts";
import { parseProcessor } from "../../ingest/processors/processor.ts";
import type { Step } from "../../ingest/step.ts";
import { emptiedIn, partialWork } from "../../ingest/updates/partial-steps.ts";

function step(name: string, options: object): Step {
	return {
		mark: "m",
		key: JSON.stringify(options),
		processor: parseProcessor(name, options),
		stages: [],
		conditional: false,
	};
}

const embed = (field_map: object) =>
	step("text_embedding", { model_id: "m", field_map });
const chunk = (field_map: object) =>
	step("text_chunking", { field_map, algorithm: { delimiter: {} } });

function node(document: object) {
	const root = parseObject(JSON.stringify(document), { allowComments: false });
	if (!root) throw new Error("no object");
	return root;
}

/** The field maps that are worked on, and what is emptied. */
function workFor(doc: object, ...steps: Step[]) {
	const work = partialWork(steps, node(doc));
	return {
		maps: work.steps.map(({ processor }) =>
			"fieldMap" in processor ? processor.fieldMap : undefined,
		),
		idle: work.idle.length,
		emptied: work.emptied.map(({ object, target, json }) => [
			[...object, ...target].join("."),
			json,
		]),
	};
}

describe("a partial document is worked on", () => {
	it("for the sources that it has, and no others: what is made of those stays", () => {
		const map = { a: "va", b: "vb", o: { c: "vc", d: "vd" } };
		expect(workFor({ a: "x", o: { c: "y" } }, embed(map))).toEqual({
			maps: [{ a: "va", o: { c: "vc" } }],
			idle: 0,
			emptied: [],
		});
		expect(workFor({ other: 1, o: { e: 1 } }, embed(map))).toEqual({
			maps: [],
			idle: 1,
			emptied: [],
		});
	});

	it.each([
		[{ "a.b.c": "x" }],
		[{ a: { b: { c: "x" } } }],
		[{ a: { "b.c": "x" } }],
		[{ a: [{ b: { c: "x" } }] }],
	])("for a dotted source, as %j writes it", (doc) => {
		const map = { "a.b.c": "v" };
		expect(workFor(doc, embed(map)).maps).toEqual([map]);
		expect(workFor({ a: { b: { d: 1 } } }, embed(map)).maps).toEqual([]);
	});

	it("for what a step before makes of it, as chunks of a text", () => {
		const steps = [
			chunk({ body: "chunks", other: "others" }),
			embed({ chunks: "vectors", others: "more" }),
		];
		expect(workFor({ body: "x" }, ...steps).maps).toEqual([
			{ body: "chunks" },
			{ chunks: "vectors" },
		]);
		expect(workFor({ n: 1 }, ...steps)).toEqual({
			maps: [],
			idle: 2,
			emptied: [],
		});
	});

	it("so that nothing stays of a text that it takes away, nor of its chunks", () => {
		expect(
			workFor(
				{ a: null, o: { b: " " }, list: [], "d.e": null },
				embed({ a: "va", o: { b: "vb" }, list: "vl", "d.e": "ve", f: "vf" }),
			).emptied,
		).toEqual([
			["va", "null"],
			["o.vb", "null"],
			["vl", "null"],
			["d.ve", "null"],
		]);
		expect(
			workFor({ body: null }, chunk({ body: "c" }), embed({ c: "v" })).emptied,
		).toEqual([
			["c", "[]"],
			["v", "null"],
		]);
	});
});

describe("a whole document that was changed", () => {
	it("loses what was made of a text that it lost, and nothing that never had one", () => {
		const before = { a: "x", b: "y", vc: [1] };
		const after = { b: "y", va: [1], vb: [1], vc: [1] };
		const steps = [embed({ a: "va", b: "vb", c: "vc" })];
		expect(emptiedIn(node(after), node(before), steps)).toEqual([
			{ object: [], target: ["va"], json: "null" },
		]);
	});
});
