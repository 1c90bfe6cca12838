import { setTimeout as wait } from "node:timers/promises";
import { request } from "undici";
import type { Archives } from "./archives.ts";
import type { Call, Scenario } from "./call.ts";
import { type Json, parsed, valueAt } from "./json.ts";
import { lastingBody, lastingText } from "./lasting.ts";

/** What a call was answered, without what every run has other. */
export interface Answer {
	status: number;
	/** Those that a client may go by. */
	headers: Readonly<Record<string, string>>;
	body: Json;
}

/** A call with its answer, or with the reason for which it could not be made. */
export type Outcome = { call: Call } & (
	| { answer: Answer; unmade?: never }
	| { unmade: string; answer?: never }
);

/** A server of the model API, and how much time its tasks may take. */
export interface Target {
	url: string;
	nodeId: string;
	archives: Archives;
	untilMs: number;
}

const kept = ["content-type", "allow", "x-opaque-id", "retry-after"];

/** A call's answer as it came. */
interface Raw {
	status: number;
	headers: Record<string, string>;
	text: string;
}

/** A call that has no answer: a name that no earlier answer gave, or a state that was not reached in time. */
class Unmade extends Error {}

/** Makes a scenario's calls, and gives later ones what earlier ones were answered. */
export class ScenarioRun {
	readonly #target: Target;
	readonly #names = new Map<string, string>();

	constructor(target: Target) {
		this.#target = target;
		this.#names.set("node_id", target.nodeId);
		for (const [name, value] of target.archives.names)
			this.#names.set(name, value);
	}

	/** All the calls that are compared. A call that cannot be made does not keep others from being made. */
	async run(scenario: Scenario): Promise<Outcome[]> {
		const outcomes: Outcome[] = [];
		let failed: string | undefined;
		for (const call of scenario.calls) {
			if (call.prepares) failed ??= await this.#prepare(call);
			else if (failed) outcomes.push({ call, unmade: failed });
			else outcomes.push(await this.#outcome(call));
		}
		return outcomes;
	}

	/** @returns the reason for which all that follows is in vain */
	async #prepare(call: Call): Promise<string | undefined> {
		const { answer, unmade } = await this.#outcome(call);
		if (unmade) return unmade;
		if (answer && answer.status < 300) return undefined;
		return `${call.name}: ${JSON.stringify(answer)}`;
	}

	async #outcome(call: Call): Promise<Outcome> {
		try {
			const raw = await this.#repeated(call);
			return { call, answer: this.#lasting(raw, call.asText) };
		} catch (error) {
			if (error instanceof Unmade) return { call, unmade: error.message };
			throw error;
		}
	}

	async #repeated(call: Call): Promise<Raw> {
		const end = performance.now() + this.#target.untilMs;
		for (;;) {
			const raw = await this.#send(call);
			const body = parsed(raw.text);
			this.#bind(call, body);
			const { until, untilStatus = raw.status } = call;
			const reached =
				raw.status === untilStatus &&
				(!until || until.is.includes(valueAt(body, until.path)));
			const inVain = raw.status >= 400 && call.untilStatus === undefined;
			if (reached || inVain) return raw;
			if (performance.now() > end)
				throw new Unmade(`not reached in time: ${raw.status} ${raw.text}`);
			await wait(20);
		}
	}

	#bind(call: Call, body: unknown): void {
		for (const [name, path] of Object.entries(call.binds ?? {})) {
			const value = valueAt(body, path);
			if (typeof value === "string") this.#names.set(name, value);
		}
	}

	async #send(call: Call): Promise<Raw> {
		const { method, bytes, body } = call;
		const content = bytes
			? this.#target.archives.bytes(bytes)
			: body === undefined
				? null
				: this.#filled(typeof body === "string" ? body : JSON.stringify(body));
		const answer = await request(this.#target.url + this.#filled(call.path), {
			method,
			body: content,
			headers: { "content-type": "application/json", ...call.headers },
		});
		const headers = kept.flatMap((name) => {
			const value = answer.headers[name];
			if (value === undefined) return [];
			const list = [value].flat().join(", ");
			// A set, in whatever order.
			const sorted = list.split(",").sort().join(",");
			return [[name, name === "allow" ? sorted : list]];
		});
		return {
			status: answer.statusCode,
			headers: Object.fromEntries(headers),
			text: await answer.body.text(),
		};
	}

	/** A text with what stands for its placeholders. */
	#filled(text: string): string {
		return text.replace(/\{(\w+)\}/g, (placeholder, name) => {
			const value = this.#names.get(String(name));
			if (value === undefined) throw new Unmade(`no ${placeholder}`);
			return value;
		});
	}

	#lasting({ status, headers, text }: Raw, asText = false): Answer {
		const names = this.#names;
		const body = asText ? text : parsed(text);
		return {
			status,
			headers: Object.fromEntries(
				Object.entries(headers).map(([name, value]) => [
					name,
					lastingText(value, names),
				]),
			),
			body:
				typeof body === "string"
					? lastingText(body, names)
					: lastingBody(body, names),
		};
	}
}
