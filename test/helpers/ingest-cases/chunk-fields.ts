import {
	bulk,
	byDefault,
	embedding,
	type IngestTopic,
	index,
	pipeline,
	put,
	written,
} from "./case.ts";
import { delimiter, fixed, words } from "./chunk-case.ts";

/** Where the pieces come from and go to. */
export const chunkFields: IngestTopic = {
	name: "chunked fields",
	cases: [
		written(
			"missing, null and blank",
			fixed({}),
			{ other: 1 },
			{ text: null },
			{ text: "" },
			{ text: " " },
		),
		written(
			"missing and ignored",
			fixed({}, { ignore_missing: true }),
			{ other: 1 },
			{ text: null },
			{ text: "" },
		),
		written("a number", fixed({}), { text: 5 }),
		written("a boolean", fixed({}), { text: true }),
		written("an object for a text", fixed({}), { text: { a: "b" } }),
		written(
			"a list",
			delimiter({ delimiter: "," }, { field_map: { list: "chunks" } }),
			{ list: ["a,b", "c"] },
			{ list: [] },
			{ list: [""] },
		),
		written("a list with null", fixed({}, { field_map: { list: "chunks" } }), {
			list: ["a", null],
		}),
		written(
			"a list with a number",
			fixed({}, { field_map: { list: "chunks" } }),
			{ list: ["a", 5] },
		),
		written(
			"a list with a list",
			fixed({}, { field_map: { list: "chunks" } }),
			{ list: ["a", ["b"]] },
		),
		written(
			"an object",
			delimiter({ delimiter: "," }, { field_map: { o: { text: "chunks" } } }),
			{ o: { text: "a,b" } },
			{ o: {} },
			{ o: { text: 5 } },
		),
		written(
			"a list of objects",
			delimiter({ delimiter: "," }, { field_map: { n: { text: "chunks" } } }),
			{ n: [{ text: "a,b" }, { text: "c" }, { other: 1 }] },
		),
		written(
			"a dotted source",
			delimiter({ delimiter: "," }, { field_map: { "a.b": "chunks" } }),
			{ a: { b: "a,b" } },
			{ "a.b": "a,b" },
		),
		written("a target that is there", delimiter({ delimiter: "," }), {
			text: "a,b",
			chunks: ["old"],
		}),
		written(
			"if and on_failure",
			[
				fixed(
					{},
					{
						if: "ctx.yes == true",
						on_failure: [{ set: { field: "failed", value: true } }],
					},
				),
			],
			{ text: 5, yes: true },
			{ text: words },
		),
		written(
			"cascading",
			[
				fixed({ token_limit: 6 }),
				embedding({ field_map: { chunks: "vectors" } }),
			],
			{ text: words },
			{ text: "" },
		),
		written(
			"cascading in an object",
			[
				delimiter({ delimiter: "," }, { field_map: { o: { text: "chunks" } } }),
				embedding({ field_map: { o: { chunks: "vectors" } } }),
			],
			{ o: { text: "red wine,a small cat" } },
		),
		written(
			"twice",
			[
				delimiter({ delimiter: "\n" }),
				delimiter({ delimiter: " " }, { field_map: { chunks: "words" } }),
			],
			{ text: "a b\nc d" },
		),
		written(
			"a processor before",
			[
				{ set: { field: "text", value: "{{{a}}},{{{b}}}" } },
				delimiter({ delimiter: "," }),
			],
			{ a: "x", b: "y" },
		),
		{
			name: "more tokens than the index lets be analysed",
			calls: [
				pipeline({ processors: [fixed({ token_limit: 5 })] }),
				index({ settings: { ...byDefault, "analyze.max_token_count": 8 } }),
				put("1", { text: "one two three" }),
				put("2", { text: words }),
			],
		},
		{
			name: "a bulk",
			calls: [
				pipeline({ processors: [fixed({ token_limit: 5 })] }),
				index({ settings: byDefault }),
				bulk([
					{ index: { _id: "1" } },
					{ text: words },
					{ index: { _id: "2" } },
					{ text: 5 },
					{ index: { _id: "3" } },
					{ text: "short" },
				]),
			],
		},
	],
};
