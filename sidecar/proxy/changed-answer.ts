import type { FastifyReply, FastifyRequest } from "fastify";
import { SidecarError } from "../errors.ts";
import {
	type AnswerFormat,
	formatAnswer,
	isErrorAnswer,
	readAnswerFormat,
} from "../http/answer-format.ts";
import {
	type QueryParameters,
	readQuery,
	withParameters,
} from "../http/query-parameters.ts";
import type { ReadAnswer } from "./upstream.ts";

/** How a client wants an answer that is changed on its way. */
export interface Wish {
	parameters: QueryParameters;
	/** Undefined: as OpenSearch writes it by itself. */
	format: AnswerFormat | undefined;
	/** The client's URL without what makes another form of the answer: for asking OpenSearch in JSON. */
	plainUrl: string;
}

/** Parameters that say in which form an answer is wanted. */
export const ofForm: ReadonlySet<string> = new Set([
	"filter_path",
	"format",
	"pretty",
]);

/** What OpenSearch would say of a JSON text. */
export function madeAnswer(status: number, body: string): ReadAnswer {
	const contentType = "application/json; charset=UTF-8";
	return { status, headers: {}, contentType, body };
}

/**
 * @param url to ask OpenSearch by; without it the client's
 * @throws SidecarError for a form that OpenSearch refuses, or that only OpenSearch can write
 */
export function readWish(
	{ originalUrl, raw }: FastifyRequest,
	url = originalUrl,
): Wish {
	const parameters = readQuery(originalUrl);
	return {
		parameters,
		format: readAnswerFormat(parameters, raw.headers),
		plainUrl: withParameters(url, (name) => !ofForm.has(name)),
	};
}

/** {@link readWish}; undefined where OpenSearch is to answer by itself. */
export function wishUnlessRefused(request: FastifyRequest): Wish | undefined {
	try {
		return readWish(request);
	} catch (error) {
		if (error instanceof SidecarError) return undefined;
		throw error;
	}
}

/** Answers what was made of OpenSearch's answer, a JSON text, in the client's form. */
export function sendJson(
	reply: FastifyReply,
	answer: ReadAnswer,
	{ json, format }: { json: string; format: AnswerFormat | undefined },
): FastifyReply {
	const { status, headers, contentType } = answer;
	const form =
		format && isErrorAnswer(status, json)
			? { ...format, filter: undefined }
			: format;
	return reply
		.status(status)
		.headers(headers)
		.header("content-type", form?.yaml ? "application/yaml" : contentType)
		.send(form ? formatAnswer(json, form) : json);
}
