import { cat, embedding, type IngestTopic, written } from "./case.ts";

const list = embedding({ field_map: { list: "vectors" } });
const object = embedding({ field_map: { o: { text: "vector" } } });
const dotted = embedding({ field_map: { "a.b": "v" } });

/** An object with another in it, and so on, as deep as this. */
function nested(depth: number): unknown {
	return depth === 0 ? "deep" : { d: nested(depth - 1) };
}

/** The field map of {@link nested}. */
function mapped(depth: number): unknown {
	return depth === 0 ? "vector" : { d: mapped(depth - 1) };
}

/** What a mapped field may hold, and what it may not. */
export const fieldValues: IngestTopic = {
	name: "field values",
	cases: [
		written("missing", embedding(), { other: cat }, {}),
		written("null", embedding(), { text: null }),
		written("blank", embedding(), { text: "" }, { text: " \t\n" }),
		written("blank, with a vector that is there", embedding(), {
			text: "",
			vector: [1, 2],
		}),
		written("a number", embedding(), { text: 12 }, { text: 1.5 }),
		written("a boolean", embedding(), { text: true }),
		written("an object for a text", embedding(), { text: { a: cat } }),
		written("an empty object for a text", embedding(), { text: {} }),
		written("a list for a text", embedding(), { text: [cat, "red wine"] }),
		written("a list with null", list, { list: [cat, null] }),
		written("a list of nulls alone", list, { list: [null] }),
		written("a list with blanks", list, { list: [cat, "", " "] }),
		written("a list of blanks alone", list, { list: [""] }),
		written("a list with a number", list, { list: [cat, 5] }),
		written("a list of numbers", list, { list: [1, 2] }),
		written("a list with a list", list, { list: [cat, ["red wine"]] }),
		written("a list with an object", list, { list: [cat, { a: 1 }] }),
		written("a list of objects for texts", list, { list: [{ a: cat }] }),
		written("a text for a list", list, { list: cat }),
		written("a text for an object", object, { o: cat }),
		written("a number for an object", object, { o: 5 }),
		written("null for an object", object, { o: null }),
		written("a list of texts for an object", object, { o: [cat] }),
		written("a list with null for an object", object, {
			o: [null, { text: cat }],
		}),
		written("a list of texts and objects for an object", object, {
			o: [cat, { text: cat }],
		}),
		written("a number in an object", object, { o: { text: 5 } }),
		written("null in an object", object, { o: { text: null } }),
		written("blank in an object", object, { o: { text: "" } }),
		written("a number in a list of objects", object, {
			o: [{ text: cat }, { text: 5 }],
		}),
		written("null and blank in a list of objects", object, {
			o: [{ text: null }, { text: cat }, { text: " " }],
		}),
		written("a text where a dotted source wants an object", dotted, { a: cat }),
		written("a number at a dotted source", dotted, { a: { b: 5 } }),
		written("an object at a dotted source", dotted, { a: { b: { c: cat } } }),
		written("null on the way of a dotted source", dotted, { a: null }),
		written("a name with two dots", embedding(), { text: cat, "a..b": 1 }),
		written(
			"a name that ends with a dot",
			embedding(),
			{ text: cat, "a.": 1 },
			{ text: cat, ".a": 1 },
		),
		written("an empty name", embedding(), { text: cat, "": 1 }),
		written("a blank name", embedding(), { text: cat, " ": 1 }),
		written(
			"an object that is too deep",
			embedding({ field_map: { text: "vector", deep: mapped(25) } }),
			{ text: cat, deep: nested(25) },
			{ text: cat, deep: nested(3) },
		),
		...[18, 19, 20].map((depth) =>
			written(
				`an object of depth ${depth}`,
				embedding({ field_map: { deep: mapped(depth) } }),
				{ deep: nested(depth) },
			),
		),
		written("another field that is deep", embedding(), {
			text: cat,
			deep: nested(30),
		}),
		written(
			"odd texts",
			embedding({ model_id: "<tiny>" }),
			{ text: "été ☃ 水管 e\u0301 \u0000 zzxqj" },
			{ text: '"quoted" \\ and <b>marked</b> {{mustache}}' },
		),
		written("a text beyond the model's window", embedding(), {
			text: "The plumber repairs pipes in kitchens. ".repeat(60),
		}),
		written("an unknown model", embedding({ model_id: "unknown" }), {
			text: cat,
		}),
		written(
			"an unknown model and no text",
			embedding({ model_id: "unknown" }),
			{ other: 1 },
		),
		written(
			"a model that is for sparse vectors",
			embedding({ model_id: "<sparse>" }),
			{ text: cat },
		),
	],
};
