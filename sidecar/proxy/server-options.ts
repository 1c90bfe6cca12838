import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { FastifyHttpOptions } from "fastify";
import { errorEnvelope } from "../errors.ts";
import { routingUrl } from "./routing-url.ts";

/** Bytes of a request's line and headers together. OpenSearch takes 4 KiB and 16 KiB, and answers itself to more. */
const maxHeaderSize = 262_144;

/**
 * What a Fastify instance needs so that every call can be routed and passed on as it came:
 *
 * - `rewriteUrl`: every path can be routed, malformed ones included; `request.originalUrl` is the URL as sent;
 * - `maxParamLength`: no limit of the router within the limit of the headers;
 * - `exposeHeadRoutes: false`: HEAD is OpenSearch's to answer, unless a route declares it;
 * - `requestTimeout: 0`, `connectionTimeout: 0`: a body may take as long as it takes, as with OpenSearch; a
 *   client has 60 seconds for its headers;
 * - `return503OnClosing: false`: what arrives on an open connection during the shutdown is still answered;
 * - `clientErrorHandler`: what is not HTTP is answered in OpenSearch's envelope.
 */
export const proxyServerOptions = {
	rewriteUrl: (request) => routingUrl(request.url ?? "/"),
	routerOptions: {
		caseSensitive: true,
		ignoreDuplicateSlashes: false,
		ignoreTrailingSlash: false,
		maxParamLength: maxHeaderSize,
	},
	exposeHeadRoutes: false,
	connectionTimeout: 0,
	requestTimeout: 0,
	keepAliveTimeout: 72_000,
	return503OnClosing: false,
	clientErrorHandler: answerClientError,
	http: { maxHeaderSize, headersTimeout: 60_000, insecureHTTPParser: false },
} satisfies FastifyHttpOptions<Server>;

const clientErrors: Record<
	string,
	{ status: number; text: string; message: string }
> = {
	HPE_HEADER_OVERFLOW: {
		status: 431,
		text: "Request Header Fields Too Large",
		message: `The request's line and headers have more than ${maxHeaderSize} bytes`,
	},
	ERR_HTTP_REQUEST_TIMEOUT: {
		status: 408,
		text: "Request Timeout",
		message: "The request's headers were not complete in time",
	},
};

const malformed = {
	status: 400,
	text: "Bad Request",
	message: "The request is not HTTP/1.1",
};

function answerClientError(
	error: Error & { code: string },
	socket: Socket,
): void {
	if (error.code === "ECONNRESET" || !socket.writable) {
		socket.destroy();
		return;
	}
	const { status, text, message } = clientErrors[error.code] ?? malformed;
	const body = JSON.stringify(
		errorEnvelope({ type: "illegal_argument_exception", message, status }),
	);
	socket.end(
		[
			`HTTP/1.1 ${status} ${text}`,
			"content-type: application/json; charset=UTF-8",
			`content-length: ${Buffer.byteLength(body)}`,
			"connection: close",
			"",
			body,
		].join("\r\n"),
	);
}
