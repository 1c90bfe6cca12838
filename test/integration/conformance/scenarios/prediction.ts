import { type Call, get, post, type Topic } from "../call.ts";
import {
	base,
	deployed,
	models,
	registered,
	tinyConfig,
} from "../preparations.ts";

function predict(name: string, body: unknown): Call {
	return post(
		name,
		`${models}/{model_id}/_predict`,
		body === undefined ? {} : { body },
	);
}

const docs = { text_docs: ["the word", "words"] };
const brief = { ...docs, return_number: false };

function byAlgorithm(name: string, algorithm: string, body: unknown = brief) {
	return post(name, `${base}/_predict/${algorithm}/{model_id}`, { body });
}

/** Predictions of a model that embeds texts. */
export const predictionTopic: Topic = {
	name: "prediction",
	scenarios: [
		{
			name: "what there is to ask",
			calls: [
				...deployed(),
				predict("good", { text_docs: ["the word"] }),
				predict("two texts", docs),
				predict("two texts without numbers", brief),
				predict("target_response", {
					...brief,
					target_response: ["sentence_embedding"],
				}),
				predict("target_response of another name", {
					...brief,
					target_response: ["unknown"],
				}),
				predict("target_response of both", {
					...brief,
					target_response: ["unknown", "sentence_embedding"],
				}),
				predict("target_response_positions", {
					...brief,
					target_response_positions: [0],
				}),
				predict("target_response_positions beyond", {
					...brief,
					target_response_positions: [1],
				}),
				predict("target_response and another position", {
					...brief,
					target_response: ["unknown"],
					target_response_positions: [0],
				}),
				predict("target_response empty", { ...brief, target_response: [] }),
				predict("return_bytes", {
					text_docs: ["the word"],
					return_number: false,
					return_bytes: true,
				}),
				predict("return_bytes and numbers", {
					text_docs: ["the word"],
					return_bytes: true,
				}),
				predict("unknown fields", { ...brief, unknown: [1] }),
				predict("query_text besides", { ...brief, query_text: "the" }),
				predict("numbers among the texts", {
					text_docs: [1, true, "the word"],
					return_number: false,
				}),
				predict("an empty text", { text_docs: [""], return_number: false }),
				predict("the same text twice", {
					text_docs: ["the word", "the word"],
				}),
				byAlgorithm("on the route with the algorithm", "text_embedding"),
				byAlgorithm("with the algorithm in upper case", "TEXT_EMBEDDING"),
				byAlgorithm("with another algorithm", "sparse_encoding"),
				byAlgorithm("with an unknown algorithm", "magic"),
				byAlgorithm(
					"with the algorithm and a trailing slash",
					"text_embedding",
				),
				post("with a trailing slash", `${models}/{model_id}/_predict/`, {
					body: brief,
				}),
			],
		},
		{
			name: "what is refused",
			calls: [
				...deployed(),
				predict("without a body", undefined),
				predict("not JSON", "M1"),
				predict("an array", []),
				predict("an empty object", {}),
				predict("no texts", { text_docs: [] }),
				predict("text_docs null", { text_docs: null }),
				predict("text_docs a string", { text_docs: "hello" }),
				predict("a null among the texts", { text_docs: ["hello", null] }),
				predict("an object among the texts", {
					text_docs: [{ text: "hello" }],
				}),
				predict("a list among the texts", { text_docs: [["hello"]] }),
				predict("return_number not a boolean", { ...docs, return_number: "x" }),
				predict("target_response a string", {
					...brief,
					target_response: "sentence_embedding",
				}),
				predict("target_response_positions not numbers", {
					...brief,
					target_response_positions: ["x"],
				}),
				predict("cut short", '{"text_docs":["hello"'),
				predict("of a question", { question: "who?", context: "me" }),
				predict("parameters that the model does not have", {
					...brief,
					parameters: { content_type: "query" },
				}),
				post("unknown model", `${models}/unknown/_predict`, { body: brief }),
				post(
					"unknown model on the route with the algorithm",
					`${base}/_predict/text_embedding/unknown`,
					{ body: brief },
				),
				post("unknown model without a body", `${models}/unknown/_predict`),
				get("by GET", `${models}/{model_id}/_predict`),
				post(
					"without texts on the route with the algorithm",
					`${base}/_predict/text_embedding/{model_id}`,
					{
						body: {},
					},
				),
			],
		},
		{
			name: "a model that is not deployed",
			calls: [
				...registered(),
				predict("good", brief),
				predict("without texts", {}),
				predict("without a body", undefined),
				byAlgorithm("on the route with the algorithm", "text_embedding"),
			],
		},
		{
			name: "an asymmetric model",
			calls: [
				...deployed("model_id", {
					model_config: {
						...tinyConfig,
						normalize_result: false,
						query_prefix: "the ",
						passage_prefix: "word ",
					},
				}),
				predict("a query", {
					text_docs: ["words"],
					parameters: { content_type: "query" },
				}),
				predict("a passage", {
					text_docs: ["words"],
					parameters: { content_type: "PASSAGE" },
				}),
				predict("without parameters", { text_docs: ["words"] }),
				predict("with empty parameters", {
					text_docs: ["words"],
					parameters: {},
				}),
				predict("with an unknown content_type", {
					text_docs: ["words"],
					parameters: { content_type: "magic" },
				}),
				predict("with unknown parameters", {
					text_docs: ["words"],
					parameters: { magic: "x" },
				}),
				predict("parameters a string", {
					text_docs: ["words"],
					parameters: "query",
				}),
			],
		},
	],
};
