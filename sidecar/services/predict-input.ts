import type { FunctionName } from "../../schemas/model.ts";
import type { PredictRequest } from "../../schemas/predict.ts";
import { SidecarError } from "../errors.ts";

/** The `text_docs` of a request, numbers and truth values as text. @throws SidecarError bad_request */
export function readTexts(
	{ text_docs = [] }: PredictRequest,
	functionName: FunctionName,
	limit: number,
): string[] {
	if (text_docs.length === 0)
		throw invalid(
			functionName === "TEXT_SIMILARITY"
				? "No text documents were provided"
				: "Empty text docs",
		);
	if (text_docs.length > limit)
		throw invalid(
			`text_docs holds ${text_docs.length} texts, SIDECAR_PREDICT_TEXTS_LIMIT allows ${limit}`,
		);
	return text_docs.map(String);
}

/** The query beside each of the texts it is compared with. @throws SidecarError bad_request */
export function readPairs(
	request: PredictRequest,
	limit: number,
): [string, string][] {
	const texts = readTexts(request, "TEXT_SIMILARITY", limit);
	const { query_text } = request;
	if (query_text === undefined) throw invalid("No query text was provided");
	const query = String(query_text);
	return texts.map((text) => [query, text]);
}

/** A question and the text with its answer. @throws SidecarError bad_request */
export function readQuestion(request: PredictRequest): [string, string] {
	const question = String(request.question ?? "");
	const context = String(request.context ?? "");
	if (question === "") throw invalid("Question is not provided");
	if (context === "") throw invalid("Context is not provided");
	return [question, context];
}

function invalid(reason: string): SidecarError {
	return new SidecarError("bad_request", reason);
}
