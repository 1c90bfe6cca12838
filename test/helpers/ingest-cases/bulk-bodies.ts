import { indexed, own, sent } from "./bulk-case.ts";
import { bulk, cat, type IngestTopic, wine } from "./case.ts";

/** Bulks that are written in another way, and malformed ones. */
export const bulkBodies: IngestTopic = {
	name: "bulk bodies",
	cases: [
		{
			name: "JSON for a content type",
			calls: [
				...own,
				bulk(
					[{ index: { _id: "1" } }, { text: cat }],
					"/<id>/_bulk",
					"application/json",
				),
			],
		},
		sent("empty lines", [
			{ index: { _id: "1" } },
			{ text: cat },
			"",
			{ index: { _id: "2" } },
			{ text: wine },
			"",
		]),
		{
			name: "CRLF",
			calls: [
				...own,
				{
					...bulk([]),
					body: '{"index":{"_id":"1"}}\r\n{"text":"a small cat"}\r\n',
				},
			],
		},
		{
			name: "no line break at the end",
			calls: [
				...own,
				{ ...bulk([]), body: '{"index":{"_id":"1"}}\n{"text":"a small cat"}' },
			],
		},
		{ name: "an empty body", calls: [...own, { ...bulk([]), body: "\n" }] },
		sent("an action without a document", [
			{ index: { _id: "1" } },
			{ text: cat },
			{ index: { _id: "2" } },
		]),
		sent("an unknown action", [
			{ index: { _id: "1" } },
			{ text: cat },
			{ put: { _id: "2" } },
			{ text: wine },
		]),
		sent("an unknown parameter", [
			{ index: { _id: "1", colour: "red" } },
			{ text: cat },
		]),
		sent("an action that is no JSON", ["index", { text: cat }]),
		indexed("a document that is no JSON", '{"text":'),
		indexed(
			"a document that is no JSON among others",
			{ text: cat },
			'{"text":',
			{ text: wine },
		),
		indexed("a document that is a list", ["a"]),
		indexed("a key twice", '{"text":"a small cat","text":"red wine"}'),
		indexed(
			"a number beyond a double",
			'{"text":"a small cat","n":12345678901234567890123}',
		),
	],
};
