import { cat, embedding, type IngestTopic, wine, written } from "./case.ts";

const map = (field_map: unknown) => embedding({ field_map });
const shoes = "running shoes";
const pipes = "water pipes";

/** Where texts are taken from and where vectors go. */
export const fieldMaps: IngestTopic = {
	name: "field maps",
	cases: [
		written("flat", embedding(), { text: cat }, { other: 1 }),
		written(
			"several fields",
			map({ title: "title_vector", body: "body_vector" }),
			{ title: cat, body: wine },
			{ body: wine },
		),
		written("two fields with one target", map({ a: "v", b: "v" }), {
			a: cat,
			b: wine,
		}),
		written("a field that is its own target", map({ text: "text" }), {
			text: cat,
		}),
		written(
			"a target that another field is made of",
			map({ a: "b", b: "c" }),
			{ a: cat },
			{ a: cat, b: wine },
		),
		written(
			"a list",
			map({ list: "vectors" }),
			{ list: [cat, wine] },
			{ list: [cat] },
			{ list: [] },
		),
		written("a list and a text", map({ list: "vectors", text: "vector" }), {
			list: [cat, wine],
			text: shoes,
		}),
		written(
			"an object",
			map({ o: { text: "vector" } }),
			{ o: { text: cat, other: 1 } },
			{ o: { other: 1 } },
			{ o: {} },
		),
		written("an object in an object", map({ a: { b: { c: "v" } } }), {
			a: { b: { c: cat, d: 1 }, e: 2 },
		}),
		written("a list in an object", map({ o: { list: "vectors" } }), {
			o: { list: [cat, wine] },
		}),
		written("several fields of an object", map({ o: { a: "av", b: "bv" } }), {
			o: { a: cat, b: wine },
		}),
		written(
			"a list of objects",
			map({ n: { text: "vector" } }),
			{ n: [{ text: cat }, { text: wine }] },
			{ n: [{ text: cat }] },
			{ n: [] },
		),
		written(
			"a list of objects, some without the field",
			map({ n: { text: "vector" } }),
			{ n: [{ other: 1 }, { text: wine }, {}] },
			{ n: [{ other: 1 }] },
		),
		written("a list of objects with lists", map({ n: { list: "vectors" } }), {
			n: [{ list: [cat, wine] }, { list: [shoes] }],
		}),
		written(
			"a list of objects in a list of objects",
			map({ n: { m: { text: "vector" } } }),
			{ n: [{ m: [{ text: cat }, { text: wine }] }, { m: [{ text: shoes }] }] },
		),
		written("a list of objects in an object", map({ a: { n: { t: "v" } } }), {
			a: { n: [{ t: cat }, { t: wine }] },
		}),
		written(
			"a dotted source",
			map({ "a.b": "v" }),
			{ a: { b: cat } },
			{ "a.b": cat },
			{ a: { c: 1 } },
		),
		written("a dotted source of three parts", map({ "a.b.c": "v" }), {
			a: { b: { c: cat } },
		}),
		written(
			"a dotted source, its document half dotted",
			map({ "a.b.c": "v" }),
			{ "a.b": { c: cat } },
			{ a: { "b.c": cat } },
		),
		written(
			"a dotted target",
			map({ text: "made.vector" }),
			{ text: cat },
			{ text: cat, made: { by: "hand" } },
		),
		written("both dotted", map({ "a.b.c": "d.e" }), {
			a: { b: { c: cat } },
		}),
		written(
			"both dotted, the target within what is there",
			map({ "a.b": "d.e" }),
			{
				a: { b: cat, d: { f: 1 } },
			},
		),
		written(
			"a dotted source through a list of objects",
			map({ "n.text": "vector" }),
			{ n: [{ text: cat }, { text: wine }] },
			{ n: [{ text: cat }, { other: 1 }] },
		),
		written(
			"a dotted source and a dotted target through a list of objects",
			map({ "n.deep.text": "c.vector" }),
			{ n: [{ deep: { text: cat } }, { "deep.text": wine }] },
		),
		written("a dotted name within an object", map({ o: { "a.b": "v" } }), {
			o: { a: { b: cat } },
		}),
		written(
			"two dotted sources under one parent",
			map({ "a.b": "v", "a.c": "w" }),
			{
				a: { b: cat, c: wine },
			},
		),
		written(
			"a dotted and a nested source under one parent",
			map({ "a.b": "v", a: { c: "w" } }),
			{ a: { b: cat, c: wine } },
		),
		written("a document whose other fields have dots", embedding(), {
			text: cat,
			"x.y": 1,
			"x.z": { "u.v": 2 },
		}),
		written("a document whose other lists have dots", embedding(), {
			text: cat,
			list: [{ "x.y": 1 }],
		}),
		written(
			"a target that is there already",
			embedding(),
			{ text: cat, vector: [1, 2] },
			{ text: cat, vector: "old" },
			{ text: cat, vector: { old: 1 } },
			{ text: cat, vector: null },
		),
		written("the target of a list that is there already", map({ list: "v" }), {
			list: [cat],
			v: [{ knn: [1, 2] }],
		}),
		written(
			"the target within an object that is there already",
			map({ o: { text: "vector" } }),
			{ o: { text: cat, vector: [1, 2] } },
		),
		written(
			"the target within a list of objects that is there already",
			map({ n: { text: "vector" } }),
			{ n: [{ text: cat, vector: [1, 2] }, { text: wine }] },
		),
		written(
			"two processors",
			[embedding(), embedding({ field_map: { other: "other_vector" } })],
			{ text: cat, other: wine },
			{ other: wine },
		),
		written(
			"two models",
			[
				embedding(),
				embedding({ model_id: "<tiny>", field_map: { text: "small" } }),
			],
			{ text: cat },
			{ text: pipes },
		),
		written(
			"two processors with one target",
			[embedding(), embedding({ field_map: { other: "vector" } })],
			{ text: cat, other: wine },
		),
		written(
			"names with spaces and other letters",
			map({ "der Name": "größe", 名: "水" }),
			{ "der Name": cat, 名: wine },
		),
	],
};
