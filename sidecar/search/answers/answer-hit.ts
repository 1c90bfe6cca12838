import { floatText } from "../java-number.ts";
import {
	membersJson,
	parsedValue,
	type RawMembers,
	rawMembers,
} from "../raw-json.ts";

/** A score as OpenSearch writes one: the fewest digits of a 32-bit float, `null` for one that is no number. */
export function scoreJson(score: number): string {
	return Number.isFinite(score) ? floatText(Math.fround(score)) : "null";
}

/** A hit of a search's answer; what is not changed stays to the byte. */
export class AnswerHit {
	readonly #text: string;
	#members: RawMembers | undefined;
	#changed = false;

	/** @param text JSON as OpenSearch wrote it */
	constructor(text: string) {
		this.#text = text;
	}

	get id(): string {
		return String(parsedValue(this.raw("_id")) ?? "");
	}

	get index(): string {
		return String(parsedValue(this.raw("_index")) ?? "");
	}

	/** Undefined: its shard follows from its id. */
	get routing(): string | undefined {
		const routing = parsedValue(this.raw("_routing"));
		return typeof routing === "string" ? routing : undefined;
	}

	/** NaN where the hit has none, as in a search that is sorted by something else. */
	get score(): number {
		const score = parsedValue(this.raw("_score"));
		return typeof score === "number" ? score : Number.NaN;
	}

	set score(score: number) {
		this.set("_score", scoreJson(score));
	}

	/** The members of `_source`, in a map of their own; undefined for a hit that shows none. */
	get source(): RawMembers | undefined {
		const source = this.raw("_source");
		return source === undefined ? undefined : rawMembers(source);
	}

	/** What was asked for as `fields`, likewise: each value is a JSON array. */
	get fields(): RawMembers {
		const fields = this.raw("fields");
		return fields === undefined ? new Map() : rawMembers(fields);
	}

	/** The JSON text of a member; undefined where there is none. */
	raw(name: string): string | undefined {
		return this.#read().get(name);
	}

	/** @param json the member's value */
	set(name: string, json: string): void {
		this.#read().set(name, json);
		this.#changed = true;
	}

	delete(name: string): void {
		this.#changed = this.#read().delete(name) || this.#changed;
	}

	/** Whether it is another than it came. */
	get isChanged(): boolean {
		return this.#changed;
	}

	render(): string {
		return this.#changed ? membersJson(this.#read()) : this.#text;
	}

	#read(): RawMembers {
		this.#members ??= rawMembers(this.#text);
		return this.#members;
	}
}
