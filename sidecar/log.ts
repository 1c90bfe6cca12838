import { type DestinationStream, type Logger, pino } from "pino";

/** Where secrets may stand in what is logged; they are replaced, not left out, so that their presence shows. */
const secretPaths = [
	"headers.authorization",
	"headers.cookie",
	"*.headers.authorization",
	"*.headers.cookie",
	"*.meta.connection",
	"*.meta.request",
];

/** The sidecar's log: JSON lines, on standard output unless told otherwise, those of a request with its `reqId`. */
export function createLogger(
	level: string,
	destination: DestinationStream = pino.destination(1),
): Logger {
	return pino(
		{
			level,
			base: null,
			timestamp: pino.stdTimeFunctions.isoTime,
			redact: { paths: secretPaths, censor: "[hidden]" },
			serializers: { err: serializeError },
		},
		destination,
	);
}

/**
 * An error with its causes, and nothing else of it: errors of HTTP clients carry whole requests, with
 * credentials, in their other fields.
 */
function serializeError(error: unknown): unknown {
	if (!(error instanceof Error)) return error;
	return {
		type: error.name,
		message: error.message,
		stack: error.stack,
		...("code" in error && { code: error.code }),
		...(error.cause !== undefined && { cause: serializeError(error.cause) }),
	};
}
