import { type Static, Type } from "typebox";

/** A text; numbers and truth values are taken as the text they are written as. */
const Text = Type.Union([Type.String(), Type.Number(), Type.Boolean()]);

/**
 * Body of both forms of `_predict`: `text_docs` for embedding and sparse models, with `query_text` for similarity;
 * `question` and `context` for question answering. Which must be there is told in ml-commons' words.
 */
export const PredictRequest = Type.Object({
	text_docs: Type.Optional(Type.Array(Text)),
	query_text: Type.Optional(Text),
	question: Type.Optional(Text),
	context: Type.Optional(Text),
	return_number: Type.Optional(Type.Boolean()),
	return_bytes: Type.Optional(Type.Boolean()),
	target_response: Type.Optional(Type.Array(Type.String())),
	target_response_positions: Type.Optional(Type.Array(Type.Integer())),
	parameters: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
});

export type PredictRequest = Static<typeof PredictRequest>;

/** What comes in: a body may be missing. */
export const PredictBody = Type.Union([PredictRequest, Type.Null()]);
