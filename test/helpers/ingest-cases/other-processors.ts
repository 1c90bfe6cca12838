import {
	bulk,
	byDefault,
	cat,
	embedding,
	type IngestTopic,
	index,
	pipeline,
	puts,
	wine,
	written,
} from "./case.ts";

const list = embedding({ field_map: { list: "vectors" } });

/** What OpenSearch's own processors do to texts, to vectors and to where a document goes. */
export const otherProcessors: IngestTopic = {
	name: "other processors",
	cases: [
		written(
			"convert before",
			[{ convert: { field: "text", type: "string" } }, embedding()],
			{ text: 5 },
		),
		written(
			"join before",
			[{ join: { field: "text", separator: " " } }, embedding()],
			{ text: ["a small", "cat"] },
			{ text: cat },
		),
		written(
			"append before",
			[{ append: { field: "list", value: [wine] } }, list],
			{ list: [cat] },
			{},
		),
		written(
			"gsub and html_strip before",
			[
				{ html_strip: { field: "text" } },
				{ gsub: { field: "text", pattern: "_", replacement: " " } },
				embedding(),
			],
			{ text: "<b>a_small</b>_cat" },
		),
		written(
			"json before",
			[
				{ json: { field: "raw", target_field: "o" } },
				embedding({ field_map: { o: { text: "vector" } } }),
			],
			{ raw: '{"text":"a small cat"}' },
		),
		written(
			"dissect before",
			[{ dissect: { field: "raw", pattern: "%{first}|%{text}" } }, embedding()],
			{ raw: "x|a small cat" },
		),
		written(
			"dot_expander before",
			[
				{ dot_expander: { field: "o.text" } },
				embedding({ field_map: { o: { text: "vector" } } }),
			],
			{ "o.text": cat },
		),
		written(
			"copy before",
			[{ copy: { source_field: "title", target_field: "text" } }, embedding()],
			{ title: cat },
		),
		written(
			"the text changed behind",
			[embedding(), { uppercase: { field: "text" } }],
			{ text: cat },
		),
		written(
			"everything else removed behind",
			[
				embedding(),
				{
					script: {
						source:
							"ctx.keySet().removeIf(k -> !k.startsWith('_') && k != 'vector')",
					},
				},
			],
			{ text: cat, other: 1 },
		),
		written(
			"the vector rounded behind",
			[
				embedding({ model_id: "<tiny>" }),
				{
					script: {
						source:
							"ctx.vector = ctx.vector.stream().map(x -> Math.round(x)).collect(Collectors.toList())",
					},
				},
			],
			{ text: cat },
		),
		written(
			"a list of objects that a script makes",
			[
				{
					script: {
						source:
							"ctx.n = ctx.list.stream().map(t -> ['text': t]).collect(Collectors.toList())",
					},
				},
				embedding({ field_map: { n: { text: "vector" } } }),
			],
			{ list: [cat, wine] },
		),
		written(
			"a drop behind",
			[embedding(), { drop: { if: "ctx.drop == true" } }],
			{ text: cat, drop: true },
			{ text: wine },
		),
		written(
			"an id that a processor sets",
			[{ set: { field: "_id", value: "made-by-hand" } }, embedding()],
			{ text: cat },
		),
		written(
			"a routing that a processor sets",
			[embedding(), { set: { field: "_routing", value: "r" } }],
			{ text: cat },
		),
		{
			name: "an index that a processor sets",
			calls: [
				pipeline({
					processors: [
						embedding(),
						{ set: { field: "_index", value: "<id>-b" } },
					],
				}),
				index({ settings: byDefault }),
				index({ suffix: "-b" }),
				...puts({ text: cat }),
				bulk([{ index: { _id: "2" } }, { text: wine }]),
			],
		},
		{
			name: "an index that a processor sets, whose final pipeline embeds",
			calls: [
				pipeline({
					processors: [{ set: { field: "_index", value: "<id>-b" } }],
				}),
				pipeline({ processors: [embedding()] }, "-final"),
				index({ settings: byDefault }),
				index({ suffix: "-b", settings: { final_pipeline: "<id>-final" } }),
				...puts({ text: cat }),
				bulk([{ index: { _id: "2" } }, { text: wine }]),
			],
		},
		written(
			"a field that is named by another",
			[{ set: { field: "{{name}}", value: cat } }, embedding()],
			{ name: "text" },
		),
		written(
			"two with one between them",
			[
				embedding(),
				{ set: { field: "other", value: "{{{text}}}" } },
				embedding({ field_map: { other: "other_vector" } }),
			],
			{ text: cat },
		),
	],
};
