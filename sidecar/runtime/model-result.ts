/** What a model is run on: a text, or two texts that it reads together. */
export type ModelInput = string | readonly [string, string];

/** A vector of a text embedding, or the scores of a pair. */
export interface VectorOutput {
	kind: "vector";
	/** [dimension], a buffer of its own. */
	vector: Float32Array;
}

/** Tokens of the vocabulary and their weights, both arrays [entries]; an id is there once. */
export interface WeightsOutput {
	kind: "weights";
	ids: Int32Array;
	weights: Float32Array;
}

/** The words of a context that answer a question. */
export interface AnswerOutput {
	kind: "answer";
	answer: string;
}

/** The first and the last token of an answer, counted from 0 in the tokens that were run. */
export interface SpanOutput {
	kind: "span";
	start: number;
	end: number;
}

/** What comes of a run; a span is an answer once it has words. */
export type RunOutput = VectorOutput | WeightsOutput | SpanOutput;

/** What a model makes of an input. */
export type ModelOutput = VectorOutput | WeightsOutput | AnswerOutput;

/** How an input was read. */
export interface InputFacts {
	/** Tokens that were run, special ones included. */
	tokens: number;
	/** Whether the input was longer than the window, so that not all of it is in the result. */
	truncated: boolean;
}

export type ModelResult = ModelOutput & InputFacts;

/** One text's vector. */
export type Embedding = VectorOutput & InputFacts;

/** UTF-16 units of an input. */
export function lengthOf(input: ModelInput): number {
	return typeof input === "string"
		? input.length
		: input[0].length + input[1].length;
}
