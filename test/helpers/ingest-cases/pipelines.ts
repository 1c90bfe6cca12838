import {
	byDefault,
	cat,
	embedding,
	type IngestTopic,
	index,
	pipeline,
	puts,
	set,
	wine,
	written,
} from "./case.ts";

/** Embedding processors among others, and in pipelines that call each other. */
export const pipelines: IngestTopic = {
	name: "pipelines",
	cases: [
		written("set before", [set("text", cat), embedding()], {}, { text: wine }),
		written(
			"lowercase, trim and remove around it",
			[
				{ lowercase: { field: "text" } },
				{ trim: { field: "text" } },
				embedding(),
				{ remove: { field: "text" } },
			],
			{ text: "  A SMALL Cat " },
		),
		written(
			"the text made of other fields",
			[set("text", "{{{a}}} {{{b}}}"), embedding()],
			{ a: "a small", b: "cat" },
		),
		written(
			"a script before",
			[{ script: { source: "ctx.text = ctx.a + ' cat'" } }, embedding()],
			{ a: "a small" },
		),
		written(
			"rename before",
			[{ rename: { field: "a", target_field: "text" } }, embedding()],
			{ a: cat },
		),
		written(
			"split before",
			[{ split: { field: "text", separator: "," } }, embedding()],
			{ text: `${cat},${wine}` },
		),
		written(
			"copy of the vector behind",
			[embedding(), { rename: { field: "vector", target_field: "v" } }],
			{ text: cat },
		),
		written(
			"the vector removed behind",
			[embedding(), { remove: { field: "vector" } }],
			{ text: cat },
		),
		written(
			"a script that looks at the vector",
			[embedding(), { script: { source: "ctx.n = ctx.vector.size()" } }],
			{ text: cat },
		),
		written(
			"a document that is dropped before",
			[{ drop: { if: "ctx.drop == true" } }, embedding()],
			{ text: cat, drop: true },
			{ text: wine },
		),
		written(
			"if",
			embedding({ if: "ctx.yes == true" }),
			{ text: cat, yes: true },
			{ text: cat },
		),
		written("if that fails", embedding({ if: "ctx.a.b.c == 1" }), {
			text: cat,
		}),
		written(
			"if on what a processor before has set",
			[set("yes", true), embedding({ if: "ctx.yes == true" })],
			{ text: cat },
		),
		written(
			"if on the vector of another",
			[
				embedding(),
				embedding({ field_map: { other: "vector" }, if: "ctx.vector == null" }),
			],
			{ text: cat, other: wine },
			{ other: wine },
		),
		{
			name: "a pipeline that calls another",
			calls: [
				pipeline({ processors: [embedding()] }, "-inner"),
				pipeline({
					processors: [
						set("text", cat),
						{ pipeline: { name: "<id>-inner" } },
						set("after", 1),
					],
				}),
				index({ settings: byDefault }),
				...puts({}, { text: wine }),
			],
		},
		{
			name: "a pipeline that calls another, sometimes",
			calls: [
				pipeline({ processors: [embedding()] }, "-inner"),
				pipeline({
					processors: [
						{ pipeline: { name: "<id>-inner", if: "ctx.yes == true" } },
					],
				}),
				index({ settings: byDefault }),
				...puts({ text: cat, yes: true }, { text: cat }),
			],
		},
		{
			name: "a pipeline that calls another, both embed",
			calls: [
				pipeline(
					{ processors: [embedding({ field_map: { other: "other_vector" } })] },
					"-inner",
				),
				pipeline({
					processors: [embedding(), { pipeline: { name: "<id>-inner" } }],
				}),
				index({ settings: byDefault }),
				...puts(
					{ text: cat, other: wine },
					{ text: cat, other: 5 },
					{ text: 5, other: wine },
				),
			],
		},
		{
			name: "a pipeline that calls itself",
			calls: [
				pipeline({ processors: [embedding(), { pipeline: { name: "<id>" } }] }),
				index({ settings: byDefault }),
				...puts({ text: cat }),
			],
		},
		{
			name: "a pipeline that calls one that is not there",
			calls: [
				pipeline({
					processors: [embedding(), { pipeline: { name: "<id>-none" } }],
				}),
				index({ settings: byDefault }),
				...puts({ text: cat }),
			],
		},
		written(
			"foreach",
			{
				foreach: {
					field: "list",
					processor: embedding({
						field_map: { _ingest: { _value: { text: "vector" } } },
					}),
				},
			},
			{ list: [{ text: cat }, { text: wine }] },
		),
		written(
			"foreach over a field that is not there",
			{
				foreach: {
					field: "list",
					ignore_missing: true,
					processor: embedding(),
				},
			},
			{ text: cat },
		),
		written(
			"foreach with an embedding of the document's field",
			{ foreach: { field: "list", processor: embedding() } },
			{ list: [1, 2], text: cat },
		),
	],
};
