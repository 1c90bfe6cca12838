/** Why a processor failed on a document, as the plugin that it is of says it. */
export interface Failure {
	readonly reason: string;
	/** Of the answer, HTTP. */
	readonly status: number;
	/** OpenSearch's type of the error. */
	readonly type: string;
}

/** A document that a processor can't work on. */
export function invalidDocument(reason: string): Failure {
	return { reason, status: 400, type: "illegal_argument_exception" };
}

/** Types of errors that are the client's fault, of those that processors raise. */
const clientFaults: ReadonlySet<string> = new Set([
	"illegal_argument_exception",
	"script_exception",
	"parse_exception",
	"parsing_exception",
	"json_parse_exception",
	"number_format_exception",
]);

/** A processor of OpenSearch's own has failed, and how it said so. */
export function processorFailure(type: string, reason: string): Failure {
	return { reason, status: clientFaults.has(type) ? 400 : 500, type };
}
