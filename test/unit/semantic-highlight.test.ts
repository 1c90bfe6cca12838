import { describe, expect, it } from "vitest";
import { queryText } from "../../sidecar/search/answers/query-text.ts";
import { SemanticHighlight } from "../../sidecar/search/answers/semantic-highlight.ts";
import {
	findAnswer,
	markedText,
	sentencesOf,
} from "../../sidecar/search/answers/sentences.ts";
import { SearchBody } from "../../sidecar/search/search-body.ts";
import { readHighlightOptions } from "../../sidecar/services/search/answer-steps/highlight-options.ts";

function read(body: object) {
	const parsed = SearchBody.parse(Buffer.from(JSON.stringify(body)));
	if (!parsed) throw new Error("no body");
	const highlight = SemanticHighlight.read(parsed);
	return {
		highlight,
		sent: highlight && JSON.parse(parsed.render(highlight)).highlight,
	};
}

const whole = {
	type: "unified",
	highlight_query: { match_none: {} },
	number_of_fragments: 0,
	no_match_size: 2147483647,
};
const query = { match: { t: "cats" } };

describe("semantic highlighting in a search's body", () => {
	it("holds nobody up with a field's name of many stars", () => {
		const name = `${"*".repeat(1_000)}x`;
		const { highlight } = read({
			query,
			highlight: { fields: { [name]: { type: "semantic" } } },
		});
		const start = performance.now();
		expect(highlight?.markedField("description_long_text")).toBeUndefined();
		expect(highlight?.markedField("description_x")).toBeDefined();
		expect(performance.now() - start).toBeLessThan(1_000);
	});

	it("asks OpenSearch for the fields' whole texts and leaves other fields alone", () => {
		const { sent } = read({
			query,
			highlight: {
				pre_tags: ["<b>"],
				options: { model_id: "m" },
				fields: {
					t: { type: "semantic", fragment_size: 5, force_source: true },
					u: { type: "plain", fragment_size: 7 },
					v: {},
				},
			},
		});
		expect(sent).toEqual({
			pre_tags: ["<b>"],
			options: { model_id: "m" },
			fields: {
				t: { force_source: true, ...whole },
				u: { type: "plain", fragment_size: 7 },
				v: {},
			},
		});
	});

	it("is asked for by the type of all fields, or in a list", () => {
		const { sent, highlight } = read({
			query,
			highlight: {
				type: "semantic",
				fields: [{ t: {} }, { u: { type: "unified" } }],
			},
		});
		expect(sent).toEqual({
			type: "unified",
			fields: [{ t: whole }, { u: { type: "unified" } }],
		});
		expect(highlight?.markedField("u")).toBeUndefined();
		expect(highlight?.markedField("t")?.text).toBe("cats");
	});

	it.each([
		{ query },
		{ query, highlight: { fields: { t: {} } } },
		{ query, highlight: { fields: { semantic: { type: "plain" } } } },
		{ query, highlight: 5 },
	])("is not there in %j", (body) => {
		expect(read(body).highlight).toBeUndefined();
	});

	it("takes what a field says before what all say, and the last name that fits", () => {
		const { highlight } = read({
			query,
			highlight: {
				tags_schema: "styled",
				options: { model_id: "all" },
				fields: {
					"t*": { type: "semantic" },
					t2: {
						type: "semantic",
						options: { model_id: "own" },
						pre_tags: ["<u>"],
						post_tags: ["</u>"],
						highlight_query: { match: { t2: "dogs" } },
					},
					t3: {},
				},
			},
		});
		expect(highlight?.markedField("t")).toEqual({
			options: { model_id: "all" },
			preTag: '<em class="hlt1">',
			postTag: "</em>",
			text: "cats",
		});
		expect(highlight?.markedField("t2")).toEqual({
			options: { model_id: "own" },
			preTag: "<u>",
			postTag: "</u>",
			text: "dogs",
		});
		expect(highlight?.markedField("t3")).toBeUndefined();
		expect(highlight?.markedField("x.t")).toBeUndefined();
	});
});

describe("what a query looks for in words", () => {
	it.each([
		[
			{ neural: { v: { query_text: "wild cats", model_id: "m" } } },
			"wild cats",
		],
		[{ neural_sparse: { v: { query_text: "wild cats" } } }, "wild cats"],
		[{ match: { t: { query: "cats" } } }, "cats"],
		[{ match: { other: "cats" } }, ""],
		[{ term: { t: { value: "cats" } } }, "cats"],
		[{ match_all: {} }, ""],
		[
			{
				bool: {
					must: { match: { t: "cats" } },
					must_not: [{ match: { t: "dogs" } }],
					should: [{ neural: { v: { query_text: "sleep" } } }],
				},
			},
			"cats sleep",
		],
		[
			{
				hybrid: {
					queries: [
						{ match: { t: "cats" } },
						{ neural: { v: { query_text: "cats" } } },
						{ nested: { path: "n", query: { match: { t: "dogs" } } } },
					],
				},
			},
			"cats dogs",
		],
		[undefined, ""],
	])("is in %j %j", (query, text) => {
		expect(queryText(query, "t")).toBe(text);
	});
});

describe("the sentences of a text", () => {
	const sentences = (text: string) =>
		[...sentencesOf(text)].map(({ start, end }) => text.slice(start, end));

	it.each([
		["Cats sleep.  Dogs bark!\nWhy? ", ["Cats sleep.", "Dogs bark!", "Why?"]],
		[
			"Dr. Miller met J. Smith. They left.",
			["Dr. Miller met J. Smith.", "They left."],
		],
		["猫は眠る。犬は吠える。", ["猫は眠る。", "犬は吠える。"]],
		["no end", ["no end"]],
		["Ask Dr.", ["Ask Dr."]],
		[" \n ", []],
		["", []],
	])("%j are %j", (text, expected) => {
		expect(sentences(text)).toEqual(expected);
	});

	it("are marked where they stand, the rest unchanged", () => {
		const text = " A one. B two.  C three. ";
		const [a, , c] = [...sentencesOf(text)];
		if (!a || !c) throw new Error("sentences are missing");
		const tags = { preTag: "<em>", postTag: "</em>" };
		expect(markedText(text, [a, c], tags)).toBe(
			" <em>A one.</em> B two.  <em>C three.</em> ",
		);
		expect(markedText(text, [], tags)).toBe(text);
	});
});

describe("where an answer stands", () => {
	it.each([
		[
			"The plumber, Élodie's man, fixes pipes.",
			"elodie ' s man",
			"Élodie's man",
		],
		["It costs $ 3.50 now.", "3. 50", "3.50"],
		["Nothing here.", "absent", undefined],
		["Nothing here.", "", undefined],
	])("in %j is found by a model's words %j", (text, answer, expected) => {
		const span = findAnswer(text, answer);
		expect(span && text.slice(span.start, span.end)).toBe(expected);
	});
});

describe("the options of semantic highlighting", () => {
	it.each([
		[{}, "model_id must be a non-null string, but was null"],
		[{ model_id: 5 }, "model_id must be a non-null string, but was Integer"],
		[
			{ model_id: "m", min_similarity: 2 },
			"min_similarity must be a number from -1 to 1, but was 2",
		],
		[
			{ model_id: "m", max_sentences: 0 },
			"max_sentences must be a whole number from 1 on, but was 0",
		],
	])("%j are refused", (options, reason) => {
		expect(() => readHighlightOptions(options)).toThrow(reason);
	});
});
