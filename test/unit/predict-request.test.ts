import { describe, expect, it } from "vitest";
import {
	readPairs,
	readQuestion,
	readTexts,
} from "../../sidecar/services/predict-input.ts";
import {
	readContentType,
	readSparseFormat,
} from "../../sidecar/services/predict-parameters.ts";

describe("the texts of a request", () => {
	it("are what is written, numbers and truth values too", () => {
		const text_docs = ["a", 1.5, true];
		expect(readTexts({ text_docs }, "TEXT_EMBEDDING", 3)).toEqual([
			"a",
			"1.5",
			"true",
		]);
		expect(readPairs({ text_docs, query_text: 0 }, 3)).toEqual([
			["0", "a"],
			["0", "1.5"],
			["0", "true"],
		]);
		expect(readQuestion({ question: 1, context: false })).toEqual([
			"1",
			"false",
		]);
	});

	it("may be empty where they are compared", () => {
		expect(readPairs({ text_docs: [""], query_text: "" }, 1)).toEqual([
			["", ""],
		]);
	});

	it.each([
		["texts", () => readTexts({}, "SPARSE_ENCODING", 1), "Empty text docs"],
		[
			"texts to compare",
			() => readPairs({ query_text: "a" }, 1),
			"No text documents were provided",
		],
		[
			"a query",
			() => readPairs({ text_docs: ["a"] }, 1),
			"No query text was provided",
		],
		[
			"a question",
			() => readQuestion({ question: "", context: "a" }),
			"Question is not provided",
		],
		[
			"a context",
			() => readQuestion({ question: "a" }),
			"Context is not provided",
		],
		[
			"room",
			() => readPairs({ query_text: "a", text_docs: ["a", "b"] }, 1),
			"text_docs holds 2 texts, SIDECAR_PREDICT_TEXTS_LIMIT allows 1",
		],
	])("that want %s are refused in words that help", (_, read, reason) => {
		expect(read).toThrow(
			expect.objectContaining({ status: 400, message: reason }),
		);
	});
});

describe("the parameters of a request", () => {
	it("name tokens by word unless ids are asked for, in any case", () => {
		const format = (value?: unknown) =>
			readSparseFormat({
				...(value !== undefined && {
					parameters: { sparse_embedding_format: value },
				}),
			});
		expect(format()).toBe("WORD");
		expect(format("word")).toBe("WORD");
		expect(format("Token_Id")).toBe("TOKEN_ID");
		expect(() => format("lexical")).toThrow(
			'parameters.sparse_embedding_format is "lexical", it can be WORD or TOKEN_ID',
		);
	});

	it("have to say what a text is for a model with prefixes, and for no other", () => {
		const parameters = { content_type: "passage" };
		const prefixes = { passage_prefix: "passage: " };
		expect(readContentType({ parameters }, prefixes)).toBe("passage");
		expect(readContentType({ parameters: {} }, prefixes)).toBe("query");
		expect(() => readContentType({}, prefixes)).toThrow(/is asymmetric/);
		expect(() => readContentType({ parameters }, {})).toThrow(/at least one/);
		expect(() =>
			readContentType({ parameters: { content_type: "document" } }, prefixes),
		).toThrow("it can be QUERY or PASSAGE");
	});
});
