/**
 * Every error the sidecar answers with: its HTTP status and OpenSearch's `type`. A type is OpenSearch's own
 * where a client may branch on it.
 */
const errorTable = {
	bad_request: { status: 400, type: "illegal_argument_exception" },
	bad_parameter: { status: 400, type: "bad_parameter_exception" },
	too_long_line: { status: 400, type: "too_long_http_line_exception" },
	bad_state: { status: 400, type: "status_exception" },
	bad_fields: { status: 400, type: "action_request_validation_exception" },
	bad_number: { status: 400, type: "number_format_exception" },
	bad_setting: { status: 400, type: "settings_exception" },
	bad_definition: { status: 400, type: "parse_exception" },
	bad_mapping: { status: 400, type: "mapper_parsing_exception" },
	bad_json: { status: 400, type: "json_parse_exception" },
	bad_script: { status: 400, type: "script_exception" },
	bad_query: { status: 400, type: "parsing_exception" },
	search_failed: { status: 400, type: "search_phase_execution_exception" },
	forbidden: { status: 403, type: "security_exception" },
	forbidden_index: { status: 403, type: "security_exception" },
	not_enabled: { status: 403, type: "status_exception" },
	not_found: { status: 404, type: "status_exception" },
	not_acceptable: { status: 406, type: "illegal_argument_exception" },
	timeout: { status: 408, type: "timeout_exception" },
	conflict: { status: 409, type: "status_exception" },
	too_large: { status: 413, type: "content_too_long_exception" },
	too_many_requests: { status: 429, type: "rejected_execution_exception" },
	throttled: { status: 429, type: "status_exception" },
	circuit_open: { status: 429, type: "circuit_breaking_exception" },
	inference_failed: { status: 500, type: "m_l_exception" },
	internal: { status: 500, type: "exception" },
	upstream_broken: { status: 502, type: "bad_gateway_exception" },
	upstream_unavailable: { status: 503, type: "service_unavailable_exception" },
	upstream_timeout: { status: 504, type: "gateway_timeout_exception" },
} as const;

export type ErrorCode = keyof typeof errorTable;

export function isErrorCode(code: string): code is ErrorCode {
	return Object.hasOwn(errorTable, code);
}

/** The code of errors with a status and a type; undefined for what is not in the table. */
export function codeOf(error: {
	status: number;
	type: string;
}): ErrorCode | undefined {
	return Object.keys(errorTable).find((code): code is ErrorCode => {
		const entry = isErrorCode(code) ? errorTable[code] : undefined;
		return entry?.status === error.status && entry.type === error.type;
	});
}

/** An error within another one, as OpenSearch tells it. */
export interface ErrorCause {
	readonly type: string;
	readonly reason: string;
	readonly caused_by?: ErrorCause;
}

/** An error with a meaning for the client: a code out of one table and a reason in words. */
export class SidecarError extends Error {
	override readonly name = "SidecarError";
	readonly code: ErrorCode;
	/** When it is worth trying again, milliseconds from now, where that is known. */
	readonly retryAfterMs: number | undefined;
	/** What OpenSearch names as the error's cause, where it does. */
	readonly causedBy: ErrorCause | undefined;

	constructor(
		code: ErrorCode,
		reason: string,
		options?: { cause?: unknown; retryAfterMs?: number; causedBy?: ErrorCause },
	) {
		super(reason, options);
		this.code = code;
		this.retryAfterMs = options?.retryAfterMs;
		this.causedBy = options?.causedBy;
	}

	get status(): number {
		return errorTable[this.code].status;
	}

	get type(): string {
		return errorTable[this.code].type;
	}
}

/** An answer of OpenSearch's to somebody whom it does not let in. */
export interface Refusal {
	/** 401, or 403 for one who is blocked. */
	status: number;
	contentType: string;
	/** `WWW-Authenticate` */
	challenge: string | undefined;
	body: string;
}

/** A caller whom OpenSearch does not let in: its own answer goes back. */
export class CallerRefused extends Error {
	override readonly name = "CallerRefused";
	readonly answer: Refusal;

	constructor(answer: Refusal) {
		super(`OpenSearch refused the caller with status ${answer.status}`);
		this.answer = answer;
	}
}

/** OpenSearch refused a call that was made for a client: its own answer, JSON, is the client's. */
export class RefusedCall extends Error {
	override readonly name = "RefusedCall";
	readonly answer: { status: number; body: string };

	constructor(answer: { status: number; body: string }) {
		super(`OpenSearch answered ${answer.status}`);
		this.answer = answer;
	}
}

const passing: ReadonlySet<ErrorCode> = new Set([
	"upstream_unavailable",
	"upstream_timeout",
	"upstream_broken",
	"too_many_requests",
]);

/** Whether the same call may succeed a little later: OpenSearch has too much to do, or is away for a moment. */
export function mayPass(error: unknown): boolean {
	return error instanceof SidecarError && passing.has(error.code);
}

/** OpenSearch's error envelope. */
export interface ErrorEnvelope {
	error: {
		root_cause: { type: string; reason: string }[];
		type: string;
		reason: string;
		caused_by?: ErrorCause;
	};
	status: number;
}

/** The envelope that OpenSearch itself would answer for an error with this type, reason and status. */
export function errorEnvelope(error: {
	type: string;
	message: string;
	status: number;
	causedBy?: ErrorCause | undefined;
}): ErrorEnvelope {
	const { type, message: reason, status, causedBy } = error;
	const cause = { type, reason };
	return {
		error: {
			root_cause: [
				type === errorTable.search_failed.type
					? rootOf(cause, causedBy)
					: cause,
			],
			...cause,
			...(causedBy && { caused_by: causedBy }),
		},
		status,
	};
}

/** Of a search that failed on its shards, OpenSearch names what a shard said. */
function rootOf(
	cause: ErrorCause,
	causedBy: ErrorCause | undefined,
): ErrorCause {
	const { type, reason } = causedBy ?? cause;
	return { type, reason };
}
