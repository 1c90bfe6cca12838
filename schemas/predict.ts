import { type Static, Type } from "typebox";

/** Body of both forms of `_predict` for a text embedding model. */
export const PredictRequest = Type.Object({
	text_docs: Type.Optional(
		Type.Array(Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
	),
	return_number: Type.Optional(Type.Boolean()),
	return_bytes: Type.Optional(Type.Boolean()),
	target_response: Type.Optional(Type.Array(Type.String())),
	target_response_positions: Type.Optional(Type.Array(Type.Integer())),
	parameters: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
});

export type PredictRequest = Static<typeof PredictRequest>;

/** What comes in: a body may be missing. */
export const PredictBody = Type.Union([PredictRequest, Type.Null()]);
