import type { Readable } from "node:stream";
import type { Static, TSchema } from "typebox";
import { Check } from "typebox/value";
import { Agent, request } from "undici";
import { SidecarError } from "../errors.ts";

/** An answer of the API, with its body read as JSON. */
export interface Answer {
	status: number;
	body: unknown;
	/** What `Retry-After` asks for, in milliseconds. */
	retryAfterMs?: number;
}

export interface Call {
	method: "GET" | "POST" | "PUT" | "DELETE" | "HEAD";
	/** Path and query, encoded. */
	path: string;
	/** A value to send as JSON. */
	json?: unknown;
	/** Lines to send as newline-delimited JSON. */
	lines?: readonly unknown[];
	/** Raw bytes to send, and how many they are. */
	bytes?: { stream: Readable; length: number };
	/** Statuses besides 2xx that are answers, not errors. */
	expect?: readonly number[];
}

/** The sidecar's public HTTP API, as any client of it: nothing here knows what is behind the address. */
export class SidecarClient {
	readonly url: string;
	readonly #agent = new Agent({ connections: 8 });
	readonly #signal: AbortSignal | undefined;

	/** @param signal ends calls in flight and refuses later ones. */
	constructor(url: string, signal?: AbortSignal) {
		this.url = url;
		this.#signal = signal;
	}

	/**
	 * One call.
	 *
	 * @throws SidecarError `upstream_unavailable` if nobody answers; `upstream_broken` with OpenSearch's own reason for
	 * a status that is neither 2xx nor expected.
	 */
	async call(call: Call): Promise<Answer> {
		const { statusCode, headers, body } = await this.#send(call);
		const text = await body.text();
		const retryAfter = Number(headers["retry-after"]);
		const answer: Answer = {
			status: statusCode,
			body: parseJson(text),
			...(retryAfter >= 0 && { retryAfterMs: retryAfter * 1000 }),
		};
		if (statusCode < 300 || call.expect?.includes(statusCode)) return answer;
		throw new SidecarError(
			"upstream_broken",
			`${describe(call)} answered ${statusCode}: ${reasonOf(answer.body) ?? (text.slice(0, 300) || "no reason given")}`,
		);
	}

	/** One call whose answer must have a shape; whatever else it holds is ignored. */
	async read<T extends TSchema>(call: Call, shape: T): Promise<Static<T>> {
		return shaped(await this.call(call), { call, shape });
	}

	/** Ends the connections. */
	async close(): Promise<void> {
		await this.#agent.destroy();
	}

	async #send(call: Call) {
		const body =
			call.lines?.map((line) => `${JSON.stringify(line)}\n`).join("") ??
			call.bytes?.stream ??
			(call.json === undefined ? null : JSON.stringify(call.json));
		const headers: Record<string, string> = {};
		if (call.lines) headers["content-type"] = "application/x-ndjson";
		if (call.json !== undefined) headers["content-type"] = "application/json";
		if (call.bytes) {
			headers["content-type"] = "application/octet-stream";
			headers["content-length"] = String(call.bytes.length);
		}
		try {
			return await request(`${this.url}${call.path}`, {
				method: call.method,
				headers,
				body,
				dispatcher: this.#agent,
				signal: this.#signal ?? null,
			});
		} catch (error) {
			this.#signal?.throwIfAborted();
			throw new SidecarError(
				"upstream_unavailable",
				`nobody answers at ${this.url} (${describe(call)}: ${error instanceof Error ? error.message : error})`,
				{ cause: error },
			);
		}
	}
}

/**
 * An answer's body, if it has a shape.
 *
 * @throws SidecarError `upstream_broken` with the beginning of the body if it has not.
 */
export function shaped<T extends TSchema>(
	{ body }: Answer,
	{ call, shape }: { call: Call; shape: T },
): Static<T> {
	if (Check(shape, body)) return body;
	throw new SidecarError(
		"upstream_broken",
		`${describe(call)} answered something else than expected: ${JSON.stringify(body)?.slice(0, 300)}`,
	);
}

/** The reason in OpenSearch's error envelope, or in the shorter forms it uses in places. */
export function reasonOf(body: unknown): string | undefined {
	if (typeof body === "string") return body;
	if (typeof body !== "object" || body === null) return undefined;
	if ("reason" in body && typeof body.reason === "string") {
		const cause = "caused_by" in body ? reasonOf(body.caused_by) : undefined;
		return cause ? `${body.reason}: ${cause}` : body.reason;
	}
	return "error" in body ? reasonOf(body.error) : undefined;
}

function describe(call: Call): string {
	return `${call.method} ${call.path}`;
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}
