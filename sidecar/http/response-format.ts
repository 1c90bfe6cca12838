import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { SidecarError } from "../errors.ts";
import {
	type AnswerFormat,
	formatAnswer,
	isErrorAnswer,
	readAnswerFormat,
} from "./answer-format.ts";
import { readQuery } from "./query-parameters.ts";
import { withStackTrace } from "./stack-trace.ts";

/** OpenSearch's `http.max_initial_line_length`, unless it is set otherwise. */
const lineLimit = 4_096;

/**
 * Makes a scope answer as OpenSearch does to what every request may ask for: `pretty`, `format`, `filter_path`,
 * `error_trace` and `human`, `accept`, `x-opaque-id`. `request.query` holds the parameters as OpenSearch reads them.
 * An answer to which nothing of this was said goes as it is, neither parsed nor copied.
 */
export function formatAnswers(scope: FastifyInstance): void {
	const formats = new WeakMap<FastifyRequest, AnswerFormat | undefined>();
	const failures = new WeakMap<FastifyRequest, Error>();

	scope.addHook("onRequest", async (request) => {
		requireShortLine(request);
		request.query = Object.fromEntries(readQuery(request.originalUrl));
		formats.set(request, formatOf(request));
	});

	scope.addHook("onError", async (request, _reply, error) => {
		failures.set(request, error);
	});

	scope.addHook("onSend", async (request, reply, payload) => {
		const opaqueId = request.raw.headers["x-opaque-id"];
		if (opaqueId !== undefined) reply.header("x-opaque-id", opaqueId);
		const format = formats.has(request)
			? formats.get(request)
			: formatOfRefused(request);
		if (!format || !isJson(reply)) return payload;
		if (typeof payload !== "string" && !Buffer.isBuffer(payload))
			return payload;
		reply.removeHeader("content-length");
		if (format.yaml) reply.header("content-type", "application/yaml");
		const json = payload.toString();
		if (!isErrorAnswer(reply.statusCode, json))
			return formatAnswer(json, format);
		const failure = format.errorTrace ? failures.get(request) : undefined;
		return formatAnswer(failure ? withStackTrace(json, failure) : json, {
			...format,
			filter: undefined,
		});
	});
}

function formatOf({
	originalUrl,
	raw,
}: FastifyRequest): AnswerFormat | undefined {
	return readAnswerFormat(readQuery(originalUrl), raw.headers);
}

/** A request that was refused before it came here, or for its format itself, may have no format to answer in. */
function formatOfRefused(request: FastifyRequest): AnswerFormat | undefined {
	try {
		return formatOf(request);
	} catch (error) {
		if (error instanceof SidecarError) return undefined;
		throw error;
	}
}

/** So much of work is what parameters can make at most: OpenSearch takes no longer line either. */
function requireShortLine({ method, originalUrl }: FastifyRequest): void {
	const bytes = `${method} ${originalUrl} HTTP/1.1`.length;
	if (bytes > lineLimit)
		throw new SidecarError(
			"too_long_line",
			`An HTTP line is larger than ${lineLimit} bytes.`,
		);
}

function isJson(reply: FastifyReply): boolean {
	const type = reply.getHeader("content-type");
	return typeof type === "string" && type.startsWith("application/json");
}
