import { setTimeout as wait } from "node:timers/promises";
import type { RecordedCall } from "./recorded-call.ts";

const constantTime = 1_700_000_000_000;
const finalStates = ["COMPLETED", "COMPLETED_WITH_ERROR", "FAILED"];

interface Answer {
	status: number;
	warnings: string[];
	contentType: string | null;
	body: unknown;
}

/** Whether a JSON value is an object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		if (error instanceof SyntaxError) return text;
		throw error;
	}
}

/**
 * Records calls of a running ml-commons. Ids are replaced by placeholders and times by a constant, so that a new
 * recording differs only where ml-commons does.
 */
export class Recorder {
	readonly #url: string;
	readonly #ids = new Map<string, string>();

	constructor(url: string) {
		this.#url = url;
	}

	/** Has an id written as `{placeholder}`. */
	name(placeholder: string, id: string): void {
		this.#ids.set(placeholder, id);
	}

	/** Makes a call as a fixture: what was asked, and what came back. */
	async record(call: RecordedCall): Promise<Record<string, unknown>> {
		const answer = call.untilFinal
			? await this.#untilFinal(call)
			: await this.#send(call);
		for (const [field, placeholder] of Object.entries(call.ids ?? {})) {
			const id = isRecord(answer.body) ? answer.body[field] : undefined;
			if (typeof id !== "string") {
				throw new Error(
					`${call.name}: no ${field} in ${JSON.stringify(answer)}`,
				);
			}
			this.name(placeholder, id);
		}
		const { name, method, path, body, zeroBytes, contentType } = call;
		return {
			name,
			request: { method, path, contentType, body, zeroBytes },
			status: answer.status,
			contentType: answer.contentType,
			warnings: answer.warnings,
			body: this.#lasting(answer.body),
		};
	}

	/** Makes a call that has to succeed and answers its body. */
	async call(method: RecordedCall["method"], path: string, body?: unknown) {
		const answer = await this.#send({ name: path, method, path, body });
		if (answer.status !== 200 || !isRecord(answer.body)) {
			throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
		}
		return answer.body;
	}

	/** Waits for a task to succeed and answers it. */
	async task(id: unknown): Promise<Record<string, unknown>> {
		const path = `/_plugins/_ml/tasks/${id}`;
		const { body } = await this.#untilFinal({
			name: path,
			method: "GET",
			path,
		});
		if (!isRecord(body) || body.state !== "COMPLETED") {
			throw new Error(`${path}: ${JSON.stringify(body)}`);
		}
		return body;
	}

	async #untilFinal(call: RecordedCall): Promise<Answer> {
		for (;;) {
			const answer = await this.#send(call);
			const state = isRecord(answer.body) ? answer.body.state : undefined;
			if (finalStates.includes(String(state))) return answer;
			await wait(100);
		}
	}

	async #send(call: RecordedCall): Promise<Answer> {
		const path = call.path.replace(/\{(\w+)\}/g, (whole, placeholder) => {
			const id = this.#ids.get(String(placeholder));
			if (id === undefined) throw new Error(`${call.name}: no ${whole} yet`);
			return id;
		});
		const content =
			call.zeroBytes !== undefined
				? new Uint8Array(call.zeroBytes)
				: typeof call.body === "string" || call.body === undefined
					? call.body
					: JSON.stringify(call.body);
		const answer = await fetch(this.#url + path, {
			method: call.method,
			headers: { "content-type": call.contentType ?? "application/json" },
			...(content === undefined ? {} : { body: content }),
		});
		const warning = answer.headers.get("warning");
		return {
			status: answer.status,
			warnings: warning === null ? [] : [warning],
			contentType: answer.headers.get("content-type"),
			body: parsed(await answer.text()),
		};
	}

	/** The body without what every run has other: ids and times. */
	#lasting(body: unknown): unknown {
		let text = JSON.stringify(body);
		for (const [placeholder, id] of this.#ids) {
			text = text.replaceAll(id, `{${placeholder}}`);
		}
		return JSON.parse(text, (key, value: unknown) => {
			if (key.endsWith("_time") && typeof value === "number") {
				return constantTime;
			}
			const id = /^(model|model_group|task)_id$/.test(key);
			const named = typeof value === "string" && value.startsWith("{");
			return id && !named ? `{another ${key}}` : value;
		});
	}
}
