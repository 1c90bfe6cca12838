import { Readable } from "node:stream";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { request } from "undici";

/** What became of one item of a bulk. */
export interface BulkResult {
	operation: string;
	index: string;
	/** Null where it failed before it had one. */
	id: string | null;
	status: number;
	version: number | undefined;
	result: string | undefined;
	error: { type: string; reason: string } | undefined;
}

export interface BulkAnswer {
	status: number;
	/** One for each item, in order; undefined where the answer is no bulk's. */
	items: BulkResult[] | undefined;
	errors: boolean | undefined;
	text: string;
}

const Answer = Compile(
	Type.Object({
		took: Type.Integer({ minimum: 0 }),
		errors: Type.Boolean(),
		items: Type.Array(
			Type.Record(
				Type.String(),
				Type.Object({
					_index: Type.String(),
					_id: Type.Union([Type.String(), Type.Null()]),
					_version: Type.Optional(Type.Integer()),
					result: Type.Optional(Type.String()),
					status: Type.Integer(),
					error: Type.Optional(
						Type.Object({ type: Type.String(), reason: Type.String() }),
					),
				}),
				{ minProperties: 1, maxProperties: 1 },
			),
		),
	}),
);

/**
 * Sends a bulk, and reads its answer. Rejects where the connection breaks.
 *
 * @param url with path and parameters
 * @param body a stream goes chunked, as its pieces come
 */
export async function sendBulk(
	url: string,
	body: string | Buffer | AsyncIterable<Uint8Array>,
	options: { headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<BulkAnswer> {
	const { headers, signal } = options;
	const { statusCode, body: answer } = await request(url, {
		method: "POST",
		headers: { "content-type": "application/x-ndjson", ...headers },
		body:
			typeof body === "string" || Buffer.isBuffer(body)
				? body
				: Readable.from(body, { objectMode: false }),
		...(signal && { signal }),
	});
	const text = await answer.text();
	return { status: statusCode, text, ...readItems(text) };
}

function readItems(text: string): Pick<BulkAnswer, "items" | "errors"> {
	const parsed = parse(text);
	if (!Answer.Check(parsed)) return { items: undefined, errors: undefined };
	const items = parsed.items.flatMap((item) =>
		Object.entries(item).map(([operation, outcome]) => ({
			operation,
			index: outcome._index,
			id: outcome._id,
			status: outcome.status,
			version: outcome._version,
			result: outcome.result,
			error: outcome.error,
		})),
	);
	return { items, errors: parsed.errors };
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** The lines of a bulk, each action followed by its document. */
export function bulkLines(...parts: unknown[]): string {
	return `${parts.map((part) => JSON.stringify(part)).join("\n")}\n`;
}
