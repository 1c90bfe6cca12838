import type { FunctionName } from "../../schemas/model.ts";
import type { FunctionModels } from "./function-models.ts";

/** A model of the function tests, as it is registered. */
export interface FunctionModel {
	archive: keyof FunctionModels;
	functionName: FunctionName;
	config?: Readonly<Record<string, unknown>>;
}

/** A prediction that ml-commons was asked for, and the sidecar is. */
export interface FunctionCall {
	name: string;
	model: string;
	/** JSON. */
	body: unknown;
	/** The route with this algorithm in it. */
	algorithm?: string;
}

const bert = {
	model_type: "bert",
	framework_type: "huggingface_transformers",
};
const twoOutputs = {
	archive: "twoOutputs",
	functionName: "TEXT_EMBEDDING",
} as const;

/** By the names that calls have for them. */
export const functionModels: Readonly<Record<string, FunctionModel>> = {
	sparse_encoding: {
		archive: "sparseEncoding",
		functionName: "SPARSE_ENCODING",
	},
	sparse_tokenize: {
		archive: "sparseTokenize",
		functionName: "SPARSE_TOKENIZE",
	},
	without_idf: {
		archive: "sparseTokenizePlain",
		functionName: "SPARSE_TOKENIZE",
	},
	text_similarity: {
		archive: "textSimilarity",
		functionName: "TEXT_SIMILARITY",
		config: { ...bert, embedding_dimension: 384 },
	},
	question_answering: {
		archive: "questionAnswering",
		functionName: "QUESTION_ANSWERING",
		config: bert,
	},
	two_outputs_mean: {
		...twoOutputs,
		config: { ...bert, embedding_dimension: 2, pooling_mode: "mean" },
	},
	two_outputs_none: {
		...twoOutputs,
		config: { ...bert, embedding_dimension: 2, pooling_mode: "none" },
	},
};

function calls(
	model: string,
	bodies: Readonly<Record<string, unknown>>,
): FunctionCall[] {
	return Object.entries(bodies).map(([name, body]) => ({
		name: `${model} ${name}`,
		model,
		body,
	}));
}

const hello = { text_docs: ["hello"] };
const word = "sparse_embedding_format";
const odd =
	"walk walking walked 1 2 3 été ☃ [SEP] zzxqj ##ing [MASK] 水管 e\u0301";
const long = "The plumber repairs pipes in kitchens. ".repeat(60);

/** What both sparse functions are asked. */
const sparseBodies = {
	good: { text_docs: ["hello world hello"] },
	"two texts, by id": {
		text_docs: ["hello", "running shoes"],
		parameters: { [word]: "TOKEN_ID" },
	},
	"by word": { ...hello, parameters: { [word]: "WORD" } },
	"by id, in lower case": { ...hello, parameters: { [word]: "token_id" } },
	"in an unknown format": { ...hello, parameters: { [word]: "lexical" } },
	"with a content_type": { ...hello, parameters: { content_type: "query" } },
	"with empty parameters": { ...hello, parameters: {} },
	"parameters no object": { ...hello, parameters: 5 },
	"without numbers": { ...hello, return_number: false },
	"with bytes": { ...hello, return_bytes: true },
	"target_response output": { ...hello, target_response: ["output"] },
	"target_response unknown": { ...hello, target_response: ["unknown"] },
	"position 0": { ...hello, target_response_positions: [0] },
	"position 1": { ...hello, target_response_positions: [1] },
	"odd text": { text_docs: [odd] },
	"text beyond the window": { text_docs: [long] },
	"an empty text": { text_docs: [""] },
	"no texts": { text_docs: [] },
	"without text_docs": { query_text: "hello" },
	"a null among the texts": { text_docs: [null] },
};

/** Predictions with everything but text embedding, which the conformance suite asks for. */
export const functionCalls: readonly FunctionCall[] = [
	...calls("sparse_encoding", sparseBodies),
	...calls("sparse_tokenize", sparseBodies),
	...calls("without_idf", { good: sparseBodies.good }),
	...calls("text_similarity", {
		good: { query_text: "hello", text_docs: ["hello world", "water pipes"] },
		"without numbers": {
			...hello,
			query_text: "hello",
			return_number: false,
			target_response: ["unknown"],
		},
		"numbers for texts": { query_text: 5, text_docs: [1, true] },
		"empty texts": { query_text: "", text_docs: [""] },
		"both beyond the window": {
			query_text: "water ".repeat(300),
			text_docs: ["pipe ".repeat(300)],
		},
		"the text beyond the window": {
			query_text: "Who repairs pipes?",
			text_docs: [long],
		},
		"the query beyond the window": { ...hello, query_text: long },
		"with a content_type": {
			...hello,
			query_text: "hello",
			parameters: { content_type: "query" },
		},
		"without query_text": hello,
		"without text_docs": { query_text: "hello" },
		"no texts": { query_text: "hello", text_docs: [] },
		"without anything": {},
		"query_text null": { ...hello, query_text: null },
		"query_text a list": { ...hello, query_text: ["hello"] },
		"text_docs a string": { query_text: "hello", text_docs: "hello" },
		"a null among the texts": { query_text: "hello", text_docs: [null] },
	}),
	...calls("question_answering", {
		good: {
			question: "Who repairs pipes?",
			context: "The plumber repairs pipes in kitchens.",
		},
		"pieces of words": {
			question: "What?",
			context: "Extraordinarily antidisestablishmentarianism, unbelievably.",
		},
		"odd context": { question: "Où?", context: odd },
		"a context beyond the window": { question: "Who?", context: long },
		"a question beyond the window": { question: long, context: "He did." },
		"with filters": {
			question: "q",
			context: "c",
			return_number: false,
			target_response: ["unknown"],
			text_docs: ["hello"],
		},
		"numbers for texts": { question: 1, context: true },
		"empty context": { question: "Where?", context: "" },
		"empty question": { question: "", context: "There." },
		"without context": { question: "Where?" },
		"without question": { context: "There." },
		"without anything": hello,
		"question null": { question: null, context: "There." },
		"question a list": { question: ["Where?"], context: "There." },
	}),
	...["two_outputs_mean", "two_outputs_none"].flatMap((model) =>
		calls(model, {
			good: { text_docs: ["hello world"] },
			"position 0": { ...hello, target_response_positions: [0] },
			"position 1": { ...hello, target_response_positions: [1] },
			"target_response token_embeddings": {
				...hello,
				target_response: ["token_embeddings"],
			},
			"with bytes": { ...hello, return_bytes: true },
			"an unknown content_type": {
				...hello,
				parameters: { content_type: "magic" },
			},
		}),
	),
	{
		name: "question_answering by another algorithm's route",
		model: "question_answering",
		body: { question: "Who?", context: "He." },
		algorithm: "text_embedding",
	},
	{
		name: "text_similarity by its own algorithm's route",
		model: "text_similarity",
		body: { ...hello, query_text: "hello" },
		algorithm: "text_similarity",
	},
];

/** Where a call goes to. */
export function functionPath(call: FunctionCall, modelId: string): string {
	return call.algorithm === undefined
		? `/_plugins/_ml/models/${modelId}/_predict`
		: `/_plugins/_ml/_predict/${call.algorithm}/${modelId}`;
}
