import { describe, expect, it } from "vitest";
import type { FunctionName } from "../../schemas/model.ts";
import { readModelFunction } from "../../sidecar/services/function-name.ts";
import { readFunctionConfig } from "../../sidecar/services/model-config.ts";

const bert = { model_type: "bert" };
const full = {
	...bert,
	embedding_dimension: 384,
	framework_type: "huggingface_transformers",
};
const upper = { framework_type: "HUGGINGFACE_TRANSFORMERS" };

/** What ml-commons 3.6 was seen to answer. */
describe("a model's configuration", () => {
	it.each<[FunctionName, object | undefined, object | undefined]>([
		["SPARSE_ENCODING", undefined, undefined],
		["SPARSE_TOKENIZE", undefined, undefined],
		["SPARSE_ENCODING", bert, bert],
		["TEXT_SIMILARITY", bert, bert],
		["TEXT_SIMILARITY", full, { ...full, ...upper }],
		["TEXT_EMBEDDING", full, { ...full, ...upper }],
		["QUESTION_ANSWERING", full, { ...bert, ...upper }],
		[
			"QUESTION_ANSWERING",
			{ ...full, query_prefix: "q", pooling_mode: "magic", all_config: "{}" },
			{ ...bert, ...upper, all_config: "{}" },
		],
	])("of %s is kept as ml-commons keeps it (%#)", (name, given, kept) => {
		expect(readFunctionConfig(name, given)).toEqual(kept);
	});

	it.each<[FunctionName, object | undefined, string]>([
		["TEXT_SIMILARITY", undefined, "model config is null"],
		["QUESTION_ANSWERING", undefined, "model config is null"],
		["TEXT_EMBEDDING", undefined, "model config is null"],
		["SPARSE_ENCODING", {}, "model type is null"],
		["TEXT_EMBEDDING", bert, "embedding dimension is null"],
		["QUESTION_ANSWERING", bert, "framework type is null"],
		[
			"TEXT_SIMILARITY",
			{ ...bert, framework_type: "magic" },
			"Wrong framework type",
		],
		[
			"SPARSE_TOKENIZE",
			{ ...bert, pooling_mode: "magic" },
			"Wrong pooling method",
		],
		[
			"QUESTION_ANSWERING",
			{ ...full, model_type: "Sentence_Highlighting" },
			"model_type sentence_highlighting is not supported: there are no such models as ONNX",
		],
	])("of %s is refused for what it must have (%#)", (name, given, reason) => {
		expect(() => readFunctionConfig(name, given)).toThrow(
			expect.objectContaining({ code: "bad_request", message: reason }),
		);
	});
});

describe("a model's function", () => {
	it("is known in any case", () => {
		expect(readModelFunction("sparse_Encoding")).toBe("SPARSE_ENCODING");
	});

	it("is told apart from one that ml-commons alone has, and from none at all", () => {
		expect(() => readModelFunction("kmeans")).toThrow(
			/kmeans is not supported: TEXT_EMBEDDING, SPARSE_ENCODING/,
		);
		expect(() => readModelFunction("magic")).toThrow("Wrong function name");
	});
});
